"""Processes that train trials: forked from the coordinator, which has imported Keras and never runs an operation."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import NamedTuple

from seqspec.core.diagnostics.errors import BuildError, SpecError
from seqspec.training.errors import ExitStatus, Interrupted, RunError
from seqspec.training.search.trial_run import OnEpoch

_PR_SET_PDEATHSIG = 1

Work = Callable[[OnEpoch], object]
"""What a worker does; the result must be picklable."""
Decide = Callable[[int, int, Mapping[str, float]], bool]
"""Receives a key, an epoch and its logs; returns whether the work ends."""


class Ended(NamedTuple):
    """The end of a piece of work: its result, or why it failed; `killed` is the signal that ended its process."""

    key: int
    result: object = None
    error: str | None = None
    stopped: bool = False
    killed: int | None = None


def can_fork() -> bool:
    """Whether work can be done in forked processes: on Linux, where this one has not used Keras before."""
    return sys.platform == "linux" and "keras" not in sys.modules


class Workers:
    """At most `count` processes.

    Args:
        count: How many work at a time.
        forks: Whether they are forked; else this process does the work.
        decide: Called in this process after each epoch.
    """

    def __init__(self, count: int, forks: bool, decide: Decide) -> None:
        self._forks = forks
        self._count = count if forks else 1
        self._decide = decide
        self._running: dict[int, tuple[ForkProcess, Connection]] = {}
        self._waiting: list[tuple[int, Work]] = []

    @property
    def free(self) -> int:
        """How many more can start."""
        return self._count - len(self._running) - len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether any is at work."""
        return bool(self._running or self._waiting)

    def start(self, key: int, work: Work) -> None:
        """Starts a piece of work."""
        if not self._forks:
            self._waiting.append((key, work))
            return
        own, other = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(
            target=_child, args=(work, other, os.getpid()), daemon=True
        )  # fmt: skip
        with warnings.catch_warnings():
            # Threads of the backend are idle: no operation runs in this process.
            warnings.simplefilter("ignore")
            process.start()
        other.close()
        self._running[key] = (process, own)

    def ended(self) -> Iterator[Ended]:
        """Waits until some work ends."""
        for key, work in self._waiting:
            yield _in_this_process(key, work, self._decide)
        self._waiting.clear()
        found: list[Ended] = []
        while self._running and not found:
            keys = {connection: key for key, (_, connection) in self._running.items()}
            for ready in wait(list(keys)):
                assert isinstance(ready, Connection)
                found += self._received(keys[ready], ready)
        yield from found

    def _received(self, key: int, connection: Connection) -> list[Ended]:
        try:
            message = connection.recv()
        except (EOFError, OSError):
            process = self._running.pop(key)[0]
            process.join()
            code = process.exitcode or 0
            number = -code if code < 0 else None
            return [Ended(key, error=f"the worker ended with status {code}", killed=number)]
        if isinstance(message, Ended):
            self._running.pop(key)[0].join()
            return [message._replace(key=key)]
        epoch, logs = message
        connection.send(self._decide(key, epoch, logs))
        return []

    def stop(self) -> None:
        """Interrupts all work, and waits until checkpoints are written."""
        self._waiting.clear()
        for process, connection in self._running.values():
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, signal.SIGTERM)
            connection.close()
        for process, _ in self._running.values():
            process.join()
        self._running.clear()


def _in_this_process(key: int, work: Work, decide: Decide) -> Ended:
    stopped = False

    def on_epoch(epoch: int, logs: Mapping[str, float]) -> bool:
        nonlocal stopped
        stopped = decide(key, epoch, logs)
        return stopped

    try:
        return Ended(key, work(on_epoch))
    except Interrupted:
        if not stopped:
            raise KeyboardInterrupt
        return Ended(key, stopped=True)
    except (RunError, BuildError, SpecError, MemoryError) as error:
        return Ended(key, error=f"{error}" or type(error).__name__)


def _child(work: Work, connection: Connection, parent: int) -> None:
    """The body of a worker."""
    # A Ctrl-C of the terminal reaches the coordinator, which ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupt)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    # Workers share the memory of a GPU.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

    def ask(key: int, epoch: int, logs: Mapping[str, float]) -> bool:
        try:
            connection.send((epoch, dict(logs)))
            return bool(connection.recv())
        except (OSError, EOFError):
            raise KeyboardInterrupt

    try:
        connection.send(_in_this_process(0, work, ask))
    except (KeyboardInterrupt, OSError):
        os._exit(ExitStatus.INTERRUPTED)
    except Exception as error:
        # Keras may raise any exception while it builds a model: the trial fails, and the search goes on.
        connection.send(Ended(0, error=f"{type(error).__name__}: {error}"[:2000]))


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
