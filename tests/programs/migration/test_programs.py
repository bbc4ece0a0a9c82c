"""What one version of Keras alone refuses in a program: an error there, nothing in the other, and a warning in between.

`programs.json` has small programs with what Keras 2 and Keras 3 do with them, recorded by `scripts/migration`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqspec.core.check.check import CheckSettings, check_source
from tests import ROOT

PROGRAMS = Path(__file__).with_name("programs.py")
RECORDED = json.loads(PROGRAMS.with_suffix(".json").read_text(encoding="utf-8"))
ALL = pytest.mark.parametrize("name", RECORDED)


def report(tmp_path, name, keras=None):
    path = tmp_path / "train.py"
    path.write_text(RECORDED[name]["program"])
    return check_source(str(path), CheckSettings(keras=keras))


def severities(report):
    return {each.severity for each in report.diagnostics if each.severity == "error" or "Keras 3" in each.message}


@ALL
@pytest.mark.parametrize(("keras", "package"), [("2.15", "tf_keras"), ("3", "keras")])
def test_what_the_version_refuses_is_an_error_and_nothing_else(tmp_path, name, keras, package):
    assert ("error" in severities(report(tmp_path, name, keras))) is (RECORDED[name][package] != "ok")


@ALL
def test_what_one_version_refuses_is_a_warning_where_the_version_is_assumed(tmp_path, name):
    refused = [RECORDED[name][package] != "ok" for package in ("tf_keras", "keras")]
    found = severities(report(tmp_path, name))
    assert ("error" in found) is all(refused)
    assert ("warning" in found) is (refused == [False, True])


@ALL
def test_migration_lists_what_keras_3_alone_refuses(tmp_path, name):
    """One line says how many places there are, and the rules of migration have each of them."""
    older = report(tmp_path, name, "2.15")
    listed = [each for each in older.on_request if each.severity == "warning"]
    is_of_keras_3 = (RECORDED[name]["tf_keras"], RECORDED[name]["keras"] == "ok") == ("ok", False)
    assert bool(listed) is is_of_keras_3
    notes = [each for each in older.diagnostics if each.name == "older-keras"]
    assert [each.message.partition(":")[0] for each in notes] == (
        [f"{len(listed)} place{'s' if len(listed) > 1 else ''} will fail in Keras 3"] if listed else []
    )


@pytest.mark.slow
@pytest.mark.needs("tensorflow", "tf_keras")
@pytest.mark.parametrize("package", ["keras", "tf_keras"])
def test_the_installed_keras_does_the_same(package):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, str(PROGRAMS), package]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    results = json.loads(next(line for line in output.splitlines() if line.startswith("RESULTS "))[8:])
    assert results == {name: entry[package] for name, entry in RECORDED.items()}
