"""The optimizers of a document: those that make the updates, without what stands around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seqspec.analysis.schedule import is_schedule, rates
from seqspec.catalog.objects import OPTIMIZER
from seqspec.diagnostics.violation import Path

if TYPE_CHECKING:
    from seqspec.document.training import Compile

PLAIN = frozenset({"SGD", "RMSprop"})
"""Optimizers with an optional momentum."""
ADAPTIVE = frozenset(
    {"Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "Lamb", "Muon", "Lion", "ScheduleFreeAdamW", "Adafactor"}
)
"""Optimizers whose steps have about the size of the learning rate, whatever the size of the gradient."""


class OptimizerUse:
    """One optimizer.

    Args:
        optimizer: Its declaration.
        path: Where it stands in the expanded document.
        written: What the document has there: a table, a name or a shorthand; None where it has nothing.
        alone: Whether it trains all variables.
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
    def scheduled(self) -> bool:
        """Whether the learning rate follows the number of steps."""
        return is_schedule(self.rate)

    @property
    def momentum(self) -> float:
        """The part of the last update that goes on; 0 for a method without it."""
        return float(getattr(self.optimizer, "momentum", 0.0)) if self.kind in PLAIN else 0.0

    def rates(self, updates: int | None) -> list[float]:
        """The learning rates of a run of so many steps; see `schedule.rates`."""
        if updates not in self._rates:
            self._rates[updates] = rates(self.rate, updates)
        return self._rates[updates]

    def states(self, name: str) -> bool:
        """Whether the author gave an argument."""
        return name in self.optimizer.model_fields_set

    def place(self, *names: str) -> Path:
        """Where an argument stands, or the optimizer itself where the argument is not written in a table."""
        found, tree = self.path, self.written
        for name in names:
            if not isinstance(tree, Mapping) or name not in tree:
                break
            found, tree = (*found, name), tree[name]
        return found


def find_optimizers(compile: Compile | None, document: Mapping[str, Any]) -> list[OptimizerUse]:
    """The optimizers that make updates; none where Keras would have none.

    `document` is the expanded document.
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
