"""Which candidates are tried first: by hand."""

import pytest

import seqspec
from seqspec.core.check.check import Check
from seqspec.core.search_space.first_trials import DocumentValues, first_trials

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


def values_of(check):
    return DocumentValues(check.spec, check.spec.search, check.expansion)


def first(space, tables=None, **search):
    search = {"objective": "loss", "space": space, **search}
    values = values_of(Check.of({**DOCUMENT, **(tables or {}), "search": search}))
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
    # "dense" in `summary`.
    assert first({"layers": {"dense": {"units": [3, 4], "use_bias": [True, False]}}}) == [
        {"layers.dense.units": 3, "layers.dense.use_bias": "true"}
    ]


def test_an_alternative_of_a_layer_is_merged_into_it():
    """The layer without what an alternative does not name: its type, name and activation."""
    hidden = {"type": "Dense", "units": 16, "activation": "relu", "name": "hidden"}
    tables = {"model": {"input": [4], "layers": [hidden, {"type": "Dense", "units": 3, "activation": "softmax"}]}}
    alternatives = [{"activation": "tanh"}, {"units": {"min": 8, "max": 64, "step": 8}}]
    found = {"layers.hidden": "1", "layers.hidden[1].units": 16}
    assert first({"layers": {"hidden": alternatives}}, tables) == [found]
    space = {"layers": {"hidden": [{"activation": "tanh"}, {"activation": "selu"}]}}
    report = seqspec.check({**DOCUMENT, **tables, "search": {"objective": "params", "space": space}})
    (finding,) = (each for each in report.diagnostics if each.code == "SEQ050")
    assert '{ type = "Dense", units = 16, activation = "relu", name = "hidden" }' in finding.message


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


def test_values_that_keras_reads_as_the_same_are_the_value_of_the_document():
    # The learning rate of Adam is 0.001.
    assert first({"compile": {"optimizer": ["sgd", "adam"]}}) == [{"compile.optimizer": "adam"}]
    tables = {"compile": {**DOCUMENT["compile"], "optimizer": "adam(0.002)"}}
    assert first({"compile": {"optimizer": ["sgd", "adam"]}}, tables) == []
    layers = ["MaxPooling2D", "Flatten", {"type": "Dense", "units": 3, "activation": "softmax"}]
    tables = {"model": {"input": [8, 8, 1], "layers": layers}}
    for sizes in ([2, 4], {"min": 2, "max": 4}):
        space = {"layers": {"max_pooling2d": {"pool_size": sizes}}}
        assert first(space, tables) == [{"layers.max_pooling2d.pool_size": 2}]


def test_an_alternative_with_other_arguments_is_not_the_document():
    optimizers = [{"type": "Adam", "learning_rate": {"min": 1e-4, "max": 1e-2}}, {"type": "SGD"}]
    tables = {"compile": {**DOCUMENT["compile"], "optimizer": {"type": "Adam", "beta_1": 0.8}}}
    search = {"objective": "loss", "space": {"compile": {"optimizer": optimizers}}}
    values = values_of(Check.of({**DOCUMENT, **tables, "search": search}))
    (mismatch,) = values.document().mismatches
    assert mismatch.path == ("compile", "optimizer") and "beta_1 = 0.8" in mismatch.reason


def test_a_document_outside_of_its_space_is_not_tried():
    assert first({"vars": {"units": [16, 32]}}) == []


def test_values_of_the_caller_are_those_of_the_document():
    tree = {**DOCUMENT, "search": {"objective": "loss", "space": SPACE}}
    settings = ["vars.widths=[8]", "compile.optimizer=adam(0.002)"]
    assert values_of(Check.of(tree, vars={"units": 12}, settings=settings)).document().chosen == {
        "vars.units": 12, "vars.widths.length": 1, "vars.widths[0]": 8,
        "compile.optimizer": "Adam", "compile.optimizer[Adam].learning_rate": 0.002,
    }  # fmt: skip
    (mismatch, *_) = values_of(Check.of(tree, settings=["vars.units=99"])).document().mismatches
    assert mismatch.path == ("vars", "units") and mismatch.value == 99


def test_start_comes_after_the_document():
    units = {"vars": {"units": {"min": 4, "max": 16}}}
    start = [{"vars": {"units": 4}}, {"vars": {"units": 16}}]
    assert first(units, start=start) == [{"vars.units": 8}, {"vars.units": 4}, {"vars.units": 16}]
    assert first(units, start=[]) == []
    assert first(units, start=[{"vars.units": 5}])[1] == {"vars.units": 5}


def test_what_start_leaves_open_is_left_to_the_sampler():
    assert first(SPACE, start=[{"compile": {"optimizer": {"type": "SGD"}}}])[1]["compile.optimizer"] == "SGD"
    adam = first({"compile": SPACE["compile"]}, start=[{"compile": {"optimizer": {"type": "Adam"}}}])[1]
    assert adam == {"compile.optimizer": "Adam"}


@pytest.mark.parametrize(
    ("entry", "code", "place", "words"),
    [
        ({"vars": {"unitz": 8}}, "SEQ051", "/vars/unitz", "vars.unitz is not in"),
        ({"vars.unitz": 8}, "SEQ051", "/vars.unitz", "vars.unitz is not in"),
        ({"vars": 8}, "SEQ051", "/vars", "vars is not in"),
        ({"vars": {"units": 99}}, "SEQ050", "/vars/units", "99 is not among the integers from 4 to 16"),
        ({"vars": {"units": 8.5}}, "SEQ050", "/vars/units", "8.5 is not among"),
        ({"vars": {"widths": [4, 5]}}, "SEQ050", "/vars/widths/1", "no alternative is 5"),
        ({"vars": {"widths": []}}, "SEQ050", "/vars/widths", "a length of 0"),
        ({"compile": {"optimizer": {"type": "RMSprop"}}}, "SEQ050", "/compile/optimizer", "no alternative is"),
        (
            {"compile": {"optimizer": {"type": "Adam", "learning_rate": 1.0}}}, "SEQ050",
            "/compile/optimizer/learning_rate", "the numbers from 0.0001 to 0.01",
        ),
    ],
    ids=str,
)  # fmt: skip
def test_mistakes_in_start(entry, code, place, words):
    search = {"objective": "loss", "space": SPACE, "start": [{"vars": {"units": 4}}, entry]}
    report = seqspec.check({**DOCUMENT, "search": search})
    found = [item for item in report.diagnostics if item.pointer.startswith("/search/start")]
    assert [(item.code, item.pointer, item.severity) for item in found] == [(code, f"/search/start/1{place}", "error")]
    assert words in found[0].message, found
    if "unitz" in words:
        assert found[0].help == "write vars.units"


def test_an_alternative_in_start_by_its_name_is_shown_as_a_table():
    def findings(optimizer):
        search = {"objective": "loss", "space": SPACE, "start": [{"compile": {"optimizer": optimizer}}]}
        return [
            each.help for each in seqspec.check({**DOCUMENT, "search": search}).diagnostics if each.code == "SEQ050"
        ]

    for name in ("Adam", "adam(1e-3)"):
        assert findings(name) == ['write { type = "Adam", learning_rate = ... }']
    assert findings({"type": "Adam", "learning_rate": 1e-3}) == []
