"""A document that checks, with one planted mistake: one error, at the mistake."""

import json

from hypothesis import assume, given
from hypothesis import strategies as st

import seqspec
from seqspec.catalog.index import layer_class
from seqspec.catalog.kinds import Boolean, Integer
from tests.strategies.stacks import models


def misspelt_type(rng, entry):
    entry["type"] = entry["type"][:-1] + "qx"
    return ("type",), {"SEQ101"}


def unknown_argument(rng, entry):
    entry["no_such_argument_qx"] = 1
    return ("no_such_argument_qx",), {"SEQ102"}


def number_as_string(rng, entry):
    names = [n for n, a in layer_class(entry["type"]).arguments.items() if n in entry and isinstance(a.kind, Integer)]
    if not names:
        return None
    name = rng.choice(names)
    entry[name] = str(entry[name])
    return (name,), {"SEQ104"}


def truth_as_string(rng, entry):
    names = [n for n, a in layer_class(entry["type"]).arguments.items() if n in entry and isinstance(a.kind, Boolean)]
    if not names:
        return None
    name = rng.choice(names)
    entry[name] = "maybe"
    return (name,), {"SEQ104"}


def bad_name(rng, entry):
    entry["name"] = "not a name"
    return ("name",), {"SEQ111"}


def missing_argument(rng, entry):
    required = [name for name in layer_class(entry["type"]).required if name in entry]
    if not required:
        return None
    del entry[rng.choice(required)]
    return (), {"SEQ103"}


MISTAKES = [misspelt_type, unknown_argument, number_as_string, truth_as_string, bad_name, missing_argument]


@given(models(longest=4, illegal=0.0), st.sampled_from(MISTAKES), st.randoms(use_true_random=False))
def test_one_mistake_is_one_error_at_its_place(tmp_path_factory, model, mistake, rng):
    layers = [{"type": entry} if isinstance(entry, str) else entry for entry in model["layers"]]
    document = {"seqspec": 1, "model": {**model, "layers": layers}}
    assume(seqspec.check(document).ok)
    index = rng.randrange(len(layers))
    planted = mistake(rng, layers[index])
    assume(planted is not None)
    keys, codes = planted
    path = tmp_path_factory.getbasetemp() / "planted.seqspec.json"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    report = seqspec.check(path)
    errors = [d for d in report.diagnostics if d.severity == "error"]
    assert [error.code for error in errors] in [[code] for code in codes], errors
    place = f"/model/layers/{index}" + "".join(f"/{key}" for key in keys)
    assert errors[0].pointer == place
    line = path.read_text(encoding="utf-8").split("\n")[errors[0].span.line - 1]
    marked = line[errors[0].span.column - 1 :]
    wanted = ["{"] if not keys else [f'"{keys[0]}"', json.dumps(layers[index][keys[0]])]
    assert marked.startswith(tuple(wanted))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(models(longest=3), VALUES, st.randoms(use_true_random=False))
def test_any_value_anywhere_is_reported_never_raised(model, value, rng):
    document = {"seqspec": 1, "model": model, "compile": {"optimizer": "adam", "loss": "mse"}}
    target = document
    while True:
        keys = list(target) if isinstance(target, dict) else list(range(len(target)))
        if not keys:
            break
        key = rng.choice(keys)
        if not isinstance(target[key], (dict, list)) or rng.random() < 0.3:
            target[key] = value
            break
        target = target[key]
    report = seqspec.check(document)
    assert isinstance(report.ok, bool)
    json.dumps(report.to_dict())


@given(st.binary(max_size=400), st.sampled_from(["model.json", "model.toml", "model"]))
def test_any_bytes_are_reported_never_raised(tmp_path_factory, data, name):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    report = seqspec.check(path)
    assert not report.ok
    assert all(diagnostic.span is None or diagnostic.span.line >= 1 for diagnostic in report.diagnostics)
