"""Forked workers, with jobs that train nothing: what ends, and what goes on, when a process dies."""

import os
import signal
import sys
import time
from typing import NamedTuple

import pytest

from seqspec.training.errors import DataError, RunError, Stopped
from seqspec.training.events import ignore
from seqspec.training.search.jobs import DataFacts
from tests.training.search.fakes import DIGESTS

pytestmark = [
    pytest.mark.needs("optuna"),
    pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only"),
]
FACTS = DataFacts({"train": (9, 4)}, DIGESTS)


class Data:
    def facts(self):
        return FACTS


class Job(NamedTuple):
    """Trains epochs, and then does what its name says; `path` gets the number of its process."""

    what: str = "return"
    epochs: int = 0
    path: str = ""

    def run(self, data, on_epoch):
        if self.path:
            with open(self.path, "w") as file:
                file.write(f"{os.getpid()} {os.getppid()}")
        for epoch in range(1, self.epochs + 1):
            reason = on_epoch(epoch, {"loss": float(epoch)})
            if reason is not None:
                raise Stopped(reason)
        if self.what == "raise":
            raise ZeroDivisionError("no reason")
        if self.what == "memory":
            raise MemoryError("too large")
        if self.what == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.what == "wait":
            time.sleep(60)
        return f"{self.what}: {os.environ.get('CUDA_VISIBLE_DEVICES')}"


@pytest.fixture
def server(monkeypatch):
    from seqspec.training.search import fork_server

    opened = []

    def start(count=1, read=lambda plan, report: Data(), report=ignore, imports=lambda plan: None, **options):
        monkeypatch.setattr(fork_server, "read_search_data", read)
        monkeypatch.setattr(fork_server, "import_trainer", imports)
        opened.append(fork_server.ForkServer(None, count, report, **options))
        return opened[-1]

    yield start
    for each in opened:
        each.stop()


def all_of(server, decide=lambda *_: None):
    found = {}
    while server.busy:
        found.update({each.key: each for each in server.ended(decide)})
    return found


def pids(path):
    for _ in range(500):
        if path.exists() and len(numbers := path.read_text().split()) == 2:
            return [*map(int, numbers)]
        time.sleep(0.01)
    raise AssertionError("the job did not start")


def is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return open(f"/proc/{process}/stat").read().rpartition(")")[2].split()[0] != "Z"


def test_jobs_return_raise_and_are_asked_after_each_epoch(server):
    workers, asked = server(2), []

    def decide(key, epoch, logs):
        asked.append((key, epoch, logs["loss"]))
        return "pruned" if key == 3 and epoch == 2 else None

    for key, job in enumerate([Job("a", 2), Job("raise")], 1):
        workers.start(key, job)
    assert workers.free == 0
    found = all_of(workers, decide)
    assert found[1].result == "a: " + str(os.environ.get("CUDA_VISIBLE_DEVICES"))
    assert found[2].error == "ZeroDivisionError: no reason"
    workers.start(3, Job("b", 5))
    workers.start(4, Job("memory"))
    found = all_of(workers, decide)
    assert found[3].stopped and found[3].result is None
    assert found[4].error == "out of memory: too large"
    assert asked == [(1, 1, 1.0), (1, 2, 2.0), (3, 1, 1.0), (3, 2, 2.0)]


def test_a_worker_that_dies_ends_its_job_only(server):
    workers = server(2)
    workers.start(1, Job("die", 1))
    workers.start(2, Job("b"))
    found = all_of(workers)
    assert found[1].killed == signal.SIGKILL and found[2].killed is None
    workers.start(1, Job("c"))
    assert all_of(workers)[1].error is None


def test_another_server_takes_the_place_of_one_that_dies(server, tmp_path):
    workers = server(1)
    workers.start(1, Job("wait", path=str(tmp_path / "pid")))
    worker, of_server = pids(tmp_path / "pid")
    os.kill(of_server, signal.SIGKILL)
    assert all_of(workers)[1].killed == signal.SIGKILL
    for _ in range(500):
        if not is_alive(worker):
            break
        time.sleep(0.01)
    assert not is_alive(worker)
    workers.start(1, Job("again"))
    assert all_of(workers)[1].result.startswith("again")


def test_no_process_is_left_when_it_stops(server, tmp_path):
    workers = server(1)
    workers.start(1, Job("wait", path=str(tmp_path / "pid")))
    worker, of_server = pids(tmp_path / "pid")
    workers.stop()
    assert not is_alive(worker) and not is_alive(of_server)
    assert not workers.busy


def test_a_server_that_imports_keras_is_not_waited_for(server, tmp_path):
    workers = server(1, imports=lambda plan: time.sleep(60))
    workers.start(1, Job(path=str(tmp_path / "pid")))
    begun = time.monotonic()
    workers.stop()
    assert time.monotonic() - begun < 10
    assert not (tmp_path / "pid").exists()


def test_errors_of_the_data_are_those_of_the_caller(server):
    from seqspec.core.diagnostics.violation import Violation

    def read(plan, report):
        raise DataError([Violation("data-split", "no samples are left", path=("data", "split"))])

    with pytest.raises(DataError, match="no samples are left") as raised:
        server(1, read)
    assert raised.value.violations[0].path == ("data", "split")

    def die(plan, report):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(RunError, match="ended with status -9"):
        server(1, die)


def test_workers_share_devices(server, monkeypatch):
    from seqspec.training.search.fork_server import devices_of

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
    assert devices_of(3, 2) == ["2", "2", "5"]
    with pytest.raises(
        RunError, match=r"^5 workers with 2 on each GPU need 3 GPUs; this machine has 2: --workers 4, or"
    ):
        server(5, per_device=2)
    workers = server(2, per_device=1)
    workers.start(1, Job())
    workers.start(2, Job())
    found = all_of(workers)
    assert [found[key].result for key in (1, 2)] == ["return: 2", "return: 5"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert devices_of(2, 1) == [None, None]
    warnings = []
    server(1, per_device=1, report=lambda event: warnings.append(event.message))
    assert warnings == ["--per-device has no effect: this machine has no GPU of NVIDIA"]


def test_a_function_in_a_process_of_its_own_returns_or_raises(tmp_path):
    from seqspec.training.search.fork_server import run_in_fork

    pid = tmp_path / "pid"
    run_in_fork("writes", lambda: pid.write_text(str(os.getpid())))
    assert int(pid.read_text()) != os.getpid() and not is_alive(int(pid.read_text()))
    with pytest.raises(FileNotFoundError, match="missing"):
        run_in_fork("reads", (tmp_path / "missing").read_text)
    with pytest.raises(RunError, match="the process that waits ended with status -9"):
        run_in_fork("waits", lambda: os.kill(os.getpid(), signal.SIGKILL))


def test_a_worker_that_is_stopped_before_it_has_its_handler_ends(server, tmp_path, monkeypatch):
    from seqspec.training.search import fork_server

    work = fork_server._work

    def slow(*arguments):
        (tmp_path / "forked").touch()
        time.sleep(0.5)
        work(*arguments)

    monkeypatch.setattr(fork_server, "_work", slow)
    opened = server()
    opened._ready = True
    opened.start(1, Job("wait"))
    while not (tmp_path / "forked").exists():
        time.sleep(0.01)
    begun = time.monotonic()
    opened.stop()
    assert time.monotonic() - begun < 10
