"""What some tests require: programs, without which they are skipped and counted, or a process that is not measured."""

import os
import shutil
import sys
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

import pytest

INSTALL = "scripts/ci-tools"
"""The command that installs them all."""
_PROPERTY = "missing"


class Missing(pytest.skip.Exception):
    """Skips a test for what is not installed."""

    def __init__(self, what, install=INSTALL):
        super().__init__(f"needs {what}: {install}")
        self.what, self.install = what, install


def missing(what, install=INSTALL):
    """Skips the test; with SEQSPEC_REQUIRE_TOOLS=1 it fails."""
    if os.environ.get("SEQSPEC_REQUIRE_TOOLS"):
        pytest.fail(f"needs {what}: {install}")
    raise Missing(what, install)


def tool(name):
    """The path of a program: beside this Python, or on the PATH."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    return found or missing(name)


def package(name):
    """Skips the test where a package of the extra [dev] is not installed."""
    if find_spec(name) is None:
        missing(name, "pip install -e '.[dev,tensorflow]'")


def unmeasured():
    """The environment for a process that coverage must not enter: for tests of what is imported, written or opened."""
    return {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}


def note(report, exception):
    """Keeps in a report what its test misses, so that it reaches the process that prints the summary."""
    if isinstance(exception, Missing):
        report.user_properties.append((_PROPERTY, [exception.what, exception.install]))


def summary(reports):
    """One line on the skipped tests: how many for what, and the commands that install it. None without any."""
    if not reports:
        return None
    needs, counted = defaultdict(set), 0
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == _PROPERTY:
                needs[value[1]].add(value[0])
                counted += 1
    parts = [f"missing {', '.join(sorted(what))}: run {command}" for command, what in sorted(needs.items())]
    if counted < len(reports):
        parts.append(f"{len(reports) - counted} for other reasons: -rs lists them")
    return f"{len(reports)} skipped ({'; '.join(parts)})"
