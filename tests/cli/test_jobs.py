"""`seqspec check --jobs`: the same output as of one process, progress on a terminal, and a clean end on Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqspec.core.output.base import FORMATS
from tests import ROOT
from tests.terminal import Terminal

pytestmark = pytest.mark.slow

ENV = {**os.environ, "PYTHONPATH": str(ROOT)}
SEQSPEC = [sys.executable, "-m", "seqspec"]


def run(*arguments, cwd):
    return subprocess.run([*SEQSPEC, *arguments], cwd=cwd, env=ENV, capture_output=True, text=True, timeout=300)


def fill(folder, count, layers):
    for number in range(count):
        units = number % 7 or "none"
        entries = [{"type": "Dense", "units": 4}] * (layers - 1) + [{"type": "Dense", "units": units}]
        document = {"seqspec": 1, "model": {"input": [4], "layers": entries}}
        (folder / f"{number:05}.seqspec.json").write_text(json.dumps(document, indent=1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("few")
    fill(made, 150, 3)
    (made / "syntax.seqspec.toml").write_text("seqspec = = 1\n")
    (made / "extends.seqspec.toml").write_text('seqspec = 1\nextends = "00000.seqspec.json"\n')
    return made


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    made = tmp_path_factory.mktemp("many")
    fill(made, 3000, 150)
    return made


@pytest.mark.sampled(3)
@pytest.mark.parametrize("format", FORMATS)
def test_two_jobs_print_what_one_prints(folder, format):
    one, two = (run("check", "--jobs", jobs, "--format", format, cwd=folder) for jobs in "12")
    assert one.returncode == two.returncode == 1
    assert one.stdout == two.stdout and one.stdout
    assert one.stderr == two.stderr == ""


@pytest.mark.parametrize("jobs", ["0", "-1", "two"])
def test_wrong_jobs(folder, jobs):
    done = run("check", "--jobs", jobs, cwd=folder)
    assert done.returncode == 2 and "--jobs" in done.stderr and "Traceback" not in done.stderr


def children(pid):
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("whole_group", [True, False])
def test_interrupt(many, jobs, whole_group):
    process = subprocess.Popen(
        [*SEQSPEC, "check", "--jobs", jobs, "--format", "jsonl"],
        cwd=many,
        env=ENV,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests that run in the background inherit that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout.readline().startswith("{")
    workers = children(process.pid)
    assert len(workers) == (0 if jobs == "1" else 2)
    if whole_group:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert errors == "seqspec: interrupted\n"
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_workers_do_not_outlive_a_killed_run(many):
    process = subprocess.Popen(
        [*SEQSPEC, "check", "--jobs", "2", "--format", "jsonl"],
        cwd=many,
        env=ENV,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    process.stdout.readline()
    workers = children(process.pid)
    process.kill()
    process.communicate(timeout=120)

    def runs(worker):
        try:
            return Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    end = time.monotonic() + 60
    while any(map(runs, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert workers and not any(map(runs, workers))


def test_progress_on_a_terminal(many):
    with Terminal(
        [*SEQSPEC, "check", "--jobs", "1", "--format", "jsonl", "-o", os.devnull], many, PYTHONPATH=str(ROOT)
    ) as terminal:
        terminal.until(" of 3,000 files")
        assert terminal.interrupt(signal.SIGINT) == 130


@pytest.mark.parametrize("patience", [0, 1_000_000])
def test_progress_is_not_shown_for_short_runs(folder, patience):
    """However long this machine takes for the run."""
    code = f"from seqspec.cli import main, output\noutput._PATIENCE = {patience}\nmain.main()"
    with Terminal([sys.executable, "-c", code, "check", "--quiet"], folder, PYTHONPATH=str(ROOT)) as terminal:
        assert (" of 152 files" in terminal.until("syntax.seqspec.toml:1")) == (patience == 0)
