"""The declared datasets, and how many samples each stage of `[fit]` is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from seqspec.core.analysis.cached_property import cached_property
from seqspec.core.document.data import SETS, Data, Dataset
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

    @cached_property
    def _apart(self) -> Dataset | None:
        """The validation set, if there is one."""
        if self._data is None or not self._data.has_validation:
            return None
        return self._data.validation or Dataset.read({}, [])

    @cached_property
    def splits(self) -> bool:
        """Whether validation samples are split off: Keras only does so if there is no validation data."""
        return self._apart is None and self.stage.validation_split > 0

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
        if self._apart is not None:
            return _countable(self._apart.samples)
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
    datasets = [(name, getattr(data, name)) for name in SETS] if data is not None else []
    return [(name, dataset) for name, dataset in datasets if dataset is not None]


def find_splits(data: Data | None, fit: Sequence[Fit]) -> Sequence[Split]:
    """The samples of each stage."""
    return [Split(number, stage, data) for number, stage in enumerate(fit)]


def _countable(number: int | None) -> int | None:
    """The number of samples or steps; None if it is not a valid size."""
    return number if number is not None and number < 2**63 else None


def _batches(samples: int | None, batch: int) -> int | None:
    return None if samples is None else ceil(samples / batch)
