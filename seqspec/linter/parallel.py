"""Thousands of documents in one run: reports in order, lazily, by one process or by several."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from seqspec.analysis.analyze import Source
from seqspec.linter.task import Task, failed_report
from seqspec.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from seqspec.analysis.report import Report

FEW = 300
"""So many documents are checked before a second process would have started."""

SMALL = 10
"""Documents that go to a process at first, so that the first reports come soon."""

CHUNK = 160
"""Documents that go to a process at a time later on: what a chunk costs by itself is then small."""

AHEAD = 2
"""Chunks for each process that are on their way at most."""


class CheckError(RuntimeError):
    """A worker process ended before its documents were checked."""


def check_many(
    sources: Iterable[Source],
    *,
    jobs: int | None = None,
    vars: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, Any] | None = None,
    limits: Limits = LIMITS,
) -> Iterator[Report]:
    """Checks documents one after another; gives the report of each, in their order, as soon as it is known.

    At most a few chunks of the iterable are read ahead, and nothing is kept. Several processes need a main module that
    can be imported, as everywhere in `multiprocessing`. The facts of the layers are then worked out when they are asked
    for, from a document as it was read; a dict is not to be changed before.

    Args:
        sources: What `check` takes: paths, dicts, specs.
        jobs: The number of processes; by default the first few hundred documents are checked by this one, and those
            that follow by as many as there are processors.
        vars: As in `check`, as are the others.

    Raises:
        CheckError: A worker process was killed. (An exception inside seqspec is a finding, `internal-error`.)
    """
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
        raise ValueError(f"jobs is a whole number from 1 on, or None, not {jobs!r}")
    settings = tuple(settings)
    return check_tasks((Task(source, vars, settings, policy, limits) for source in sources), jobs)


def check_tasks(tasks: Iterable[Task], jobs: int | None = None) -> Iterator[Report]:
    """The reports of tasks, in their order; see `check_many`."""
    rest = iter(tasks)
    if jobs is None:
        yield from map(_here, islice(rest, FEW))
        jobs = processors()
    if jobs == 1:
        yield from map(_here, rest)
        return
    try:
        first = next(rest)
    except StopIteration:
        return
    yield from _by_processes(first, rest, jobs)


def processors() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def _here(task: Task) -> Report:
    try:
        return task.report()
    except Exception as error:
        return failed_report(task.source, error)


def failure(source: Source, why: str) -> CheckError:
    """The error for a document on which seqspec itself fails."""
    name = os.fsdecode(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "file", None)
    return CheckError(f"{name or 'a document given as a dict'}: seqspec itself failed: {why}")


class _Reader:
    """Chunks of an iterable; what it raises is kept until the chunks before it have been dealt with."""

    def __init__(self, first: Task, rest: Iterator[Task]) -> None:
        self.error: Exception | None = None
        self._first = [first]
        self._rest = rest
        self._size = SMALL

    def chunk(self) -> list[Task]:
        """The next tasks; none at the end."""
        found, self._first = self._first, []
        size, self._size = self._size, min(2 * self._size, CHUNK)
        try:
            while self.error is None and len(found) < size:
                found.append(next(self._rest))
        except StopIteration:
            pass
        except Exception as error:
            self.error = error
        return found


def _by_processes(first: Task, rest: Iterator[Task], jobs: int) -> Iterator[Report]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    from seqspec.linter.worker import prepare

    context = multiprocessing.get_context(_start_method())
    stop = context.Event()
    reader = _Reader(first, rest)
    pool = ProcessPoolExecutor(jobs, context, initializer=prepare, initargs=(stop,))
    waiting: deque[tuple[list[Task], Future[bytes] | None]] = deque()
    try:
        while True:
            while len(waiting) < jobs * AHEAD and (chunk := reader.chunk()):
                waiting.append((chunk, _send(pool, chunk)))
            if not waiting:
                break
            yield from _received(*waiting.popleft())
        if reader.error is not None:
            raise reader.error
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _start_method() -> str:
    """How processes start: as the program wants it, and by a copy of this one only where it runs a single thread."""
    import multiprocessing

    chosen = multiprocessing.get_start_method(allow_none=True)
    known = multiprocessing.get_all_start_methods()
    if chosen not in (None, "fork"):
        return chosen
    if sys.platform == "linux" and _single_threaded():
        return "fork"
    return "forkserver" if sys.platform == "linux" and "forkserver" in known else "spawn"


def _single_threaded() -> bool:
    """Whether no other thread runs, those of libraries too; one that has just ended has time to go."""
    import threading
    import time

    for _ in range(20):
        if len(os.listdir("/proc/self/task")) == 1:
            return True
        if threading.active_count() > 1:
            return False
        time.sleep(0.001)
    return False


def _send(pool: ProcessPoolExecutor, chunk: list[Task]) -> Future[bytes] | None:
    """Hands a chunk to a process; None where it holds something that cannot travel."""
    import pickle
    from concurrent.futures.process import BrokenProcessPool

    from seqspec.linter.worker import check_chunk

    try:
        data = pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL)
    except Exception:
        return None
    try:
        with _no_interrupt():
            return pool.submit(check_chunk, data)
    except BrokenProcessPool as error:
        raise _broken(chunk) from error


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Keeps Ctrl-C from processes that start meanwhile: it is for the one that they work for."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _received(chunk: list[Task], future: Future[bytes] | None) -> Iterator[Report]:
    if future is None:
        yield from map(_here, chunk)
        return
    import pickle
    from concurrent.futures.process import BrokenProcessPool

    from seqspec.linter.worker import RemoteReport

    try:
        results = pickle.loads(future.result())
    except BrokenProcessPool as error:
        raise _broken(chunk) from error
    for task, result in zip(chunk, results):
        yield RemoteReport(task, result)


def _broken(chunk: list[Task]) -> CheckError:
    first = failure(chunk[0].source, "a worker process ended before its time")
    return CheckError(
        f"{first} (killed, out of memory, or a main module that cannot be imported; jobs=1 needs no processes)"
    )
