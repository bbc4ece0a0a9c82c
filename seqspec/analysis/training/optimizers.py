"""The optimizers of a spec that compute the updates, without their wrappers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seqspec.analysis.training.schedule import is_schedule, rates
from seqspec.catalog.objects import OPTIMIZER
from seqspec.diagnostics.violation import Path

if TYPE_CHECKING:
    from seqspec.document.training import Compile


class OptimizerUse:
    """An optimizer.

    Args:
        optimizer: The optimizer object.
        path: Its path in the expanded spec.
        written: The optimizer as written: a table, a name or a shorthand; None for the default.
        alone: Whether it updates all variables.
    """

    def __init__(self, optimizer: Any, path: Path, written: Any, alone: bool) -> None:
        self.optimizer = optimizer
        self.path = path
        self.written = written
        self.alone = alone
        self.kind = type(optimizer).__name__
        """The Keras class."""
        self.rate: Any = optimizer.learning_rate
        """The learning rate: a number or a schedule."""
        self._rates: dict[int | None, list[float]] = {}

    @property
    def traits(self) -> frozenset[str]:
        """The traits of its class: see `catalog.traits.OPTIMIZER_TRAITS`."""
        found: frozenset[str] = self.optimizer.traits
        return found

    @property
    def scheduled(self) -> bool:
        """Whether the learning rate is a schedule."""
        return is_schedule(self.rate)

    @property
    def momentum(self) -> float:
        """The momentum; 0 for an optimizer without it."""
        return float(getattr(self.optimizer, "momentum", 0.0)) if "momentum" in self.traits else 0.0

    def rates(self, updates: int | None) -> list[float]:
        """The learning rates over this number of updates; see `schedule.rates`."""
        if updates not in self._rates:
            self._rates[updates] = rates(self.rate, updates)
        return self._rates[updates]

    def states(self, name: str) -> bool:
        """Whether an argument is written in the spec."""
        return name in self.optimizer.model_fields_set

    def place(self, *names: str) -> Path:
        """The path of an argument, or of the optimizer if the argument is not written in a table."""
        found, tree = self.path, self.written
        for name in names:
            if not isinstance(tree, Mapping) or name not in tree:
                break
            found, tree = (*found, name), tree[name]
        return found


def find_optimizers(compile: Compile | None, document: Mapping[str, Any]) -> list[OptimizerUse]:
    """The optimizers that compute updates; empty if Keras has none.

    `document` is the expanded spec.
    """
    if compile is None:
        return []
    tree = document["compile"]
    optimizer: Any = compile.optimizer
    if isinstance(optimizer, str):
        optimizer = OPTIMIZER.read(optimizer)
    path: Path = ("compile", "optimizer") if "optimizer" in tree else ("compile",)
    return list(_plain(optimizer, path, tree.get("optimizer"), alone=True))


def _plain(optimizer: Any, path: Path, written: Any, alone: bool) -> Iterator[OptimizerUse]:
    match type(optimizer).__name__:
        case "NoneType":
            return
        case "LossScaleOptimizer":
            inner = written.get("inner_optimizer") if isinstance(written, Mapping) else None
            yield from _plain(optimizer.inner_optimizer, (*path, "inner_optimizer"), inner, alone)
        case "MultiOptimizer":
            groups = written.get("optimizer_map", {}) if isinstance(written, Mapping) else {}
            base = (*path, "optimizer_map")
            each = optimizer.optimizer_map
            default = groups.get("default_optimizer")
            yield from _plain(each.default_optimizer, (*base, "default_optimizer"), default, alone=False)
            for key, entry in (each.optimizer_map or {}).items():
                place = (*base, "optimizer_map", key)
                yield from _plain(entry, place, groups.get("optimizer_map", {}).get(key), alone=False)
        case _:
            yield OptimizerUse(optimizer, path, written, alone)
