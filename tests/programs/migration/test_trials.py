"""The table of migration against what both Kerases do, recorded by `scripts/migration`, and Keras 3 run again here."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from seqspec.core.diagnostics.codes import CODES
from seqspec.programs.migration.import_fixes import MODULES, exists
from seqspec.programs.migration.table import PRIVATE, TABLE
from tests import ROOT
from tests.nightly import rest_nightly

TRIALS = Path(__file__).with_name("trials.py")
RECORDED = json.loads(TRIALS.with_suffix(".json").read_text(encoding="utf-8"))


def raises(outcome):
    return outcome.endswith(("Error", "Exception"))


def is_proved(row, package, results):
    """Whether a package does what the table says."""
    outcome = results[package]
    if row.effect == "raises":
        return raises(outcome)
    if row.effect == "changed":
        return row.removed_in == 2 or outcome != results["tf_keras"]
    # What a call of a model ignores has no object to compare.
    return outcome == "ignored" if row.effect == "ignored" else outcome in ("ok", "warns")


def test_every_row_is_recorded_and_has_a_rule():
    assert {row.name for row in TABLE} == set(RECORDED)
    assert {row.rule for row in TABLE} <= set(CODES)
    names = Counter((package, row.name) for row in TABLE for package in row.packages)
    assert [name for name, count in names.items() if count > 1] == []


def test_older_kerases_have_what_the_table_lists():
    """tf_keras accepts it, or the source of an older Keras has it."""
    missing = [name for name, entry in RECORDED.items() if raises(entry["tf_keras"]) and not entry["source"]]
    assert missing == []
    early = [row.name for row in TABLE if row.removed_in == 2 and not raises(RECORDED[row.name]["tf_keras"])]
    assert early == [PRIVATE, "layers.Conv2D(rows, columns)"]


@pytest.mark.parametrize("package", ["keras", "tf.keras"])
def test_keras_3_does_what_the_table_says(package):
    wrong = {
        row.name: RECORDED[row.name]
        for row in TABLE
        if package in row.packages and not is_proved(row, package, RECORDED[row.name])
    }
    assert wrong == {}


def test_rows_of_one_package_are_not_true_of_the_other():
    """`tf.keras` still has what is only reported for `keras`."""
    only = [row for row in TABLE if row.packages == ("keras",)]
    assert len(only) > 100
    assert [row.name for row in only if raises(RECORDED[row.name]["tf.keras"])] == []


def test_rows_that_are_not_only_a_name_have_trials():
    assert [name for name, entry in RECORDED.items() if "(" in name and "trial" not in entry] == []


@pytest.mark.slow
@pytest.mark.needs("keras", "tensorflow")
@pytest.mark.parametrize("package", rest_nightly(("keras", "tf.keras"), "keras"))
def test_the_installed_keras_does_the_same(package):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, str(TRIALS), package]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    results = json.loads(next(line for line in output.splitlines() if line.startswith("RESULTS "))[8:])
    assert results == {name: entry[package] for name, entry in RECORDED.items()}


@pytest.mark.slow
@pytest.mark.needs("keras")
def test_replacements_exist():
    """Whatever a fix may write is in Keras 3."""
    import keras

    def has(path):
        value = keras
        for part in path.split("."):
            value = getattr(value, part, None)
        return value is not None

    names = (row for row in TABLE if row.argument is None and not row.owner.startswith(("Layer.", "Model.")))
    paths = {row.new for row in names if "." in row.new and not row.is_template} | MODULES
    assert [path for path in sorted(paths) if not has(path)] == []
    assert [path for path in sorted(paths) if not exists(path)] == []
