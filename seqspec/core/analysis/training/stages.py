"""The stages of `[fit]`: steps, epochs, validation, and the logs that callbacks receive."""

from __future__ import annotations

from typing import Any

from seqspec.core.analysis.cached_property import cached_property
from seqspec.core.analysis.data.datasets import BATCH_SIZE, Split
from seqspec.core.analysis.training.logs import VALIDATION, Logs
from seqspec.core.analysis.training.optimizers import OptimizerUse
from seqspec.core.diagnostics.message import Message, fmt
from seqspec.core.diagnostics.snippet import Setting, SpecOrProgram, TableName
from seqspec.core.diagnostics.violation import Path

SPLIT_OFF_VALIDATION = fmt("set {} in {}", Setting("validation_split", 0.2), TableName(("fit",)))
ADD_VALIDATION = SPLIT_OFF_VALIDATION + Message(
    SpecOrProgram(fmt(", or declare {}", TableName(("data", "validation"))), ", or pass validation_data to it")
)
"""How to get validation data."""


class TrainingStage:
    """A training stage; unknown numbers are None.

    Args:
        split: The samples of the stage.
        path: Its path in the spec.
        separate: Whether there is a separate validation set; None where the table that may describe it has an error.
    """

    def __init__(self, split: Split, path: Path, separate: bool | None) -> None:
        self.split = split
        self.fit = split.stage
        self.path = path
        self.separate = separate

    @property
    def batch_size(self) -> int:
        """The number of samples in a batch."""
        return self.fit.batch_size or BATCH_SIZE

    @cached_property
    def epochs(self) -> int:
        """The number of epochs."""
        return max(0, self.fit.epochs - self.fit.initial_epoch)

    @cached_property
    def updates(self) -> int | None:
        """The number of updates of the weights."""
        return self.split.steps * self.epochs if self.split.steps is not None and self.epochs < 2**63 else None

    @property
    def validates(self) -> bool:
        """Whether there is, or may be, validation data."""
        return self.separate is not False or self.split.splits

    @cached_property
    def validations(self) -> int:
        """The number of epochs after which the model is validated."""
        if not self.validates:
            return 0
        first, last, every = self.fit.initial_epoch, self.fit.epochs, self.fit.validation_freq
        if isinstance(every, int):
            return last // every - first // every if last > first else 0
        return sum(first < epoch <= last for epoch in set(every))

    @property
    def written_epochs(self) -> list[tuple[Path, Message]]:
        """The place of its epochs, with the number of their batches; none if they are not written."""
        if "epochs" not in self.fit.model_fields_set:
            return []
        return [((*self.path, "epochs"), fmt("{} batches per epoch", self.split.steps))]

    @property
    def callbacks(self) -> list[Any]:
        """The callbacks in order."""
        return self.fit.callbacks or []

    def callback_path(self, index: int) -> Path:
        """The path of a callback."""
        return (*self.path, "callbacks", index)

    def sees(self, logs: Logs, optimizers: list[OptimizerUse], lowered: bool) -> list[str]:
        """The names that a callback finds in the logs at the end of an epoch with validation.

        `lowered` means that it is a `ReduceLROnPlateau` or comes after one, which adds the learning rate to the logs.
        """
        names = list(logs.names)
        if self.validations:
            names += [VALIDATION + name for name in logs.names]
        if lowered:
            if all(optimizer.updates_all for optimizer in optimizers):
                names.append("learning_rate")
            else:
                names += [f"learning_rate_{_name(optimizer)}" for optimizer in optimizers]
        return names


def _name(optimizer: OptimizerUse) -> str:
    return getattr(optimizer.optimizer, "name", None) or optimizer.kind.lower()
