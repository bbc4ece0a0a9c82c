"""An invalid argument of a layer hides no finding that does not depend on it, and no finding is its consequence."""

import copy
import tomllib
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seqspec
from seqspec.core.catalog.index import layer_class
from seqspec.core.diagnostics.violation import value_at
from tests import CASES
from tests.core.linter.rules.test_random_documents import random_document

CASES = sorted((CASES).rglob("*.toml"))
DENSE = {"type": "Dense", "units": 10}
CONV = {"type": "Conv2D", "filters": 8, "kernel_size": 3, "activation": "relu"}
FLATTEN = {"type": "Flatten"}
LSTM = {"type": "LSTM", "units": 4}
IMAGE, SEQUENCE, VECTOR = [28, 28, 1], [20, 5], [16]
RANK, WINDOW = "SEQ210", "SEQ212"
TYPE, VALUE, UNKNOWN, MISSING, CONFLICT = "SEQ104", "SEQ105", "SEQ102", "SEQ103", "SEQ112"


def errors(layers, input):
    report = seqspec.check({"seqspec": 1, "model": {"input": input, "layers": layers}})
    return [(found.code, found.pointer) for found in report.diagnostics if found.severity == "error"]


@pytest.mark.parametrize(
    ("input", "layers", "own", "later"),
    [
        # An argument without an effect on the shape.
        (VECTOR, [{**DENSE, "activation": "zzqqx"}, CONV], "SEQ106", RANK),
        (VECTOR, [{**DENSE, "zzqqx": 1}, CONV], UNKNOWN, RANK),
        (IMAGE, [{**CONV, "name": "a b"}, LSTM], "SEQ111", RANK),
        # A size: the rank and the other sizes are known.
        (VECTOR, [{**DENSE, "units": "many"}, CONV], TYPE, RANK),
        ([4, 4, 3], [{**CONV, "filters": -1}, {**CONV, "kernel_size": 5}], VALUE, WINDOW),
        (IMAGE, [{**CONV, "kernel_size": {}}, FLATTEN, CONV], TYPE, RANK),
        (IMAGE, [{"type": "Conv2D", "filters": 8}, LSTM], MISSING, RANK),
        # The layer itself does not fit its input, whatever the argument is.
        (VECTOR, [{**CONV, "kernel_size": {}}], TYPE, RANK),
        # An argument of an inner layer.
        (SEQUENCE, [{"type": "TimeDistributed", "layer": {**DENSE, "units": {}}}, CONV], TYPE, RANK),
        (VECTOR, [{"type": "Sequential", "layers": [{**DENSE, "units": {}}]}, CONV], TYPE, RANK),
    ],
)
def test_later_independent_error_is_reported(input, layers, own, later):
    """Both errors are reported, and the first one alone where the later layer fits."""
    found = errors(layers, input)
    assert [code for code, _ in found] in ([own, later], [later, own])


@pytest.mark.parametrize(
    ("input", "layers", "own"),
    [
        # The size may be right.
        (VECTOR, [{**DENSE, "units": {}}, {"type": "Reshape", "target_shape": [4, 4]}], TYPE),
        (IMAGE, [{**CONV, "padding": 3}, {**CONV, "kernel_size": 27}], TYPE),
        (IMAGE, [{**CONV, "filters": {}}, {**CONV, "groups": 7, "filters": 7}], TYPE),
        # It may be return_sequences.
        (SEQUENCE, [{**LSTM, "zzqqx": True}, LSTM], UNKNOWN),
        (SEQUENCE, [{**LSTM, "return_sequences": {}}, LSTM], TYPE),
        # The layer may have any rank.
        (IMAGE, [{"type": "Reshape", "target_shape": {}}, CONV], TYPE),
        (IMAGE, [{**CONV, "filters": 8, "groups": 3}, LSTM], CONFLICT),
    ],
)
def test_layer_that_fits_a_possible_output_is_not_reported(input, layers, own):
    """No error is reported that a valid value of the argument may not have."""
    assert [code for code, _ in errors(layers, input)] == [own]


def test_assumed_size_is_not_in_the_message():
    """The message of a later layer has no size that was only assumed."""
    layers = [{**CONV, "kernel_size": {}}, FLATTEN, LSTM]
    report = seqspec.check({"seqspec": 1, "model": {"input": IMAGE, "layers": layers}})
    found = next(each for each in report.diagnostics if each.code == RANK)
    assert found.message.endswith("(?)")
    assert found.notes[0].endswith("→ (?, ?, 8), flatten → (?)")


def test_head_rules_run_after_an_invalid_layer():
    """Rules on the output, the labels and the loss run, as far as these are known."""
    spec = {
        "seqspec": 1,
        "model": {"input": IMAGE, "layers": [{**CONV, "kernel_size": {}}, FLATTEN, {**DENSE, "activation": "softmax"}]},
        "target": {"kind": "multiclass", "classes": 5},
        "compile": {"optimizer": "adam", "loss": "categorical_crossentropy"},
    }
    codes = {found.code for found in seqspec.check(spec).diagnostics}
    assert {TYPE, "SEQ323"} <= codes
    spec["model"]["layers"][2]["units"] = {}
    assert "SEQ323" not in {found.code for found in seqspec.check(spec).diagnostics}


