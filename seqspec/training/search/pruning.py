"""Which trials end early: successive halving (ASHA), or those below the median."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from statistics import mean, median

from seqspec.core.api.check import Check
from seqspec.core.api.search import Pruner
from seqspec.core.api.training import BATCH_SIZE


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
        self._warmup: dict[int, int] = {}
        self._last: dict[int, int | None] = {}

    def begin(self, number: int, warmup: int, last: int | None = None) -> None:
        """Adds a trial whose learning rate rises in the first `warmup` epochs, which do not count.

        After its `last` epoch it is not ended; None where more is trained then.
        """
        self._warmup[number], self._last[number] = warmup, last

    def compares_at(self, epoch: int) -> bool:
        """Whether trials are compared after this epoch: from `min_epochs` on, by ASHA at its multiples only."""
        if self._pruner.type == "none" or epoch < self._pruner.min_epochs:
            return False
        rung = self._pruner.min_epochs
        while self._pruner.type == "asha" and rung < epoch:
            rung *= self._pruner.reduction_factor
        return self._pruner.type == "median" or rung == epoch

    def record(self, number: int, value: float, epoch: int) -> None:
        """The value of a trial in an epoch, from 1, or NaN; epochs after it are forgotten."""
        values = self._values.setdefault(number, [])
        values[epoch - 1 :] = [value]

    def ends(self, number: int, epoch: int) -> bool:
        """Whether the trial ends after this epoch, which is recorded."""
        counted = epoch - self._warmup.get(number, 0)
        if epoch == self._last.get(number) or not self.compares_at(counted):
            return False
        own = self._value(self._values[number][:epoch])
        others = []
        for key, values in self._values.items():
            last = counted + self._warmup.get(key, 0)
            if key != number and len(values) >= last:
                others.append(self._value(values[:last]))
        if self._pruner.type == "median":
            return bool(others) and own < median(others)
        better = sum(value > own for value in others)
        return better >= max(1, (len(others) + 1) // self._pruner.reduction_factor)

    def best_of(self, number: int) -> tuple[float, int]:
        """The value of a trial, and its epochs."""
        values = self._values.get(number, [])
        value = self._value(values)
        return value if self._is_max else -value, len(values)

    def _signed(self, values: Sequence[float]) -> list[float]:
        """The values that are numbers, negated where a lower one is better."""
        return [value if self._is_max else -value for value in values if value == value]

    def _value(self, values: Sequence[float]) -> float:
        """What is compared, the higher the better; NaN is the worst."""
        return max(self._signed(values), default=float("-inf"))


class FoldPruner(TrialPruner):
    """Compares cross-validated trials after as many folds, by their mean so far."""

    def compares_at(self, epoch: int) -> bool:
        """Whether trials are compared after this fold: after each."""
        return self._pruner.type != "none"

    def _value(self, values: Sequence[float]) -> float:
        known = self._signed(values)
        return mean(known) if len(known) == len(values) and known else float("-inf")


def warmup_epochs(check: Check, samples: int) -> int:
    """The epochs in which the schedule of a spec raises the learning rate, of `samples` for training."""
    spec = check.spec
    if "compile" not in spec.written:
        return 0
    optimizer = spec.compile.optimizer
    schedule = getattr(optimizer, "learning_rate", None)
    raised = schedule if getattr(schedule, "warmup_target", None) is not None else optimizer
    warmup = getattr(raised, "warmup_steps", 0)
    stage = next(iter(spec.fit), None)
    batch_size = (stage.batch_size if stage is not None else None) or BATCH_SIZE
    steps = (stage.steps_per_epoch if stage is not None else None) or ceil(samples / batch_size)
    return ceil(warmup / steps) if isinstance(warmup, (int, float)) and warmup > 0 else 0
