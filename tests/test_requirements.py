"""Skipped tests are counted in one line, with the command that installs what they miss."""

import pytest

from tests import requirements

pytestmark = pytest.mark.slow

TESTS = """
import pytest
from tests.requirements import tool

@pytest.mark.parametrize("at", range(3))
def test_it(at):
    tool("no-such-program")

def test_elsewhere():
    pytest.skip("not on this machine")

def test_passes():
    assert True
"""


@pytest.mark.parametrize("more", [(), ("-n", "1")])
def test_the_line(pytester, monkeypatch, more):
    monkeypatch.delenv("SEQSPEC_REQUIRE_TOOLS", raising=False)
    pytester.makeconftest("from tests.conftest import pytest_runtest_makereport, pytest_terminal_summary")
    pytester.makepyfile(TESTS)
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", *more)
    done.assert_outcomes(passed=1, skipped=4)
    done.stdout.fnmatch_lines(
        ["4 skipped (missing no-such-program: run scripts/ci-tools; 1 for other reasons: -rs lists them)"]
    )


def test_where_tools_are_required_a_test_fails(pytester, monkeypatch):
    monkeypatch.setenv("SEQSPEC_REQUIRE_TOOLS", "1")
    pytester.makepyfile(TESTS)
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=1, skipped=1, failed=3)


def test_without_skipped_tests_there_is_no_line():
    assert requirements.summary([]) is None
