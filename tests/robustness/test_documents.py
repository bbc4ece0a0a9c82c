"""`seqspec.check` returns a report for any input: no exception, bounded time, printable messages."""

import copy
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqspec
from seqspec.core.document.canonical import canonical_text
from seqspec.core.output.text import concise, full
from seqspec.core.syntax.limits import Limits
from tests import ROOT
from tests.hang import HANG
from tests.strategies.documents import damage, damaged, json_documents, toml_documents
from tests.strategies.mistakes import documents

pytestmark = pytest.mark.slow

TEXTS = [
    path.read_text(encoding="utf-8")
    for path in [*sorted((ROOT / "examples").glob("*.seqspec.*")), *sorted((ROOT / "tests/cases").rglob("*.toml"))]
    if path.stat().st_size < 5000
]
ODD = st.one_of(
    st.sampled_from(
        [
            None, True, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 10**6000, 0.5, -0.0, 1e308, float("nan"),
            float("inf"), "", "none", "relu", "$x", "$", "${a}", "$$", "1/0", "1/255", "l2(0.01", "?", "T", "\0",
            "\x1b[31m", "\ud800", "x" * 3000, [], {}, [[]], [None], {"type": "Dense", "units": 2}, {"type": 3}, {"": 1},
            {"use": "x"}, {"custom": "X"}, {"type": "Sequential", "layers": []}, {"class_name": "Dense"}, (1, 2), b"x",
            {1: 2}, {None: {}}, object(), int, {"$ref": "#"}, {"for": {"a": [1]}, "type": "ReLU"}, {"repeat": 10**9},
        ]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=5,
    ),
)  # fmt: skip
KEYS = [
    "type", "use", "custom", "name", "layers", "input", "shape", "dtype", "for", "repeat", "units", "x-a", "override",
    "extends", "blocks", "vars", "model", "compile", "fit", "keras", "seqspec", "target", "params", "output_shape",
    "args", "cell", "layer", "padding", "data_format", "activation", "trainable", "weights", "import", "kind", "$ref",
]  # fmt: skip


def answered(source, **options):
    """The report, after all that can be asked of it."""
    start = time.process_time()
    report = seqspec.check(source, **options)
    json.dumps(report.to_dict())
    for diagnostic in report.diagnostics:
        text = full(diagnostic, report.line)
        assert all(line.isprintable() for line in text.split("\n"))
        assert len(text) < 20_000
        assert concise(diagnostic)
        assert diagnostic.pointer == "" or diagnostic.pointer.startswith("/")
        if diagnostic.span is not None:
            assert diagnostic.span.line >= 1 and diagnostic.span.column >= 1
    assert report.ok or report.diagnostics
    assert time.process_time() - start < HANG
    return report


def places(tree):
    """Every table or list with each of its keys."""
    pending, found = [tree], []
    while pending:
        value = pending.pop()
        entries = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        for key, item in entries:
            found.append((value, key))
            if isinstance(item, (dict, list)):
                pending.append(item)
    return found


def mutate(rng, tree, odd):
    """Puts an odd value at some place, takes something away, or adds a key."""
    found = places(tree)
    if not found:
        return
    holder, key = rng.choice(found)
    # The same list in two places could contain itself after the next mutation.
    odd = copy.deepcopy(odd)
    choice = rng.randrange(4)
    if choice == 0:
        del holder[key]
    elif choice == 1 and isinstance(holder, dict):
        holder[rng.choice(KEYS)] = odd
    elif choice == 1:
        holder.insert(key, odd)
    else:
        holder[key] = odd


FEATURES = {
    "seqspec": 1,
    "keras": ">=3.12",
    "vars": {"n": 3, "h": [4, 5]},
    "blocks": {"b": {"params": {"u": "$n"}, "layers": [{"type": "Dense", "units": "$u", "name": "d"}, "ReLU"]}},
    "custom": {
        "Pool": {
            "import": "m:Pool",
            "input_shape": ["C"],
            "output_shape": ["C * units"],
            "params": "C + units",
            "args": {"properties": {"units": {"type": "integer"}}, "required": ["units"]},
        }
    },
    "model": {
        "input": {"shape": [8], "dtype": "float32"},
        "layers": [
            {"use": "b", "for": {"u": "$h"}},
            {"custom": "Pool", "units": 2},
            {"type": "Reshape", "target_shape": [-1, 2]},
            {"type": "Bidirectional", "layer": {"type": "LSTM", "units": 2}, "repeat": 1},
            {"type": "Sequential", "layers": [{"type": "Dense", "units": 3, "kernel_regularizer": "l2(0.001)"}]},
        ],
    },
    "override": {"layers": {"d": {"units": 6}}},
    "target": {"kind": "regression", "shape": [3]},
    "compile": {"optimizer": "adam(1e-3)", "loss": "mse", "metrics": ["mae", {"type": "RootMeanSquaredError"}]},
    "fit": [{"epochs": 9, "callbacks": [{"type": "EarlyStopping"}]}],
    "data": {"train": {"range": [0, 1]}, "validation": {}},
    "runtime": {"seed": 1},
    "save": {"filepath": "a.keras"},
}


