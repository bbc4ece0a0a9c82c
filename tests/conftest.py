"""Hypothesis profiles, the option that writes golden outputs, slow tests, and the summary of those that are skipped."""

import gc
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests import requirements

pytest_plugins = ["pytester"]
SLOW = (
    "differential", "editors", "integration", "playground", "cli/test_build.py",
    "training/test_loggers.py", "training/test_programs.py", "training/test_resume.py", "training/test_stages.py",
    "training/test_train.py",
)  # fmt: skip
"""Tests that import Keras or drive other programs, marked as slow; single tests and files mark themselves."""
_SLOW = tuple(Path(__file__).parent / name for name in SLOW)

_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    "database": DirectoryBasedExampleDatabase(Path(tempfile.gettempdir()) / "seqspec-hypothesis"),
}
settings.register_profile("dev", max_examples=60, **_COMMON)
# A failure is told as it was found: making it smaller may take longer than all other tests.
_FOUND = [Phase.explicit, Phase.generate]
settings.register_profile("ci", max_examples=100, derandomize=True, phases=_FOUND, **{**_COMMON, "database": None})
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_addoption(parser):
    parser.addoption("--write-golden", action="store_true", help="write the expected outputs of tests/cases anew")


def pytest_collection_finish(session):
    # Looking again and again through what Keras keeps as long as the tests run would be a tenth of their time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _is_slow(path):
    return any(slow == path or slow in path.parents for slow in _SLOW)


def pytest_configure(config):
    gone = [name for name, path in zip(SLOW, _SLOW, strict=True) if not path.exists()]
    if gone:
        raise pytest.UsageError(f"tests/conftest.py names slow tests that do not exist: {', '.join(gone)}")


def pytest_ignore_collect(collection_path, config):
    # Without slow tests, not even their modules are imported: importing Keras takes longer than most test files.
    return True if config.option.markexpr == "not slow" and _is_slow(collection_path) else None


def pytest_collection_modifyitems(items):
    for item in items:
        if _is_slow(item.path):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.excinfo is not None:
        requirements.note(report, call.excinfo.value)
    return report


def pytest_terminal_summary(terminalreporter):
    line = requirements.summary(terminalreporter.stats.get("skipped"))
    if line:
        terminalreporter.write_line(line)
