"""Runs of seqspec whose time and memory the system limits."""

import resource
import subprocess
import sys
from typing import NamedTuple

import pytest

from tests import ROOT
from tests.requirements import unmeasured

SECONDS = 10
"""Processor time after which a run is ended: what grows without bounds takes minutes, also on a fast machine."""

MEMORY = 500 << 20
"""Memory that may be resident, with the interpreter: the promise for documents below the default limits."""


class Outcome(NamedTuple):
    """What a run printed, how it ended, and what it took."""

    status: int
    out: str
    err: str
    seconds: float
    memory: int


@pytest.fixture
def limited(tmp_path):
    """Runs a command in an empty folder under limits of time and memory."""

    def run(*arguments, cwd=None, stdin=b"", limit=SECONDS, env=None):
        # The memory that a child used is only told per process, so one more process measures.
        code = (
            "import resource, subprocess, sys\n"
            f"limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, ({limit}, {limit}))\n"
            "run = subprocess.run(sys.argv[1:], preexec_fn=limit)\n"
            "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
            "print(f'\\n{used.ru_utime + used.ru_stime} {used.ru_maxrss} {run.returncode}', file=sys.stderr)\n"
        )
        command = [sys.executable, "-c", code, sys.executable, "-m", "seqspec", *arguments]
        # A measurement of coverage would double the time.
        environment = {**unmeasured(), "PYTHONPATH": str(ROOT), **(env or {})}
        environment.pop("SEQSPEC_TRACEBACK", None)
        done = subprocess.run(command, cwd=cwd or tmp_path, input=stdin, capture_output=True, env=environment)
        err, _, last = done.stderr.decode(errors="replace").rstrip("\n").rpartition("\n")
        seconds, memory, status = last.split()
        return Outcome(int(status), done.stdout.decode(errors="replace"), err, float(seconds), int(memory) << 10)

    return run


@pytest.fixture
def write(tmp_path):
    """Writes a file and gives its name."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    return write


@pytest.fixture(autouse=True)
def _no_core_dumps():
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)
