"""Published models, written as specs, have no findings above info."""

import pytest

import seqspec
from tests import CASES

FOLDER = CASES / "clean"
DOCUMENTS = sorted(FOLDER.glob("*.toml"))
# The networks of keras.applications that are stacks.
APPLICATIONS = {"vgg16": "VGG16", "vgg19": "VGG19", "mobilenet": "MobileNet"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name.split(".")[0])
def test_published_model_has_no_warning(path):
    report = seqspec.check(path)
    assert [f"{found.name}: {found.message}" for found in report.diagnostics if found.severity != "info"] == []
    assert report.layers


def test_published_model_names_its_source():
    assert len(DOCUMENTS) >= 25
    for path in DOCUMENTS:
        assert path.read_text(encoding="utf-8").startswith("# "), path


@pytest.mark.parametrize("name", APPLICATIONS)
def test_published_model_has_the_parameters_of_keras(name):
    whole = {"type": APPLICATIONS[name], "weights": None}
    base = seqspec.check({"seqspec": 1, "model": {"input": [224, 224, 3], "layers": [whole]}})
    assert seqspec.check(FOLDER / f"{name}.seqspec.toml").params == base.params