@given(documents(), ODD, st.randoms(use_true_random=False))
def test_a_random_document_with_odd_values(document, odd, rng):
    for _ in range(rng.randint(1, 3)):
        mutate(rng, document, odd)
    answered(document)


@settings(max_examples=200)
@given(ODD, st.randoms(use_true_random=False))
def test_documents_with_odd_values_are_answered(odd, rng):
    document = json.loads(json.dumps(FEATURES))
    for _ in range(rng.randint(1, 3)):
        mutate(rng, document, odd)
    answered(document)


def test_the_features_themselves_are_good():
    assert [found for found in answered(FEATURES).diagnostics if found.severity != "info"] == []


@given(ODD)
def test_a_document_that_is_something_else(odd):
    if isinstance(odd, str) and "/" not in odd:
        return  # the name of a file
    answered(odd)


@pytest.mark.parametrize("suffix", [".toml", ".json", ""])
@given(st.binary(max_size=300))
def test_any_bytes(tmp_path_factory, suffix, data):
    path = tmp_path_factory.getbasetemp() / f"bytes{suffix}"
    path.write_bytes(data)
    assert not answered(path).ok


@given(st.one_of(toml_documents(), damaged(toml_documents()), json_documents(), damaged(json_documents())))
def test_any_tree_in_any_spelling(tmp_path_factory, text):
    for suffix in (".toml", ".json"):
        path = tmp_path_factory.getbasetemp() / f"tree{suffix}"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        answered(path)


@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False))
def test_a_damaged_document(tmp_path_factory, text, rng):
    suffix = ".json" if text.lstrip().startswith("{") else ".toml"
    path = tmp_path_factory.getbasetemp() / f"damaged{suffix}"
    path.write_bytes(damage(text, rng).encode("utf-8", "surrogatepass"))
    answered(path)


@given(documents(), st.sampled_from(["toml", "json"]), st.randoms(use_true_random=False))
def test_a_damaged_random_document(tmp_path_factory, document, format_, rng):
    path = tmp_path_factory.getbasetemp() / f"random.{format_}"
    path.write_bytes(damage(canonical_text(document, format_), rng).encode("utf-8", "surrogatepass"))
    answered(path)


@given(ODD, st.lists(st.text(max_size=12), max_size=3))
def test_values_of_the_caller(odd, settings_):
    answered(FEATURES, vars={"n": odd})
    answered(FEATURES, settings=[f"vars.n={text}" for text in settings_] + settings_)


@given(ODD)
def test_policies_of_the_caller(odd):
    answered(FEATURES, policy={"properties": {"model": odd}})
    answered(FEATURES, policy=odd)


def nested(wrap, core, times):
    for _ in range(times):
        core = wrap(core)
    return core


DEEP = {
    "Sequential": lambda inner: {"type": "Sequential", "layers": [inner]},
    "Pipeline": lambda inner: {"type": "Pipeline", "layers": [inner]},
    "both": lambda inner: {"type": "Sequential", "layers": [{"type": "Pipeline", "layers": [inner]}]},
    "TimeDistributed": lambda inner: {"type": "TimeDistributed", "layer": inner},
    "SpectralNormalization": lambda inner: {"type": "SpectralNormalization", "layer": inner},
    "mixed": lambda inner: {"type": "TimeDistributed", "layer": {"type": "Sequential", "layers": [inner, "ReLU"]}},
    "StackedRNNCells": lambda inner: {"type": "StackedRNNCells", "cells": [inner]},
    "lists": lambda inner: [inner],
    "tables": lambda inner: {"a": inner},
}


@pytest.mark.parametrize(
    "place", [lambda tree: {"vars": {"a": tree}}, lambda tree: {"model": {"input": [4], "layers": tree}}]
)
@pytest.mark.parametrize("items", [1, 5000])
def test_lists_that_share_their_items_end_at_the_limit(place, items):
    """Thirty lists in a program can stand for 2**30 of them."""
    shared = nested(lambda inner: [inner, inner], list(range(items)), 30)
    document = {"seqspec": 1, "model": {"input": [4], "layers": ["ReLU"]}, **place(shared)}
    assert [found.name for found in answered(document).diagnostics] == ["over-limit"]


