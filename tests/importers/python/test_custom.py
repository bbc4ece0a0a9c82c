"""`seqspec import` of programs with custom layers and conditions: a complete spec, or an error."""

import tomllib

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli

HEAD = "import keras\nfrom keras import layers\n"


def imported(path, text):
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(cli, ["import", str(path)])


def test_a_custom_layer_has_its_module_and_arguments(tmp_path):
    program = HEAD + (
        "import other.parts as parts\nfrom mine import Attention as Att\n"
        "class Scale(layers.Layer):\n    def __init__(self, factor, **kw):\n        super().__init__(**kw)\n"
        "m = keras.Sequential([layers.Input((10, 4)), Att(units=4), Scale(2.0, name='s'), parts.Pool(), "
        "layers.Dense(1)])\n"
    )
    found = imported(tmp_path / "my-model.py", program)
    assert found.exit_code == 0
    tree = tomllib.loads(found.stdout)
    assert {name: entry["import"] for name, entry in tree["custom"].items()} == {
        "Attention": "mine:Attention",
        "Scale": "my_model:Scale",
        "Pool": "other.parts:Pool",
    }
    assert tree["model"]["layers"][:3] == [
        {"custom": "Attention", "units": 4},
        {"custom": "Scale", "factor": 2.0, "name": "s"},
        {"custom": "Pool"},
    ]


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        ("Att(3)", 5),
        ("Att(units=size)", 5),
        ("Att(**options)", 5),
        ("layers.Lambda(lambda x: x)", 5),
        ("make()", 5),
    ],
)
def test_what_a_spec_cannot_express_is_refused_at_its_line(layer, line, tmp_path):
    program = HEAD + f"from mine import Att\nm = keras.Sequential([layers.Input((4,)),\n  {layer},\n])\n"
    found = imported(tmp_path / "m.py", program)
    assert (found.exit_code, found.stdout) == (1, "")
    assert f"m.py:{line}:3: error[SEQ040]" in found.stderr and "no file written" in found.stderr


def test_the_selected_model_must_exist(tmp_path):
    """A name that no model has, and a name that is missing where there are two: the message lists the models."""
    program = tmp_path / "m.py"
    program.write_text(HEAD + "a = keras.Sequential()\nb = keras.Sequential()\n", encoding="utf-8")
    unknown = CliRunner().invoke(cli, ["import", f"{program}:c"])
    assert unknown.exit_code == 1 and 'unknown model "c"' in unknown.stderr
    ambiguous = CliRunner().invoke(cli, ["import", str(program)])
    assert ambiguous.exit_code == 1 and "the file defines several models: a (line 3), b (line 4)" in ambiguous.stderr


@pytest.mark.parametrize(
    "body",
    [
        "if n > 3:\n  m.add(layers.Dropout(0.5))\nm.add(layers.Dense(1))\n",
        "for _ in range(n):\n  m.add(layers.Dense(4))\n",
    ],
)
def test_layers_that_depend_on_a_condition_are_refused(body, tmp_path):
    found = imported(
        tmp_path / "m.py", HEAD + f"n = int(input())\nm = keras.Sequential()\nm.add(layers.Input((4,)))\n{body}"
    )
    assert (found.exit_code, found.stdout) == (1, "")
