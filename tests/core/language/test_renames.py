"""Keys that were renamed: one name after a document is read, and findings where the former one is written."""

import json
from typing import Annotated

import pytest
from click.testing import CliRunner
from pydantic import Field

import seqspec
from seqspec.cli.main import cli
from seqspec.core.catalog.markers import Formerly
from seqspec.core.document.base_table import Table
from seqspec.core.language import expand, renames
from seqspec.core.schema.class_schemas import properties_of

FORMER = (
    (("fit",), "", "", "rounds", "epochs"),
    (("data", "source"), "type", "table", "answer", "label"),
    (("export",), "", "", "margin", "tolerance"),
)
DATA = {"source": {"type": "table", "path": "d.csv", "label": "y"}, "split": {"by": "random", "test": 0.2}}


@pytest.fixture(autouse=True)
def _former_keys(monkeypatch):
    monkeypatch.setattr(renames, "FORMER_KEYS", FORMER)
    names = expand._EXPANDED_KEYS | {old for _, _, _, old, _ in FORMER}
    monkeypatch.setattr(expand, "_EXPANDED_KEYS", names)


def tree(**tables):
    base = {
        "seqspec": 1,
        "model": {"input": [4], "layers": [{"type": "Dense", "units": 1}]},
        "compile": {"optimizer": "adam", "loss": "mse"},
        "fit": {"epochs": 3},
    }
    return base | tables


def told(report, name="deprecated-argument"):
    return [diagnostic.message for diagnostic in report.diagnostics if diagnostic.name == name]


def test_a_former_name_is_the_present_one():
    written = tree(fit={"rounds": 3, "batch_size": 8})
    report = seqspec.check(written)
    assert told(report) == ["rounds is the former name of epochs in seqspec"]
    assert "unknown-key" not in {item.name for item in report.diagnostics}
    assert "epochs=3" in seqspec.to_python(written)
    assert list(written["fit"]) == ["rounds", "batch_size"], "the document is not changed"


def test_findings_are_at_the_former_name(tmp_path):
    file = tmp_path / "m.toml"
    file.write_text(
        'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 1 }]\n'
        '[compile]\nloss = "mse"\n[fit]\nrounds = "three"\n'
    )
    report = seqspec.check(str(file))
    wrong = [item for item in report.diagnostics if item.severity == "error"]
    assert [(item.span.line, item.span.column, item.name) for item in wrong] == [(8, 10, "wrong-type")]
    [renamed] = [item for item in report.diagnostics if item.name == "deprecated-argument"]
    assert (renamed.span.line, renamed.span.column) == (8, 1)


def test_both_names_are_an_error():
    report = seqspec.check(tree(fit={"epochs": 2, "rounds": 3}))
    assert told(report, "conflicting-arguments") == ["rounds is the former name of epochs in seqspec, and both are set"]
    assert told(report) == []


def test_a_former_name_in_each_table_of_a_list():
    stages = [{"rounds": 2}, {"epochs": 3}, {"rounds": 4, "epochs": 4}]
    report = seqspec.check(tree(fit=stages))
    assert len(told(report)) == 1 and len(told(report, "conflicting-arguments")) == 1


@pytest.mark.parametrize(("base", "own"), [("rounds", "epochs"), ("epochs", "rounds"), ("rounds", "rounds")])
def test_extended_documents_have_one_name(tmp_path, base, own):
    (tmp_path / "base.json").write_text(json.dumps(tree(fit={base: 3})))
    (tmp_path / "own.json").write_text(json.dumps({"seqspec": 1, "extends": "base.json", "fit": {own: 7}}))
    program = seqspec.to_python(str(tmp_path / "own.json"))
    assert "epochs=7" in program and "epochs=3" not in program
    assert told(seqspec.check(str(tmp_path / "own.json")), "conflicting-arguments") == []


@pytest.mark.parametrize("setting", ["fit.rounds=9", "fit.epochs=9", "fit={rounds=9}"])
@pytest.mark.parametrize("written", ["rounds", "epochs"])
def test_settings_have_one_name(setting, written):
    report = seqspec.check(tree(fit={written: 3}), settings=[setting])
    assert [item for item in report.diagnostics if item.severity == "error"] == []
    assert bool(told(report)) == ("rounds" in setting or written == "rounds")
    assert told(report, "conflicting-arguments") == []


def test_a_search_space_has_one_name():
    space = {"fit": {"rounds": {"int": [1, 5]}}}
    report = seqspec.check(tree(data=DATA, search={"objective": "val_loss", "trials": 3, "space": space}))
    assert told(report) == ["rounds is the former name of epochs in seqspec"]


def test_a_key_of_one_kind_of_table():
    table = {"type": "table", "path": "d.csv", "answer": "y"}
    assert told(seqspec.check(tree(data={"source": table}))) == ["answer is the former name of label in seqspec"]
    arrays = {"type": "arrays", "path": "d.npz", "answer": "y"}
    assert told(seqspec.check(tree(data={"source": arrays}))) == []


def test_the_fix_writes_the_present_name(tmp_path):
    file = tmp_path / "m.toml"
    file.write_text(
        'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 1 }]\n'
        '[compile]\nloss = "mse"\n[fit]\nrounds = 3 # few\n'
    )
    done = CliRunner().invoke(cli, ["check", str(file), "--fix"])
    assert "epochs = 3 # few" in file.read_text(), done.output


class Renamed(Table):
    """A table with a key that was renamed twice."""

    title = "[renamed]"

    rate: Annotated[int, Formerly("speed", "pace")] = Field(default=1, description="A number.")
    title_: Annotated[str, Formerly("heading")] = Field(default="", alias="name", description="A text.")


def test_a_table_from_python():
    violations = []
    assert Renamed.read({"pace": 5}, violations).rate == 5
    assert [(item.rule, item.path) for item in violations] == [("deprecated-argument", ("pace",))]
    violations = []
    Renamed.read({"pace": 5, "rate": 6}, violations)
    assert [(item.rule, item.path) for item in violations] == [("conflicting-arguments", ("pace",))]
    assert Renamed.legacy == {"speed": "rate", "pace": "rate", "heading": "name"}
    assert Renamed.key_path(lambda table: table.title_) == ("renamed", "name")
    assert properties_of(Renamed)["pace"]["deprecated"] is True
