"""The shorthand of nested objects: its values, and the location of a mistake inside the string."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqspec.core.catalog.objects import ACTIVATION, CONSTRAINT, INITIALIZER, LOSS, METRIC, OPTIMIZER, REGULARIZER
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.language.shorthand import MAX_DEPTH, MAX_LENGTH, read_call


def arguments(text):
    return [(entry.name, entry.value) for entry in read_call(text).arguments]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("relu", "relu", []),
        ("adam()", "adam", []),
        ("  adam ( 1e-3 ) ", "adam", [(None, 1e-3)]),
        ("l2(0.01)", "l2", [(None, 0.01)]),
        ("l2(.5)", "l2", [(None, 0.5)]),
        ("l2(-1_000.)", "l2", [(None, -1000.0)]),
        ("he_normal(seed=1)", "he_normal", [("seed", 1)]),
        ("TopKCategoricalAccuracy(k = 5,)", "TopKCategoricalAccuracy", [("k", 5)]),
        ("x(1/255, a=-3 / 4)", "x", [(None, 1 / 255), ("a", -0.75)]),
        ("x(true, False, none, None)", "x", [(None, True), (None, False), (None, "none"), (None, "none")]),
        ("AUC(curve='PR', name=\"it's\")", "AUC", [("curve", "PR"), ("name", "it's")]),
        (r"x('\'\\')", "x", [(None, "'\\")]),
        ("x((1, 2), a=[3, (4,)], b=())", "x", [(None, [1, 2]), ("a", [3, [4]]), ("b", [])]),
    ],
)
def test_valid_shorthand_is_read(text, name, expected):
    assert read_call(text).name == name
    found = arguments(text)
    assert found == expected
    assert [type(value) for _, value in found] == [type(value) for _, value in expected]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("l2(0.01", "(0.01"),
        ("MaxNorm(axis=[1, 2)", ")"),
        ("l2(0.01))", ")"),
        ("l2 0.01", "0.01"),
        ("l2(0.01) + l1", "+ l1"),
        ("lambda x: x*2", "lambda x: x*2"),
        ("f(lambda x: x)", "lambda x: x)"),
        ("l2(l=lambda: 1)", "lambda: 1)"),
        ("__import__('os')", "__import__('os')"),
        ("he_normal(seed=x)", "x"),
        ("l2(0.01abc)", "0.01abc"),
        ("l2(2*3)", "2*3)"),
        ("l2(1/0)", "0"),
        ("l2(1/2/3)", "1/2/3)"),
        ("l2(nan)", "nan"),
        ("l2(1e999)", "1e999"),
        ("AUC(curve='PR)", "'PR)"),
        ("x('\\n')", "\\n"),
        ("SGD(CosineDecay(0.1, 10))", "CosineDecay(0.1, 10))"),
        ("l2(,)", ","),
        ("keras.regularizers.l2(0.1)", "keras.regularizers.l2(0.1)"),
        ("3", "3"),
        ("l2(a=)", ")"),
        ("", ""),
    ],
)
def test_mistakes_point_inside(text, marked):
    with pytest.raises(Violation) as caught:
        read_call(text)
    violation = caught.value
    assert violation.rule == "bad-shorthand"
    start, end = violation.string_range
    assert text[start:end] == marked


def test_bounds():
    long, deep, digits = "x" * (MAX_LENGTH + 1), f"x({'(' * (MAX_DEPTH + 1)}", f"x({'9' * 100})"
    for text, inside in ((long, None), (deep, (MAX_DEPTH + 2, MAX_DEPTH + 3)), (digits, (2, 102))):
        with pytest.raises(Violation) as caught:
            read_call(text)
        assert (caught.value.rule, caught.value.string_range) == ("bad-shorthand", inside)
    assert read_call("x" * MAX_LENGTH).name == "x" * MAX_LENGTH


@pytest.mark.parametrize(
    ("kind", "text", "rule", "marked"),
    [
        (REGULARIZER, "l2(l3=1)", "unknown-argument", "l3"),
        (REGULARIZER, "l2(-1)", "bad-value", "-1"),
        (REGULARIZER, "l2(0.1, 0.2)", "bad-shorthand", "0.2"),
        (REGULARIZER, "l2(0.1, l2=0.2)", "bad-shorthand", "l2"),
        (REGULARIZER, "MaxNorm(2)", "unknown-name", "MaxNorm"),
        (CONSTRAINT, "max_norm(axis=1, 2)", "bad-shorthand", "2"),
        (CONSTRAINT, "max_norm('2')", "wrong-type", "'2'"),
        (INITIALIZER, "VarianceScaling(2, 'fan_ot')", "bad-value", "'fan_ot'"),
        (ACTIVATION, "gelu(approximate=true)", "unknown-argument", "(approximate=true)"),
        (ACTIVATION, "Relu(6)", "unknown-name", "Relu"),
        (OPTIMIZER, "adm(1e-3)", "unknown-name", "adm"),
        (OPTIMIZER, "adam(clipnorm=1, clipvalue=2)", "conflicting-arguments", "2"),
        (METRIC, "MeanIoU()", "missing-argument", "MeanIoU"),
        (LOSS, "LossFunctionWrapper()", "unsupported-class", "LossFunctionWrapper"),
    ],
)
def test_mistakes_of_objects_point_inside(kind, text, rule, marked):
    with pytest.raises((Violation, Violations)) as caught:
        kind.read(text)
    violation = caught.value.items[0] if isinstance(caught.value, Violations) else caught.value
    assert violation.rule == rule
    assert violation.path == ()
    start, end = violation.string_range
    assert text[start:end] == marked


@pytest.mark.parametrize(
    ("kind", "text", "tree"),
    [
        (REGULARIZER, "l2", {"type": "L2"}),
        (REGULARIZER, "l1_l2(0.1, 0.2)", {"type": "L1L2", "l1": 0.1, "l2": 0.2}),
        (OPTIMIZER, "Adam(1e-3)", {"type": "Adam", "learning_rate": 1e-3}),
        (OPTIMIZER, "ADAM", {"type": "Adam"}),
        (OPTIMIZER, "sgd(1, momentum=1)", {"type": "SGD", "learning_rate": 1.0, "momentum": 1.0}),
        (LOSS, "mse", "mse"),
        (LOSS, "mse(reduction='sum')", {"type": "MeanSquaredError", "reduction": "sum"}),
        (METRIC, "acc", "acc"),
        (METRIC, "Accuracy", "Accuracy"),
        (METRIC, "Accuracy()", {"type": "Accuracy"}),
        (METRIC, "TopKCategoricalAccuracy(k=5)", {"type": "TopKCategoricalAccuracy", "k": 5}),
    ],
)
def test_long_form(kind, text, tree):
    assert kind.read(text).to_tree() == tree
    assert kind.read(tree) == kind.read(text)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("l2adm(=,.)[]'\"-1e/ \\", max_size=40)))
def test_any_text_is_read_or_explained(text):
    try:
        read_call(text)
    except Violation as violation:
        assert violation.string_range is None or 0 <= violation.string_range[0] <= violation.string_range[1] <= len(
            text
        )


@settings(max_examples=300, deadline=None)
@given(st.text("l2adm(=,.)[]'\"-1e/ \\", max_size=30))
def test_any_text_after_a_name_is_read_or_explained(text):
    for kind in (REGULARIZER, OPTIMIZER, METRIC):
        try:
            kind.read(text)
        except Violation as violation:
            assert violation.message
        except Violations as several:
            assert several.items
