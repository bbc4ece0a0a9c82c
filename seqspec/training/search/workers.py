"""What trains trials: the interface of workers, and this process as the only one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from math import ceil
from typing import NamedTuple, Protocol

from seqspec.core.api.diagnostics import BuildError, SpecError
from seqspec.core.api.messages import counted
from seqspec.training.errors import Interrupted, RunError, Stopped, StopReason
from seqspec.training.events import EventHandler
from seqspec.training.execution.execute import import_backend
from seqspec.training.search.jobs import DataFacts, Job, SearchData, read_search_data
from seqspec.training.search.plan import SearchPlan

Decide = Callable[[int, int, Mapping[str, float]], StopReason | None]
"""Receives a key, an epoch and its logs; returns why the work ends; None where it goes on."""
_MOST_SHOWN = 2000


class JobEnd(NamedTuple):
    """The end of a job: its result, or why it failed; `killed` is the signal that ended its process."""

    key: int
    result: object = None
    error: str | None = None
    stopped: bool = False
    killed: int | None = None


class Workers(Protocol):
    """Processes that do jobs on the data of a search.

    Attributes:
        facts: What the coordinator knows about the data.
    """

    facts: DataFacts

    @property
    def free(self) -> int:
        """How many more jobs can start."""

    @property
    def busy(self) -> bool:
        """Whether any job has started and not ended."""

    def start(self, key: int, job: Job) -> None:
        """Starts a job."""

    def ended(self, decide: Decide) -> Iterator[JobEnd]:
        """Waits until a job ends; `decide` is called in this process after each epoch of any."""

    def stop(self) -> None:
        """Interrupts all jobs, waits until checkpoints are written, and ends the processes."""


def can_fork() -> bool:
    """Whether jobs can be done in forked processes: on Linux, where this one has not used Keras before."""
    return sys.platform == "linux" and "keras" not in sys.modules


def require_devices(workers: int, per_device: int, devices: int, where: str) -> None:
    """Raises `RunError` where workers need more GPUs than there are."""
    needed = ceil(workers / per_device)
    if needed > devices:
        raise RunError(
            f"{counted(workers, 'worker')} with {per_device} on each GPU need {counted(needed, 'GPU')}; {where} has "
            f"{devices}: --workers {devices * per_device}, or --per-device {ceil(workers / devices)}"
        )


def import_trainer(plan: SearchPlan) -> None:
    """Imports what a job needs, so that forked processes have it."""
    import_backend(plan.shared.spec)
    import_module("seqspec.training.fitting.trainer")
    import_module("seqspec.training.strategies.strategy")


class ThisProcess:
    """Implements `Workers` where processes cannot be forked: one job after the other."""

    def __init__(self, plan: SearchPlan, report: EventHandler) -> None:
        self._data = read_search_data(plan, report)
        self.facts = self._data.facts()
        import_trainer(plan)
        self._waiting: list[tuple[int, Job]] = []

    @property
    def free(self) -> int:
        """How many more jobs can start."""
        return 1 - len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether a job waits."""
        return bool(self._waiting)

    def start(self, key: int, job: Job) -> None:
        """Starts a job when `ended` is called."""
        self._waiting.append((key, job))

    def ended(self, decide: Decide) -> Iterator[JobEnd]:
        """Does the jobs."""
        waiting, self._waiting = self._waiting, []
        for key, job in waiting:
            yield do_job(self._data, key, job, decide)

    def stop(self) -> None:
        """Forgets the jobs that have not begun."""
        self._waiting.clear()


def do_job(data: SearchData, key: int, job: Job, decide: Decide) -> JobEnd:
    """Does a job in this process; raises `KeyboardInterrupt` or `Interrupted` after Ctrl-C or SIGTERM."""
    try:
        return JobEnd(key, job.run(data, partial(decide, key)))
    except Stopped:
        return JobEnd(key, stopped=True)
    except Interrupted:
        raise
    except (RunError, BuildError, SpecError) as error:
        return JobEnd(key, error=f"{error}" or type(error).__name__)
    except MemoryError as error:
        return JobEnd(key, error=f"{OUT_OF_MEMORY}: {error}".rstrip(": "))
    except Exception as error:
        # Keras may raise any exception while it builds a model: the trial fails, and the search goes on.
        return JobEnd(key, error=f"{type(error).__name__}: {error}"[:_MOST_SHOWN])


OUT_OF_MEMORY = "out of memory"
_MEMORY_WORDS = (OUT_OF_MEMORY, "ResourceExhausted", "RESOURCE_EXHAUSTED", "OOM when allocating")


def is_out_of_memory(error: str | None) -> bool:
    """Whether a trial failed for want of memory."""
    return error is not None and any(word in error for word in _MEMORY_WORDS)
