"""Which trials end early: successive halving (ASHA), or those below the median."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from seqspec.core.document.search import Pruner


class TrialPruner:
    """Compares trials after as many epochs, by their best value so far.

    Args:
        pruner: `[search] pruner`.
        is_max: Whether a higher value is better.
    """

    def __init__(self, pruner: Pruner, is_max: bool) -> None:
        self._pruner = pruner
        self._is_max = is_max
        self._values: dict[int, list[float]] = {}

    def compares_at(self, epoch: int) -> bool:
        """Whether trials are compared after this epoch: from `min_epochs` on, by ASHA at its multiples only."""
        if self._pruner.type == "none" or epoch < self._pruner.min_epochs:
            return False
        rung = self._pruner.min_epochs
        while self._pruner.type == "asha" and rung < epoch:
            rung *= self._pruner.reduction_factor
        return self._pruner.type == "median" or rung == epoch

    def record(self, number: int, value: float, epoch: int) -> None:
        """The value of a trial in an epoch, from 1; epochs after it are forgotten."""
        values = self._values.setdefault(number, [])
        values[epoch - 1 :] = [value]

    def ends(self, number: int, epoch: int) -> bool:
        """Whether the trial ends after this epoch, which is recorded."""
        if not self.compares_at(epoch):
            return False
        own = self._best(self._values[number][:epoch])
        others = [self._best(values[:epoch]) for key, values in self._values.items()
                  if key != number and len(values) >= epoch]  # fmt: skip
        if self._pruner.type == "median":
            return bool(others) and own < median(others)
        better = sum(value > own for value in others)
        return better >= max(1, (len(others) + 1) // self._pruner.reduction_factor)

    def best_of(self, values: Iterable[float]) -> float:
        """The best of several values."""
        return max(values) if self._is_max else min(values)

    def _best(self, values: Sequence[float]) -> float:
        """The best value, negated where a lower one is better; NaN is the worst."""
        known = [value if self._is_max else -value for value in values if value == value]
        return max(known, default=float("-inf"))
