"""Checks many specs in one run: reports in input order, lazily, in one process or several."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from seqspec.core.check.check import CheckSettings
from seqspec.core.check.task import CheckTask, failed_report
from seqspec.core.frontends.frontend import Source
from seqspec.core.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from seqspec.core.analysis.report import Report

MIN_PARALLEL_DOCUMENTS = 300
"""The number of documents from which worker processes are worth their startup time."""

SMALL = 10
"""The size of the first chunks per process, small so that the first reports come soon."""

CHUNK = 160
"""The size of later chunks per process, large enough to amortize the overhead per chunk."""

MAX_IN_FLIGHT = 2
"""The maximum number of pending chunks per process."""


class CheckError(RuntimeError):
    """A worker process ended before its specs were checked."""


def check_many(
    sources: Iterable[Source],
    *,
    jobs: int | None = None,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, object] | None = None,
    limits: Limits = LIMITS,
) -> Iterator[Report]:
    """Checks specs and yields a report for each, in input order, as soon as it is available.

    At most a few chunks of the iterable are read ahead, and nothing is kept. Worker processes need a main module that
    can be imported, as always with `multiprocessing`. Facts about layers are then computed on demand, from the document
    as it was read; a dict must not be modified before.

    Args:
        sources: As accepted by `check`: paths, dicts, specs.
        jobs: The number of processes; by default the first few hundred specs are checked in this process, and those
            after them by one process per CPU.
        vars: As in `check`.
        settings: As in `check`.
        policy: As in `check`.
        limits: As in `check`.

    Raises:
        CheckError: A worker process was killed. (An exception inside seqspec is a finding, `internal-error`.)
    """
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
        raise ValueError(f"jobs must be a positive integer or None, got {jobs!r}")
    settings, options = tuple(settings), CheckSettings(policy, limits)
    return check_tasks((CheckTask(source, options, settings, vars) for source in sources), jobs)


def check_tasks(tasks: Iterable[CheckTask], jobs: int | None = None) -> Iterator[Report]:
    """The reports of tasks, in order; see `check_many`."""
    rest = iter(tasks)
    if jobs is None:
        yield from map(_here, islice(rest, MIN_PARALLEL_DOCUMENTS))
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
    """The number of CPUs available to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def _here(task: CheckTask) -> Report:
    try:
        return task.report()
    except Exception as error:
        # An internal error must not hide the other reports.
        return failed_report(task.source, error)


def failure(source: Source, why: str) -> CheckError:
    """The error for a document on which seqspec itself fails."""
    name = os.fsdecode(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "file", None)
    return CheckError(f"{name or '<dict>'}: internal error: {why}")


class _ChunkReader:
    """Reads chunks of an iterable; an exception is kept until earlier chunks are processed."""

    def __init__(self, first: CheckTask, rest: Iterator[CheckTask]) -> None:
        self.error: Exception | None = None
        self._first = [first]
        self._rest = rest
        self._size = SMALL

    def chunk(self) -> list[CheckTask]:
        """The next tasks; empty at the end."""
        chunk, self._first = self._first, []
        size, self._size = self._size, min(2 * self._size, CHUNK)
        try:
            while self.error is None and len(chunk) < size:
                chunk.append(next(self._rest))
        except StopIteration:
            pass
        except Exception as error:
            # An internal error must not hide the other reports.
            self.error = error
        return chunk


def _by_processes(first: CheckTask, rest: Iterator[CheckTask], jobs: int) -> Iterator[Report]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    from seqspec.core.check.worker import prepare

    context = multiprocessing.get_context(_start_method())
    stop = context.Event()
    reader = _ChunkReader(first, rest)
    pool = ProcessPoolExecutor(jobs, context, initializer=prepare, initargs=(stop,))
    waiting: deque[tuple[list[CheckTask], Future[bytes] | None]] = deque()
    try:
        while True:
            while len(waiting) < jobs * MAX_IN_FLIGHT and (chunk := reader.chunk()):
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
    """The start method: the one chosen by the program, otherwise fork only if this process has a single thread."""
    import multiprocessing

    chosen = multiprocessing.get_start_method(allow_none=True)
    methods = multiprocessing.get_all_start_methods()
    if chosen not in (None, "fork"):
        return chosen
    if sys.platform == "linux" and _single_threaded():
        return "fork"
    return "forkserver" if sys.platform == "linux" and "forkserver" in methods else "spawn"


def _single_threaded() -> bool:
    """Whether there is no other thread, including those of libraries; a thread that just ended gets time to exit."""
    import threading
    import time

    for _ in range(20):
        if len(os.listdir("/proc/self/task")) == 1:
            return True
        if threading.active_count() > 1:
            return False
        time.sleep(0.001)
    return False


def _send(pool: ProcessPoolExecutor, chunk: list[CheckTask]) -> Future[bytes] | None:
    """Sends a chunk to a worker process; None if it cannot be pickled."""
    import pickle
    from concurrent.futures.process import BrokenProcessPool

    from seqspec.core.check.worker import check_chunk

    try:
        data = pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL)
    except Exception:
        # An internal error must not hide the other reports.
        return None
    try:
        with _no_interrupt():
            return pool.submit(check_chunk, data)
    except BrokenProcessPool as error:
        raise _broken(chunk) from error


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Blocks SIGINT in processes started meanwhile, since the main process handles it."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _received(chunk: list[CheckTask], future: Future[bytes] | None) -> Iterator[Report]:
    if future is None:
        yield from map(_here, chunk)
        return
    import pickle
    from concurrent.futures.process import BrokenProcessPool

    from seqspec.core.check.worker import RemoteReport

    try:
        results = pickle.loads(future.result())
    except BrokenProcessPool as error:
        raise _broken(chunk) from error
    for task, result in zip(chunk, results):
        yield RemoteReport(task, result)


def _broken(chunk: list[CheckTask]) -> CheckError:
    first = failure(chunk[0].source, "a worker process terminated unexpectedly")
    return CheckError(
        f"{first} (killed, out of memory, or a main module that cannot be imported; jobs=1 uses no worker processes)"
    )
