"""Where trials are trained: in this process, in forked ones, or on a Ray cluster."""

from __future__ import annotations

from importlib.util import find_spec
from numbers import Integral
from typing import NamedTuple

from seqspec.core.api.diagnostics import MissingPackageError, install_command
from seqspec.core.api.messages import quote_value
from seqspec.training.errors import RunError
from seqspec.training.events import EventHandler, WarningEvent
from seqspec.training.search.plan import SearchPlan
from seqspec.training.search.workers import ThisProcess, Workers, can_fork

ENGINES = ("local", "ray")


class SearchConcurrency(NamedTuple):
    """How many trials are trained at a time, how many of them share a GPU, and by which engine."""

    workers: int = 1
    per_device: int | None = None
    engine: str = "local"

    def options(self) -> dict[str, str | int]:
        """Those that are not the default, by the names of the arguments."""
        return {name: value for name, value in self._asdict().items() if value != getattr(ONE, name)}


ONE = SearchConcurrency()
"""One trial at a time."""


def count_of(name: str, value: object, least: int) -> int:
    """The value of an argument that counts something; raises `RunError`."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise RunError(f"{name} must be an integer, got {quote_value(value)}")
    if value < least:
        raise RunError(f"{name} must be at least {least}, got {value}")
    return int(value)


def open_workers(plan: SearchPlan, places: SearchConcurrency, report: EventHandler) -> Workers:
    """The workers, which read the data; raises what `read_search_data` raises, and `RunError` for a missing cluster."""
    count_of("workers", places.workers, 1)
    if places.per_device is not None:
        count_of("per_device", places.per_device, 1)
    if places.engine not in ENGINES:
        raise RunError(f"a search has the engines {' and '.join(ENGINES)}, not {places.engine}")
    if places.engine == "ray":
        if find_spec("ray") is None:
            raise MissingPackageError(f"the engine ray is not installed: {install_command('distributed')}")
        from seqspec.training.search.ray_workers import RayWorkers

        return RayWorkers(plan, places.workers, report, places.per_device)
    if can_fork():
        from seqspec.training.search.fork_server import ForkServer

        return ForkServer(plan, places.workers, report, places.per_device)
    if places.workers > 1:
        report(WarningEvent("trials are trained one after the other: this process cannot be forked"))
    return ThisProcess(plan, report)
