"""The stages of a check: each is computed once, when it is needed, and all callers get the same findings."""

import dataclasses
import json

import pytest

import seqspec
from seqspec.core.check import check as module
from seqspec.core.check.check import Check, CheckSettings, MeasuredData
from seqspec.core.diagnostics.errors import SpecError
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.overrides import MEASURED, Override
from seqspec.editor.lsp.snapshot import Snapshot

TREE = {
    "seqspec": 1,
    "model": {"input": [4], "layers": [{"type": "Dense", "units": 3, "name": "h"}, {"type": "Dense", "units": 1}]},
    "compile": {"optimizer": "adam", "loss": "mse"},
    "fit": {"epochs": 2},
}
SEARCHED = {
    **TREE,
    "search": {"objective": "loss", "space": {"layers": {"h": {"activation": ["relu", "rellu"]}}}},
}


@pytest.fixture
def stages(monkeypatch):
    """The stages that were computed, in order."""
    computed = []

    def counted(name):
        original = getattr(module, name)

        def compute(*args, **kwargs):
            computed.append(name)
            return original(*args, **kwargs)

        monkeypatch.setattr(module, name, compute)

    for name in ("expand", "read_spec", "infer", "lint"):
        counted(name)
    return computed


def test_stages_are_computed_once_and_only_when_needed(stages):
    check = Check.of(TREE)
    assert stages == []
    assert check.spec is check.spec and stages == ["expand", "read_spec"]
    assert [layer.name for layer in check.layers] == ["h", "dense"]
    assert check.validation.ok and stages == ["expand", "read_spec", "infer"]
    assert check.report is check.report is check.linted
    assert stages == ["expand", "read_spec", "infer", "lint"]


def test_data_does_not_infer_the_layers_again(stages):
    before = Check.of(TREE)
    assert before.report.ok
    stages.clear()
    wrong = Violation("sample-leakage", "samples of the test set are in the training set", path=("fit",))
    after = before.with_data(MeasuredData([wrong], [Override.of(("data", "train", "samples"), 9, origin=MEASURED)]))
    assert {diagnostic.name for diagnostic in after.report.diagnostics} >= {"sample-leakage"}
    assert after.layers is before.layers and after.spec.data.train.samples == 9
    assert stages == ["expand", "read_spec", "lint"]


def test_overrides_keep_the_document_and_need_no_text():
    check = Check.of(TREE).with_overrides(Override.of(("layers", "h", "units"), 5))
    assert check.spec.stack.layers[0].units == 5
    assert [str(override) for override in check.overrides] == ["layers.h.units=5"]
    assert Override.parse("layers.h.units=5").path == ("layers", "h", "units")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("model", "layers", "0", "units"), 5),
        (("compile", "optimizer"), {"type": "SGD", "learning_rate": 1e-3}),
        (("vars", "a b"), 'a "quoted" text\nof two lines'),
        (("fit", "callbacks"), [{"type": "EarlyStopping", "patience": 3}, "TerminateOnNaN"]),
        (("compile", "jit_compile"), False),
    ],
)
def test_an_override_as_text_is_the_same_override(path, value):
    override = Override.of(path, value)
    again = Override.parse(str(override))
    assert (again.path, again.value) == (path, value)
    assert (again.keys, again.value_at) == (override.keys, override.value_at)


def test_a_spec_is_handed_out_without_the_errors_that_matter():
    check = Check.of({**TREE, "model": {**TREE["model"], "layers": [{"type": "Dense", "units": 0}]}})
    for purpose in ("build", "train", "export", "search"):
        with pytest.raises(SpecError):
            check.valid_for(purpose)
    assert Check.of(TREE).valid_for("train").spec.fit[0].epochs == 2
    # An error of a rule: the model is already trained where it is exported.
    wrong_units = {"target": {"kind": "multiclass", "classes": 5}, "compile": {"loss": "categorical_crossentropy"}}
    refused = Check.of({**TREE, **wrong_units})
    assert refused.validation.ok and refused.valid_for("export").layers
    for purpose in ("build", "train", "search"):
        with pytest.raises(SpecError):
            refused.valid_for(purpose)
    # Only a search minds its space.
    searched = Check.of(SEARCHED)
    assert searched.valid_for("train").layers
    with pytest.raises(SpecError):
        Check.of(TREE).with_overrides(Override.of(("fit", "epochs"), 0)).valid_for("train")


def test_reports_are_frozen():
    report = seqspec.check(TREE)
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.diagnostics = []


def test_an_invalid_choice_is_found_by_every_way_to_check(tmp_path):
    path = tmp_path / "m.seqspec.json"
    path.write_text(json.dumps(SEARCHED), encoding="utf-8")
    expected = {"SEQ055"}
    assert expected <= {diagnostic.code for diagnostic in seqspec.check(path).diagnostics}
    snapshot = Snapshot(path.read_text(encoding="utf-8"), str(path), 1, None, CheckSettings().limits)
    assert expected <= {diagnostic.code for diagnostic in snapshot.diagnostics}
    assert expected <= {diagnostic.code for diagnostic in snapshot.check(snapshot.document).diagnostics}


def test_rules_are_not_run_after_an_internal_error(stages, monkeypatch):
    def fail(*args):
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(module, "infer", fail)
    report = Check.of(TREE).report
    assert [diagnostic.name for diagnostic in report.diagnostics] == ["internal-error"]
    assert not report.complete and "lint" not in stages


@pytest.mark.parametrize("text", ["seqspec = ", 'seqspec = 1\nextends = "absent.toml"\n[model]\ninput = [4]\n'])
def test_spec_of_an_unreadable_document_has_the_defaults_of_its_tables(tmp_path, text):
    path = tmp_path / "m.seqspec.toml"
    path.write_text(text)
    check = Check.of(str(path))
    assert not check.spec.readable and not check.spec.written and not check.spec.tree
    assert not check.spec.stack.layers and check.spec.compile.optimizer is None and not check.spec.fit
    assert check.spec.report.evaluate == ["test"] and check.layers == []
    assert not check.report.ok and check.report.diagnostics == check.validation.diagnostics
    with pytest.raises(SpecError):
        check.valid_for("build")


def test_spec_is_frozen_and_replaced_as_a_whole():
    spec = Check.of(TREE).spec
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.fit = ()
    layers = dataclasses.replace(spec.stack, layers=spec.stack.layers[:1])
    assert [len(one.stack.layers) for one in (spec, spec.with_stack(layers))] == [2, 1]
    assert spec.with_stack(layers).fit is spec.fit