@pytest.mark.parametrize("wrap", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("times", [8, 15, 29, 60, 400])
def test_deep_nesting_takes_no_time(wrap, times):
    for core in (
        {"type": "Dense", "units": 2},
        {"type": "LSTMCell", "units": 2},
        {"type": "Conv2D", "filters": 1, "kernel_size": 9},
    ):
        layers = [nested(wrap, core, times), {"type": "RNN", "cell": nested(wrap, core, times)}]
        answered({"seqspec": 1, "model": {"input": [2] * 40 + [3], "layers": layers[:1]}})
        answered({"seqspec": 1, "model": {"input": [2, 3], "layers": layers[1:]}})
        answered({"seqspec": 1, "x-deep": layers[0], "vars": {"v": layers[0]}, "model": {"layers": ["$v"]}})


LARGE = [
    # sizes that grow without end
    {"input": [4, 2], "layers": [{"type": "UpSampling1D", "size": 2**62, "repeat": 400}]},
    {"input": ["T", 2], "layers": [{"type": "UpSampling1D", "size": 2**62, "repeat": 400}]},
    {"input": [2**62] * 60, "layers": ["Flatten", {"type": "Dense", "units": 2**40}]},
    {"input": [2**62] * 5000, "layers": ["Flatten"]},
    {"input": [2**62] * 8, "layers": [{"type": "Reshape", "target_shape": [1] * 5000}]},
    {"input": [3], "layers": [{"type": "Dense", "units": 2**62}, {"type": "Dense", "units": 2**62}]},
    {"input": [3], "layers": [{"type": "RepeatVector", "n": 2**62}, {"type": "TimeDistributed", "layer": "Flatten"}]},
    # formulas that grow without end
    {"input": ["T", 4], "layers": [{"type": "Conv1D", "filters": 4, "kernel_size": 2, "strides": 3}, "ReLU"] * 900},
    {
        "input": ["A", "B", "C", 1],
        "layers": ["Flatten", {"type": "Reshape", "target_shape": [-1, 1]}, {"type": "ZeroPadding1D"}] * 600,
    },
    {"input": ["T", 4], "layers": [{"type": "UpSampling1D", "size": 3}, "MaxPooling1D"] * 900},
    # many layers
    {"input": [4], "layers": [{"type": "Dense", "units": 4, "repeat": 9_999}]},
    {"input": [4], "layers": ["Dens"] * 3000},
]  # fmt: skip


@pytest.mark.parametrize("model", LARGE, ids=range(len(LARGE)))
def test_large_numbers_and_long_formulas(model):
    answered({"seqspec": 1, "model": model})


BOMBS = {
    "blocks": lambda n: {
        "blocks": {f"b{i}": {"layers": [{"use": f"b{i + 1}", "repeat": 10}]} for i in range(n)}
        | {f"b{n}": {"layers": ["ReLU"]}},
        "model": {"input": [1], "layers": [{"use": "b0"}]},
    },
    "empty blocks": lambda n: {
        "blocks": {f"b{i}": {"layers": [{"use": f"b{i + 1}"}] * 10} for i in range(n)} | {f"b{n}": {"layers": []}},
        "model": {"input": [1], "layers": [{"use": "b0"}]},
    },
    "variables": lambda n: {
        "vars": {f"v{i}": [f"$v{i + 1}"] * 10 for i in range(n)} | {f"v{n}": 1},
        "model": {"input": [1], "layers": ["ReLU"], "x-v": 1, "name": "$v0"},
    },
    "strings": lambda n: {
        "vars": {f"v{i}": f"${{v{i + 1}}}" * 10 for i in range(n)} | {f"v{n}": "x"},
        "model": {"name": "$v0", "input": [1], "layers": ["ReLU"]},
    },
    "rings": lambda n: {
        "vars": {f"v{i}": f"$v{(i + 1) % n}" for i in range(n)},
        "blocks": {f"b{i}": {"layers": [{"use": f"b{(i + 1) % n}"}]} for i in range(n)},
        "model": {"name": "$v0", "input": [1], "layers": [{"use": "b0"}]},
    },
    "schemas": lambda n: {
        "custom": {
            "A": {
                "import": "m:A",
                "args": {
                    "$ref": "#/$defs/0",
                    "$defs": {str(i): {"allOf": [{"$ref": f"#/$defs/{i + 1}"}] * 3} for i in range(n)} | {str(n): {}},
                },
            }
        },
        "model": {"input": [1], "layers": [{"custom": "A"}]},
    },
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("size", [3, 9, 40])
def test_documents_that_multiply(bomb, size):
    answered({"seqspec": 1, **bomb(size)})


@pytest.mark.parametrize(
    "place", [(), ("model",), ("model", "layers", 0), ("fit", "callbacks", 0), ("target",), ("x-a",)], ids=str
)
def test_a_key_that_is_not_text(place):
    document = {
        "seqspec": 1,
        "model": {"input": [4], "layers": [{"type": "Dense", "units": 1}]},
        "fit": {"callbacks": [{"type": "EarlyStopping"}]},
        "target": {"kind": "regression"},
        "x-a": {},
    }
    table = document
    for key in place:
        table = table[key]
    table["\ud800"] = 6
    [diagnostic] = answered(document).diagnostics
    assert (diagnostic.code, diagnostic.pointer) == ("SEQ105", "/" + "/".join(map(str, (*place, "\ud800"))))


def test_limits_are_the_caller_s():
    model = {"input": [4], "layers": [{"type": "Dense", "units": 4, "repeat": 50}]}
    document = {"seqspec": 1, "model": model}
    assert answered(document).ok
    assert [d.name for d in answered(document, limits=Limits(layers=49)).diagnostics] == ["over-limit"]
    assert [d.name for d in answered(document, limits=Limits(depth=2)).diagnostics] == ["over-limit"]
