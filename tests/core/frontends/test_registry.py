"""The registry of front ends: which one reads a source, and front ends of plugins."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import seqspec
from seqspec.core.catalog.plugins import Plugin
from seqspec.core.frontends import registry
from seqspec.core.frontends.frontend import SourceModels
from seqspec.core.syntax.document import Document
from seqspec.plugins import Frontend
from tests.test_imports import modules_after

TREE = {"seqspec": 1, "model": {"input": [4], "layers": [{"type": "Dense", "units": "wrong"}]}}


class Lines(Frontend):
    """Reads a JSON document per line."""

    suffixes = (".specs",)
    markers = (b"seqspec",)

    def read(self, source, limits):
        return LineModels([Document(json.loads(line), file=source) for line in Path(source).read_text().splitlines()])


class LineModels(SourceModels):
    def report(self, reports):
        return replace(reports[0], diagnostics=[diagnostic for report in reports for diagnostic in report.diagnostics])


@pytest.fixture
def plugged(monkeypatch):
    """Makes entry points of the group `seqspec.frontends`."""

    def plug(*entries):
        made = tuple(Plugin("seqspec.frontends", name, f"acme:{name}", **values) for name, values in entries)
        monkeypatch.setattr(registry, "plugins", lambda group: made)
        registry._plugins.cache_clear()

    yield plug
    monkeypatch.undo()
    registry._plugins.cache_clear()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("m.seqspec.toml", None),
        ("m.json", None),
        ("train.py", "programs"),
        (Path("a/B.ipynb"), "programs"),
        ("model.keras", "saved models"),
        ("MODEL.H5", "saved models"),
    ],
)
def test_front_end_of_a_file_follows_from_its_suffix(source, name):
    entry = registry.entry_of(str(source))
    assert (entry.name if entry is not None else None) == name
    expected = registry.SPECS if entry is None else entry.load()
    assert registry.frontend_for(source) is expected


def test_dicts_and_documents_are_specs():
    assert registry.frontend_for({}) is registry.SPECS
    assert registry.frontend_for(Document({})) is registry.SPECS


def test_table_is_read_without_importing_front_ends():
    script = (
        "import sys\nfrom seqspec.core.frontends.registry import entry_of\nentry_of('a.py'), entry_of('a.h5')\n"
        "assert not {'seqspec.programs', 'seqspec.saved_models'} & set(sys.modules)"
    )
    assert "seqspec" in modules_after(script)


def test_plugin_reads_its_files(plugged, tmp_path):
    plugged(("lines", {"value": Lines()}))
    file = tmp_path / "all.specs"
    file.write_text(f"{json.dumps(TREE)}\n{json.dumps(TREE)}\n")
    report = seqspec.check(str(file))
    assert [diagnostic.name for diagnostic in report.diagnostics] == ["wrong-type"] * 2
    assert report.file == str(file)
    assert registry.is_checked_with_folder(str(file))


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"fault": "ImportError: no"}, "ImportError: no"),
        ({"value": 3}, "expected a seqspec.plugins.Frontend, got a int"),
        ({"value": type("Py", (Frontend,), {"suffixes": (".PY",)})()}, ".PY files are read by the front end programs"),
    ],
)
def test_broken_plugin_is_a_finding(plugged, values, fault):
    plugged(("bad", values))
    tree = {**TREE, "model": {"input": [4], "layers": [{"type": "Dense", "units": 2}]}}
    (found,) = [found for found in seqspec.check(tree).diagnostics if found.name == "plugin-fault"]
    assert fault in found.message
