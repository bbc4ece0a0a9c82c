"""Which candidates are tried first: by hand."""

import pytest

from seqspec.core.linter.check import analyze
from seqspec.core.linter.search.first_trials import DocumentValues, first_trials

DOCUMENT = {
    "seqspec": 1,
    "vars": {"units": 8, "widths": [4, 6]},
    "model": {
        "input": [4],
        "layers": [
            {"type": "Dense", "units": "$units", "name": "hidden"},
            {"type": "Dense", "units": 3, "activation": "softmax"},
        ],
    },
    "compile": {"optimizer": "adam(1e-3)", "loss": "sparse_categorical_crossentropy"},
}


def first(space, tables=None, **search):
    search = {"objective": "loss", "space": space, **search}
    values = DocumentValues(analyze({**DOCUMENT, **(tables or {}), "search": search}))
    return [each.chosen for each in first_trials(values, search.get("start")) if not each.mismatches]


SPACE = {
    "vars": {"units": {"min": 4, "max": 16}, "widths": {"each": [4, 6, 8], "length": {"min": 1, "max": 3}}},
    "compile": {"optimizer": [{"type": "SGD"}, {"type": "Adam", "learning_rate": {"min": 1e-4, "max": 1e-2}}]},
}


def test_the_document_is_the_first_candidate():
    assert first(SPACE) == [{
        "vars.units": 8, "vars.widths.length": 2, "vars.widths[0]": 4, "vars.widths[1]": 6,
        "compile.optimizer": "Adam", "compile.optimizer[Adam].learning_rate": 1e-3,
    }]  # fmt: skip


def test_layers_are_found_by_name():
    assert first({"layers": {"hidden": {"activation": ["relu", "linear"]}}}) == []
    assert first({"layers": {"hidden": {"units": [4, 8]}}}) == [{"layers.hidden.units": 8}]


@pytest.mark.parametrize("index", ["0", "-2", "hidden"])
def test_layers_are_found_by_index(index):
    name = f"model.layers.{index}.units"
    assert first({"model": {"layers": {index: {"units": {"min": 4, "max": 16}}}}}) == [{name: 8}]


def test_an_index_counts_layers_as_written():
    layers = [{"type": "Dense", "units": 5, "repeat": 2}, {"type": "Dense", "units": 3, "activation": "softmax"}]
    tables = {"model": {"input": [4], "layers": layers}}
    assert first({"model": {"layers": {"1": {"units": [3, 4]}}}}, tables) == [{"model.layers.1.units": 3}]


def test_stages_are_found_by_index():
    tables = {"fit": [{"epochs": 1, "batch_size": 4}, {"epochs": 2, "batch_size": 8}]}
    assert first({"fit": {"1": {"batch_size": [4, 8]}}}, tables) == [{"fit.1.batch_size": 8}]


def test_the_default_is_the_value_of_a_document_without_one():
    # The learning rate of SGD is 0.01, and its momentum 0.
    optimizers = [{"type": "Adam"}, {"type": "SGD", "momentum": {"min": 0.0, "max": 0.9}}]
    tables = {"compile": {**DOCUMENT["compile"], "optimizer": {"type": "SGD", "learning_rate": 0.01}}}
    found = {"compile.optimizer": "SGD", "compile.optimizer[SGD].momentum": 0.0}
    assert first({"compile": {"optimizer": optimizers}}, tables) == [found]
    assert first({"layers": {"hidden": {"use_bias": [True, False]}}}) == [{"layers.hidden.use_bias": "true"}]


def test_an_alternative_with_other_arguments_is_not_the_document():
    optimizers = [{"type": "Adam", "learning_rate": {"min": 1e-4, "max": 1e-2}}, {"type": "SGD"}]
    tables = {"compile": {**DOCUMENT["compile"], "optimizer": {"type": "Adam", "beta_1": 0.8}}}
    search = {"objective": "loss", "space": {"compile": {"optimizer": optimizers}}}
    values = DocumentValues(analyze({**DOCUMENT, **tables, "search": search}))
    (mismatch,) = values.document().mismatches
    assert mismatch.path == ("compile", "optimizer") and "beta_1 = 0.8" in mismatch.reason


def test_a_document_outside_of_its_space_is_not_tried():
    assert first({"vars": {"units": [16, 32]}}) == []


def test_start_comes_after_the_document():
    units = {"vars": {"units": {"min": 4, "max": 16}}}
    start = [{"vars": {"units": 4}}, {"vars": {"units": 16}}]
    assert first(units, start=start) == [{"vars.units": 8}, {"vars.units": 4}, {"vars.units": 16}]
    assert first(units, start=[]) == []
