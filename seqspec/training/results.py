"""The results of a run, which its steps pass on; those of a run that has ended are read from its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqspec.training.records import EpochRecord, Evaluation, JsonObject

if TYPE_CHECKING:
    from seqspec.core.document.training_tables import Fit


@dataclass(frozen=True)
class RunResults:
    """What is known about a run after its evaluation.

    Attributes:
        evaluation: The results on each set; empty before.
        epochs: The recorded epochs.
        findings: Those of the check before training, as in JSON.
        spec: The spec with variables, blocks and overrides resolved.
        sets: The samples of each set.
        folds: The results of the folds, where the run is cross-validated and they are all done.
    """

    evaluation: Evaluation
    epochs: Sequence[EpochRecord]
    findings: Sequence[JsonObject]
    spec: JsonObject
    sets: Mapping[str, int]
    folds: Sequence[RunResults] = ()

    @property
    def history(self) -> dict[str, list[float | None]]:
        """The epochs as Keras's `History.history`."""
        return history_of(self.epochs)

    @property
    def epoch(self) -> int:
        """The epoch whose weights the evaluated model has; of all stages, from 1."""
        return used_epoch(self.evaluation) or self.evaluation["epochs"]

    def last_epochs(self, stages: Sequence[Fit]) -> list[int]:
        """The last epoch of each stage that these weights were trained in."""
        last = [stage.initial_epoch for stage in stages]
        for line in self.epochs:
            if line["epoch"] <= self.epoch:
                last[line["stage"]] = line["stage_epoch"]
        return last


def used_epoch(evaluation: Evaluation) -> int | None:
    """The epoch whose weights the evaluated model has, of all stages, from 1; None for the last one."""
    if evaluation.get("model") == "best" and (best := evaluation["best"]["epoch"]) is not None:
        return int(best)
    return evaluation.get("restored")


def history_of(lines: Sequence[EpochRecord]) -> dict[str, list[float | None]]:
    """Recorded epochs as Keras's `History.history`: a list per logged value, None where an epoch lacks it."""
    names = dict.fromkeys(name for line in lines for name in line["logs"])
    return {name: [line["logs"].get(name) for line in lines] for name in names}
