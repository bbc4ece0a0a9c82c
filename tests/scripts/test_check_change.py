"""`scripts/check-change` selects what depends on a change, and fails where a step of a recipe was left out."""

import os
import subprocess
import sys
from importlib import import_module

import pytest

from tests import ROOT

# import-linter brings grimp, with which the scripts read the import graph.
pytestmark = pytest.mark.needs("importlinter")

EINSUM = "seqspec/core/shapes/einsum.py"
RULE = "seqspec/core/linter/rules/head/softmax_over_one.py"
FORMAT = "seqspec/training/export/onnx.py"


@pytest.fixture(scope="module")
def affected():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "scripts")
        return import_module("affected")


def test_tests_by_name_come_before_those_of_the_folder(affected):
    tests = affected.tests_of(["seqspec/core/diagram/layered.py"])
    assert tests[0] == "tests/core/diagram/test_layered.py"


def test_changed_tests_come_first(affected):
    tests = affected.tests_of([EINSUM, "tests/core/test_spec.py"])
    assert tests[0] == "tests/core/test_spec.py" and any(test.startswith("tests/core/shapes/") for test in tests)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (RULE, "tests/core/linter/rules/test_every_rule.py"),
        (FORMAT, "tests/training/export/test_formats.py"),
        ("seqspec/training/data/tables/formats/csv.py", "tests/training/data/test_table_formats.py"),
    ],
)
def test_tests_of_a_registry_are_selected_without_an_import(path, expected, affected):
    assert expected in affected.tests_of([path])[:4]


def test_golden_documents_are_selected_by_rule(affected):
    assert affected.golden_names([RULE, EINSUM]) == ["softmax-over-one"]
    assert affected.golden_names(["tests/cases/err/head/softmax-over-one/model.toml"]) == ["softmax-over-one"]


def test_named_paths_exist(affected):
    for places in (affected.REGISTRIES, *affected.REGISTRIES.values(), affected.NEW_PLACES):
        assert [place for place in places if not (ROOT / place).exists()] == []


def test_a_new_module_needs_a_line_in_the_changelog(affected):
    expected = [f"{FORMAT} is new, and CHANGELOG.md has no line about it"]
    assert list(affected.forgotten([FORMAT], [FORMAT])) == expected
    assert list(affected.forgotten([FORMAT, "CHANGELOG.md"], [FORMAT])) == []
    assert list(affected.forgotten([FORMAT], [])) == []


def test_a_new_rule_needs_a_test_of_its_boundaries(affected):
    changed = [RULE, "CHANGELOG.md"]
    lines = list(affected.forgotten(changed, [RULE]))
    assert lines == ["no test of softmax-over-one in tests/core/linter/rules/ or tests/core/differential/"]
    assert list(affected.forgotten([*changed, "tests/core/linter/rules/test_head.py"], [RULE])) == []


def run_tests(path, seconds):
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        str(ROOT / "scripts/check-change"),
        "--tests",
        seconds,
        str(path),
        "--rootdir",
        str(path.parent),
    ]
    return subprocess.run(command, cwd=path.parent, env=env, capture_output=True, text=True)


def test_failed_tests_fail_the_change_and_tests_without_time_are_named(tmp_path):
    test = tmp_path / "test_example.py"
    test.write_text("def test_a(): assert False\ndef test_b(): pass\n", encoding="utf-8")
    failed = run_tests(test, "20")
    assert failed.returncode == 1 and "1 failed, 1 passed" in failed.stdout
    test.write_text("def test_a(): pass\ndef test_b(): assert False\n", encoding="utf-8")
    stopped = run_tests(test, "-1")
    assert stopped.returncode == 0 and stopped.stdout == f"left out: {test}\n"


def test_an_unknown_revision_is_an_error():
    command = [sys.executable, "scripts/check-change", "no-such-revision"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1 and "no-such-revision" in result.stderr
