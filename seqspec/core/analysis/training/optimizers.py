"""The optimizers of a spec that compute the updates, without their wrappers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seqspec.core.catalog.objects import OPTIMIZER
from seqspec.core.catalog.schedules.base import Schedule, as_float
from seqspec.core.diagnostics.violation import Path

if TYPE_CHECKING:
    from seqspec.core.document.training_tables import Compile


class OptimizerUse:
    """An optimizer.

    Args:
        optimizer: The optimizer object.
        path: Its path in the expanded spec.
        written: The optimizer as written: a table, a name or a shorthand; None for the default.
        updates_all: Whether it updates all variables.
    """

    def __init__(self, optimizer: Any, path: Path, written: object, updates_all: bool) -> None:
        self.optimizer = optimizer
        self.path = path
        self.written = written
        self.updates_all = updates_all
        self.kind = type(optimizer).__name__
        """The Keras class."""
        self.rate: Any = optimizer.learning_rate
        """The learning rate: a number or a schedule."""
        self._rates: dict[int | None, list[float]] = {}

    @property
    def traits(self) -> frozenset[str]:
        """The traits of its class: see `catalog.traits.OPTIMIZER_TRAITS`."""
        traits: frozenset[str] = self.optimizer.traits
        return traits

    @property
    def scheduled(self) -> bool:
        """Whether the learning rate is a schedule."""
        return isinstance(self.rate, Schedule)

    @property
    def momentum(self) -> float:
        """The momentum; 0 for an optimizer without it."""
        return float(getattr(self.optimizer, "momentum", 0.0)) if "momentum" in self.traits else 0.0

    def rates(self, updates: int | None) -> list[float]:
        """The learning rates over this number of updates; see `schedule.rates`."""
        if updates not in self._rates:
            self._rates[updates] = rates(self.rate, updates)
        return self._rates[updates]

    def is_written(self, name: str) -> bool:
        """Whether an argument is written in the spec."""
        return name in self.optimizer.model_fields_set

    def path_of(self, *names: str) -> Path:
        """The path of an argument, or of the optimizer if the argument is not written in a table."""
        path, tree = self.path, self.written
        for name in names:
            if not isinstance(tree, Mapping) or name not in tree:
                break
            path, tree = (*path, name), tree[name]
        return path


def find_optimizers(compile: Compile, document: Mapping[str, Any]) -> list[OptimizerUse]:
    """The optimizers that compute updates; empty if Keras has none.

    `document` is the expanded spec.
    """
    tree = document["compile"]
    optimizer: object = compile.optimizer
    if isinstance(optimizer, str):
        optimizer = OPTIMIZER.read(optimizer)
    path: Path = ("compile", "optimizer") if "optimizer" in tree else ("compile",)
    return list(_wrapped_optimizers(optimizer, path, tree.get("optimizer"), updates_all=True))


def _wrapped_optimizers(optimizer: Any, path: Path, written: object, updates_all: bool) -> Iterator[OptimizerUse]:
    match type(optimizer).__name__:
        case "NoneType":
            return
        case "LossScaleOptimizer":
            inner = written.get("inner_optimizer") if isinstance(written, Mapping) else None
            yield from _wrapped_optimizers(optimizer.inner_optimizer, (*path, "inner_optimizer"), inner, updates_all)
        case "MultiOptimizer":
            groups = written.get("optimizer_map", {}) if isinstance(written, Mapping) else {}
            base = (*path, "optimizer_map")
            optimizer_map = optimizer.optimizer_map
            default = groups.get("default_optimizer")
            yield from _wrapped_optimizers(
                optimizer_map.default_optimizer, (*base, "default_optimizer"), default, updates_all=False
            )
            for key, entry in (optimizer_map.optimizer_map or {}).items():
                map_path = (*base, "optimizer_map", key)
                yield from _wrapped_optimizers(
                    entry, map_path, groups.get("optimizer_map", {}).get(key), updates_all=False
                )
        case _:
            yield OptimizerUse(optimizer, path, written, updates_all)


def rate_at(rate: object, step: float) -> float | None:
    """The learning rate at a step, counted from 0 over all stages; None if a schedule is undefined there.

    `rate` is a number, a built-in schedule or a custom one, which is undefined everywhere.
    """
    if isinstance(rate, (int, float)):
        return as_float(rate)
    if not isinstance(rate, Schedule):
        return None
    try:
        value = rate.rate_at(float(step))
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


def rates(rate: float | Schedule, updates: int | None) -> list[float]:
    """Samples of the learning rate during training, including the first and last step and every turning point.

    `updates` is the number of steps; if unknown, a schedule is sampled to its own end.
    """
    if not isinstance(rate, Schedule):
        return [as_float(rate)]
    last = as_float(updates - 1) if updates else rate.last_sample
    turning_points = (min(max(point, 0.0), last) for point in rate.turning_points)
    steps = {0.0, last, *turning_points, *(last * i / 32 for i in range(1, 32))}
    return rate.rates_at(sorted(steps))
