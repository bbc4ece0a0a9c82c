"""The values that training logs for each epoch: their names and directions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqspec.core.catalog.objects import CustomUse, Named
from seqspec.core.diagnostics.violation import Path
from seqspec.core.language.names import numbered, snake_case

if TYPE_CHECKING:
    from seqspec.core.document.training_tables import Compile

LOSS = "loss"
VALIDATION = "val_"


@dataclass(eq=False)
class LoggedMetric:
    """A metric: its Keras name, its name in the logs, its class and its path.

    `direction` is `"max"` or `"min"`, or None if Keras cannot infer it.
    """

    name: str
    logged: str
    kind: str
    direction: str | None
    path: Path


class Logs:
    """The values that training logs.

    Args:
        shown: The metrics in log order, those in `weighted_metrics` last.
        exact: Whether these are all; false with a custom metric, whose name is unknown.
    """

    def __init__(self, shown: list[LoggedMetric], exact: bool) -> None:
        self.shown = shown
        self.exact = exact
        self.names = [LOSS, *(metric.logged for metric in shown if metric.logged != LOSS)]
        """The names without those of validation."""

    def direction(self, monitor: str) -> str | None:
        """The direction that `mode = "auto"` infers for a monitored name; None if Keras raises an error.

        Keras surprise: it looks up the metric's own name instead of the logged one, so it finds nothing for a second
        metric of the same name (`mae_1`, `weighted_mae`).
        """
        name = monitor.removeprefix(VALIDATION)
        direction = "min" if name == LOSS else None
        for metric in self.shown:
            if metric.name == name and metric.direction is not None:
                direction = metric.direction
        return direction

    def logged(self, monitor: str) -> LoggedMetric | None:
        """The metric logged under a name, of training or validation."""
        name = monitor.removeprefix(VALIDATION)
        return next((metric for metric in self.shown if metric.logged == name), None)


def logs_of(compile: Compile, tree: Mapping[str, object]) -> Logs:
    """The logs of a model compiled like this; `tree` is the table `[compile]` of the expanded spec."""
    metrics = list(_entries(compile.metrics, ("compile", "metrics")))
    weighted = list(_entries(compile.weighted_metrics, ("compile", "weighted_metrics")))
    counts: dict[str, int] = {}
    taken: dict[str, int] = {}
    shown: list[LoggedMetric] = []
    exact = True
    for position, (metric, path) in enumerate([*metrics, *weighted]):
        if isinstance(metric, CustomUse):
            name = getattr(metric, "arguments", {}).get("name")
            exact = exact and isinstance(name, str)
            if not isinstance(name, str):
                continue
            kind, direction = "custom", None
        else:
            name, kind, direction = _known(metric, counts)
        logged = _unique(name, taken, weighted=position >= len(metrics))
        shown.append(LoggedMetric(name, logged, kind, direction, path))
    return Logs(shown, exact)


def _entries(metrics: object, path: Path) -> Iterator[tuple[object, Path]]:
    """The metrics in the order in which Keras flattens lists and dicts."""
    if isinstance(metrics, list):
        for index, entry in enumerate(metrics):
            yield from _entries(entry, (*path, index))
    elif isinstance(metrics, dict):
        for key in sorted(metrics):
            yield from _entries(metrics[key], (*path, key))
    elif metrics is not None:
        yield metrics, path


def _known(metric: Any, counts: dict[str, int]) -> tuple[str, str, str | None]:
    if isinstance(metric, Named):
        if metric.stands_for is None:
            return metric.identifier, "accuracy", "max"
        return metric.identifier, metric.stands_for.__name__, getattr(metric.stands_for, "direction", None)
    kind = type(metric).__name__
    name = metric.name
    if name is None:
        name = numbered(snake_case(kind), counts)
    return name, kind, metric.direction


def _unique(name: str, taken: dict[str, int], weighted: bool) -> str:
    """The name in the logs: a suffix is added to one that is used, `weighted_` before one of `weighted_metrics`."""
    if name not in taken:
        taken[name] = 1
        return name
    if weighted:
        name = f"weighted_{name}"
        if name not in taken:
            taken[name] = 1
            return name
    taken[name] += 1
    return f"{name}_{taken[name] - 1}"
