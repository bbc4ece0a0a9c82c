"""Skipped tests are counted in one line, with the command that installs what they miss."""

import re
import tomllib
from types import SimpleNamespace

import pytest

from tests import ROOT, requirements

TESTS = """
import pytest
from tests.requirements import optional_module

@pytest.mark.needs("no such program")
@pytest.mark.parametrize("at", range(3))
def test_needs():
    assert False

def test_skips():
    pytest.skip("not on this machine")

def test_passes():
    assert True
"""
CONFTEST = """
import pytest
from tests import requirements
from tests.conftest import pytest_make_collect_report, pytest_runtest_makereport, pytest_terminal_summary

requirements.NEEDS["no such program"] = requirements.Need(lambda: False, requirements.TOOLS)
requirements.NEEDS["no_such_package"] = requirements.Need(lambda: False, requirements.DEV)

def pytest_configure(config):
    config.addinivalue_line("markers", "needs: what the test needs")

def pytest_runtest_setup(item):
    requirements.require(*requirements.of_test(item))
"""


@pytest.fixture
def project(pytester):
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS.replace("def test_needs()", "def test_needs(at)"))
    return pytester


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("-n", "1")])
def test_skipped_tests_are_summed_up_in_one_line(project, monkeypatch, more):
    monkeypatch.delenv("SEQSPEC_REQUIRE_TOOLS", raising=False)
    done = project.runpytest_subprocess("-p", "no:cacheprovider", *more)
    done.assert_outcomes(passed=1, skipped=4)
    done.stdout.fnmatch_lines(
        ["4 skipped (missing no such program: run scripts/ci-tools; 1 for other reasons: -rs lists them)"]
    )


@pytest.mark.slow
def test_skipped_tests_fail_where_tools_are_required(project, monkeypatch):
    monkeypatch.setenv("SEQSPEC_REQUIRE_TOOLS", "1")
    project.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1, failed=1, errors=3)


@pytest.mark.slow
@pytest.mark.parametrize(("required", "outcome"), [("", {"skipped": 1}), ("1", {"errors": 1})])
def test_modules_that_need_a_missing_package_are_skipped(project, monkeypatch, required, outcome):
    monkeypatch.setenv("SEQSPEC_REQUIRE_TOOLS", required)
    project.makepyfile(
        test_module='from tests.requirements import optional_module\nmodule = optional_module("no_such_package.of")\n'
    )
    done = project.runpytest_subprocess("-p", "no:cacheprovider", "test_module.py")
    done.assert_outcomes(**outcome)


def test_unknown_needs_are_usage_errors():
    item = SimpleNamespace(nodeid="test_a", iter_markers=lambda name: [SimpleNamespace(args=("keras", "nothing"))])
    with pytest.raises(pytest.UsageError, match="test_a needs nothing: add a row"):
        requirements.of_test(item)


def test_summary_of_no_skipped_tests_is_none():
    assert requirements.summary([]) is None


def test_fast_tests_need_eleven_packages_beside_tensorflow():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert len(extras["test"]) <= 11
    commands = re.findall(r"^python3 .*pytest.*$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert len(commands) == 1 and f"{requirements.TEST} " in commands[0].replace("install -q", "install")
    assert commands[0].endswith('-m "not slow"')
