"""An error in one key does not change the findings on other keys."""

import copy
import tomllib

import pytest

import seqspec
from seqspec.core.document.tables import OPTIONAL_TABLES
from tests import CASES

CASES = sorted((CASES).rglob("*.toml"))
TABLES = OPTIONAL_TABLES & {"compile", "fit", "target", "data", "runtime"}
SPEC = {
    "model": {
        "input": [128, 6],
        "layers": [
            {"type": "Conv1D", "filters": 32, "kernel_size": 5, "activation": "relu"},
            {"type": "GlobalAveragePooling1D"},
            {"type": "Dense", "units": 6, "activation": "softmax"},
        ],
    },
    "target": {"kind": "multiclass", "classes": 5},
    "compile": {"optimizer": "adam", "loss": "categorical_crossentropy", "metrics": ["acc"]},
    "fit": {
        "epochs": 10,
        "batch_size": 32,
        "validation_split": 0.2,
        "callbacks": [{"type": "EarlyStopping", "monitor": "val_acuracy"}],
    },
}
LABELS, UNITS, MONITOR = "SEQ322", "SEQ323", "SEQ550"


def findings(document):
    return {(found.code, found.pointer) for found in seqspec.check(document).diagnostics}


def codes(document):
    return {found.code for found in seqspec.check(document).diagnostics}


def changed(table, key, value=None, name=None):
    """The spec with another value of a key, or another name."""
    document = {"seqspec": 1, **copy.deepcopy(SPEC)}
    old = document[table].pop(key)
    document[table][name or key] = old if name else value
    return document


@pytest.mark.parametrize(
    ("document", "error", "left"),
    [
        (changed("compile", "optimizer", name="optimiser"), "SEQ010", {LABELS, UNITS, MONITOR}),
        (changed("compile", "metrics", value=["acc", "f1"]), "SEQ106", {LABELS, UNITS}),
        (changed("compile", "loss", value="crossentropie"), "SEQ106", {MONITOR}),
        (changed("fit", "epochs", name="epoch"), "SEQ010", {LABELS, UNITS}),
        (changed("fit", "batch_size", value="32"), "SEQ104", {LABELS, UNITS, MONITOR}),
        (changed("fit", "callbacks", value=["EarlyStoping"]), "SEQ106", {LABELS, UNITS}),
        (changed("target", "classes", value="5"), "SEQ104", {MONITOR}),
    ],
)
def test_findings_that_depend_on_an_invalid_key_are_omitted(document, error, left):
    """Only those are missing that depend on the key with the error."""
    assert codes({"seqspec": 1, **SPEC}) == {LABELS, UNITS, MONITOR}
    assert codes(document) == {error, *left}


def stages(document, table):
    """The table, or the stages of `[[fit]]`, each with its pointer."""
    part = document.get(table)
    if isinstance(part, list):
        return [(stage, f"/{table}/{index}") for index, stage in enumerate(part) if isinstance(stage, dict)]
    return [(part, f"/{table}")] if isinstance(part, dict) else []


def faults(document):
    """The document with one key misspelled, of another type, or added, and the pointers of the key."""
    for table in sorted(TABLES):
        for number, (part, place) in enumerate(stages(document, table)):
            for key in part:
                for fault in ("misspelled", "wrong type", "unknown"):
                    broken = copy.deepcopy(document)
                    into = stages(broken, table)[number][0]
                    if fault == "misspelled" and key != "kind":
                        into[f"{key[:-1]}qz"] = into.pop(key)
                    elif fault == "wrong type":
                        into[key] = 3 if isinstance(part[key], dict) else {"zzz": 1}
                    else:
                        into["zzqqx"] = 1
                    yield broken, {f"{place}/{name}" for name in (key, f"{key[:-1]}qz", "zzqqx")}, place


PARTS = 8


@pytest.mark.sampled(4)
@pytest.mark.parametrize("part", range(PARTS))
def test_findings_beside_an_invalid_key_are_found_without_it(part):
    """Whatever is found beside an error in a key is also found without that error."""
    planted = 0
    for path in CASES[part::PARTS]:
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            continue
        whole = seqspec.check(document)
        if any(found.severity == "error" and found.code < "SEQ3" for found in whole.diagnostics):
            continue
        known = {(found.code, found.pointer) for found in whole.diagnostics}
        for broken, keys, table in faults(document):
            found = findings(broken)
            own = {
                (code, pointer)
                for code, pointer in found
                if code < "SEQ3" and (pointer == table or any(f"{pointer}/".startswith(f"{key}/") for key in keys))
            }
            # What was only used in the key is unused now.
            unused = {(code, pointer) for code, pointer in found if code == "SEQ022"}
            # Some keys accept any table.
            if own:
                planted += 1
                assert found - own - unused <= known, (path, broken)
    assert planted > 200
