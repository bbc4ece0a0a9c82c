"""A layer that `scripts/new-layer` creates can be used, by the commands that it prints."""

import pytest

from tests import ROOT
from tests.scripts.test_new_rule import checkout, run  # noqa: F401
from tests.test_repository import script


@pytest.mark.nightly
def test_a_new_layer_is_in_the_catalog(checkout):  # noqa: F811
    created = run(checkout, "scripts/new-layer", "FancyLayer", "noise")
    files = ("seqspec/core/catalog/layers/noise.py", "tests/descriptors/noise.py")
    assert [line.split(" ")[1] for line in created.stdout.splitlines() if line.startswith(("ext", "created"))] == [
        *files
    ]
    assert run(checkout, "scripts/generate").returncode == 0
    assert "FancyLayer" in (checkout / "seqspec/layers.pyi").read_text()
    spec = checkout / "fancy.toml"
    spec.write_text('seqspec = 1\n\n[model]\ninput = [8]\nlayers = ["FancyLayer"]\n')
    assert run(checkout, "-m", "seqspec", "check", "fancy.toml").returncode == 0
    assert run(checkout, "-m", "ruff", "check", *files).returncode == 0


@pytest.mark.slow
@pytest.mark.needs("keras")
def test_arguments_are_those_of_keras():
    import keras

    text = script("new-layer").declaration("GaussianNoise", keras.layers.GaussianNoise, "3.14")
    assert '    since = "3.14"\n' in text
    assert "    stddev: Number = Field(description=" in text
    assert "    seed: Maybe[Number] = Field(default=None, description=" in text


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("Swish", '    "noise": "A B Swish",\n    "other": "C",\n'),
        (" ".join(f"Longer{n}" for n in range(14)), '    "noise": (\n        "A B Longer0 '),
    ],
)
def test_a_name_is_added_to_its_family(names, expected):
    text = '_FAMILIES = {\n    "noise": "A B",\n    "other": "C",\n}\n'
    assert expected in script("layer_index.py").indexed(text, names, "noise")
    assert script("layer_index.py").indexed(text, "D", "new") == text.replace("}\n", '    "new": "D",\n}\n')


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("Dense", "core", "Dense is declared in seqspec/core/catalog/layers/dense.py"),
        ("MaxPool2D", "pooling", "MaxPool2D is declared in seqspec/core/catalog/layers/pooling.py"),
        ("Lambda", "core", "Lambda is declared as unsupported"),
        ("my_layer", "core", "my_layer must be the name of a Keras class"),
        ("MyLayer", "Core", "Core must be the name of a module"),
    ],
)
def test_new_layer_rejects_names(name, family, expected):
    result = run(ROOT, "scripts/new-layer", name, family)
    assert result.returncode == 2 and expected in result.stderr
