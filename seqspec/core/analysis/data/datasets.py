"""The declared datasets, and how many samples each stage of `[fit]` is trained on."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from seqspec.core.analysis.cached_property import cached_property

if TYPE_CHECKING:
    from seqspec.core.document.data import Data, Dataset
    from seqspec.core.document.training_tables import Fit

BATCH_SIZE = 32
"""The default batch size of Keras."""


class Split:
    """The samples of a training stage and its validation; unknown numbers are None.

    Args:
        number: The index of the stage.
        stage: The stage.
        data: The table `[data]`, if there is one.
    """

    def __init__(self, number: int, stage: Fit, data: Data | None) -> None:
        self.number = number
        self.stage = stage
        self._data = data
        self._has_validation = data is not None and data.has_validation

    @cached_property
    def splits(self) -> bool:
        """Whether validation samples are split off: Keras only does so if there is no validation data."""
        return not self._has_validation and self.stage.validation_split > 0

    @cached_property
    def total(self) -> int | None:
        """The number of samples before `validation_split` is applied."""
        train = self._data.train if self._data is not None else None
        return _countable(train.samples if train is not None else None)

    @cached_property
    def train(self) -> int | None:
        """The number of training samples."""
        if not self.splits or self.total is None:
            return self.total
        return floor(self.total * (1.0 - self.stage.validation_split))

    @cached_property
    def validation(self) -> int | None:
        """The number of validation samples; 0 for a stage without validation."""
        if self._data is not None and self._has_validation:
            return _countable(self._data.validation.samples if self._data.validation is not None else None)
        if not self.splits:
            return 0
        return self.total - self.train if self.total is not None and self.train is not None else None

    @cached_property
    def steps(self) -> int | None:
        """The number of training batches in an epoch."""
        return _countable(self.stage.steps_per_epoch) or _batches(self.train, self.stage.batch_size or BATCH_SIZE)

    @cached_property
    def validation_steps(self) -> int | None:
        """The number of validation batches."""
        batch = self.stage.validation_batch_size or self.stage.batch_size or BATCH_SIZE
        return _countable(self.stage.validation_steps) or _batches(self.validation, batch)


def find_datasets(data: Data | None) -> list[tuple[str, Dataset]]:
    """The declared datasets, in their usual order."""
    if data is None:
        return []
    from seqspec.core.document.data import SETS

    return [(name, dataset) for name in SETS if (dataset := getattr(data, name)) is not None]


def _countable(number: int | None) -> int | None:
    """The number of samples or steps; None if it is not a valid size."""
    return number if number is not None and number < 2**63 else None


def _batches(samples: int | None, batch: int) -> int | None:
    return None if samples is None else ceil(samples / batch)