def test_program_is_checked_after_an_invalid_argument(tmp_path):
    """The layers after it are checked, as those of a spec are."""
    program = tmp_path / "model.py"
    program.write_text(
        "import keras\nfrom keras import layers\n"
        "model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(8, 'three'), layers.Flatten(),\n"
        "    layers.LSTM(4)])\n"
    )
    found = seqspec.check(program).diagnostics
    assert [(each.code, each.span.line) for each in found if each.severity == "error"] == [(TYPE, 3), (RANK, 4)]


def layer_tables(document):
    """The tables of the layers, with their paths."""
    pending = [(("model", "layers", index), entry) for index, entry in enumerate(document["model"].get("layers", ()))]
    while pending:
        path, entry = pending.pop(0)
        if isinstance(entry, dict) and isinstance(entry.get("type"), str) and layer_class(entry["type"]):
            yield path, entry
            inner = entry.get("layers")
            pending += [((*path, "layers", index), each) for index, each in enumerate(inner or ())]
            pending.append(((*path, "layer"), entry.get("layer")))


def faults(document):
    """The document with one argument of a layer misspelled, missing, unknown or of another type, and its pointers."""
    for path, entry in layer_tables(document):
        for key in entry.keys() - {"type", "layer", "layers"}:
            for fault in ("misspelled", "missing", "unknown", "wrong type", "wrong value"):
                broken = copy.deepcopy(document)
                layer = value_at(broken, path)
                wrong = key
                if fault == "misspelled":
                    wrong = f"{key[:-1]}qz"
                    layer[wrong] = layer.pop(key)
                elif fault == "missing":
                    del layer[key]
                elif fault == "unknown":
                    wrong = "zzqqx"
                    layer[wrong] = True
                else:
                    layer[key] = {"zzz": 1} if fault == "wrong type" else "zzqqx"
                yield broken, "".join(f"/{part}" for part in path), key, wrong


def findings(document):
    # A deprecated argument is reported once for all its uses.
    return {(each.code, each.pointer): each for each in seqspec.check(document).diagnostics if each.code != "SEQ118"}


def is_known(document):
    """The findings of a document in which every argument is valid; None for another document."""
    found = findings(document)
    return None if any(code < "SEQ2" and found[code, at].severity == "error" for code, at in found) else found


def compared(whole, broken, layer, key, wrong):
    """The findings with an error that are also found without it, those that are not, and those that are lost.

    None if the argument has no error, since some accept any text, or if its valid value has findings of its own, which
    may replace others.
    """
    own = f"{layer}/{key}/"
    if any(f"{at}/".startswith(own) for _, at in whole):
        return None
    found = {}
    is_error = False
    for (code, at), each in findings(broken).items():
        inside = f"{at}/".startswith(f"{layer}/{wrong}/")
        if each.severity == "error" and code < "SEQ2":
            is_error = is_error or inside or at == layer
        else:
            found[code, f"{layer}/{key}{at.removeprefix(f'{layer}/{wrong}')}" if inside else at] = each
    # What was only used in the argument is unused now.
    new = {place for place in found.keys() - whole.keys() if place[0] != "SEQ022"}
    return (whole.keys() & found.keys(), new, whole.keys() - found.keys()) if is_error else None


def hides(whole, lost):
    """Whether an error that is only found with the valid value, such as one of the next layer, replaces others."""
    return any(whole[place].severity == "error" or place[0] == "SEQ408" for place in lost)


PARTS = 4


@pytest.mark.sampled(4)
@pytest.mark.parametrize("part", range(PARTS))
def test_findings_beside_an_invalid_argument_are_found_without_it(part):
    """Whatever is found beside an error in an argument is also found without it; most findings remain."""
    planted = kept = expected = 0
    for path in CASES[part::PARTS]:
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            continue
        whole = is_known(document)
        if whole is None or not isinstance(document.get("model"), dict):
            continue
        for broken, layer, key, wrong in islice(faults(document), part, None, 7):
            result = compared(whole, broken, layer, key, wrong)
            if result is None:
                continue
            same, new, lost = result
            assert not new or hides(whole, lost), (path, broken, new)
            planted += 1
            kept += len(same)
            expected += len(same) + len(lost)
    assert planted > 300
    assert kept > 0.8 * expected, (kept, expected)


@given(st.integers(0, 1_000_000))
def test_findings_beside_an_error_in_a_random_model_are_found_without_it(seed):
    """The findings are a subset of those without the error."""
    rng = Random(seed)
    document = random_document(rng)
    document["model"]["layers"] = [
        {"type": entry} if isinstance(entry, str) else entry for entry in document["model"]["layers"]
    ]
    whole = is_known(document)
    planted = list(faults(document))
    if whole is None or not planted:
        return
    broken, layer, key, wrong = rng.choice(planted)
    result = compared(whole, broken, layer, key, wrong)
    if result is not None:
        _, new, lost = result
        assert not new or hides(whole, lost), new
