"""The declared data: its datasets, the samples of each stage of `[fit]`, and the labels of `[target]`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, inf
from typing import TYPE_CHECKING

from seqspec.core.cached_property import cached_property
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.objects import CustomUse, Named
from seqspec.core.diagnostics.message import fmt
from seqspec.core.document.target import Binary, Multiclass, Multilabel, Reconstruction, Regression, Target
from seqspec.core.document.training_tables import Compile
from seqspec.core.shapes.tensor import Shape, show

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


class Labels:
    """The label of one sample.

    Attributes:
        kind: `"binary"`, `"multiclass"`, `"multilabel"`, `"regression"` or `"reconstruction"`.
        encoding: `"integer"`, `"one_hot"`, `"probabilities"`, `"multi_hot"` or `"real"`.
        classes: The number of classes; 0 if labels are not classes.
        shape: The shape of one label, without the batch size.
        low, high: The minimum and maximum label, infinite if unknown.
        bounded: Whether `low` and `high` are known.
        centered: Whether they are scaled to a mean of 0.
        path: The path in the spec that determines the shape of a label, if written.
    """

    def __init__(self, target: Target, input: Shape, range: tuple[float, float] | None) -> None:
        self.kind = target.kind
        self.encoding = "real"
        self.classes = 0
        usual: Shape = ()
        if isinstance(target, (Binary, Multiclass)):
            self.encoding = target.encoding
            self.classes = target.classes if isinstance(target, Multiclass) else 2
            usual = () if target.encoding == "integer" else (self.classes,)
        elif isinstance(target, Multilabel):
            self.encoding, self.classes, usual = "multi_hot", target.classes, (target.classes,)
        elif isinstance(target, Reconstruction):
            usual = input
        self.shape: Shape = usual if target.shape is None else target.shape
        if self.classes:
            range = (0, self.classes - 1 if self.encoding == "integer" else 1)
        if isinstance(target, Regression):
            range = target.trained_range
        elif isinstance(target, (Binary, Multiclass)) and target.range is not None:
            range = target.range
        key = "shape" if target.shape is not None else "encoding" if "encoding" in target.model_fields_set else "kind"
        self.path = ("target", key)
        self.bounded = range is not None
        self.centered = isinstance(target, Regression) and target.is_centered
        self.low, self.high = range or (-inf, inf)

    @property
    def exclusive(self) -> bool:
        """Whether each sample has exactly one class, or class probabilities that sum to 1."""
        return self.kind in ("binary", "multiclass")

    @property
    def description(self) -> str:
        """A short description of one label."""
        if self.encoding == "integer":
            value: str = fmt("a class index from 0 to {}", self.classes - 1)
        elif self.encoding == "one_hot":
            value = fmt("one-hot over {} classes", self.classes)
        elif self.encoding == "probabilities":
            value = fmt("a probability for each of {} classes", self.classes)
        elif self.encoding == "multi_hot":
            value = fmt("multi-hot over {} classes", self.classes)
        else:
            value = "a continuous value" if not self.shape else "an array of continuous values"
        return fmt("{}, shape {}", value, show(self.shape))


def class_count(target: Target | None) -> int | None:
    """The number of mutually exclusive classes; None for other labels."""
    if isinstance(target, Binary):
        return 2
    return target.classes if isinstance(target, Multiclass) else None


def label_count(target: Target | None) -> int | None:
    """The number of classes, including multi-label targets."""
    return target.classes if isinstance(target, Multilabel) else class_count(target)


def counts_of(target: Target | None) -> Sequence[int] | None:
    """The number of samples per class, in class order; None if unknown."""
    counts = target.class_counts if target is not None else None
    if counts is None or class_count(target) is None:
        return None
    if not isinstance(counts, Mapping):
        classes = list(counts)
    elif target is not None and target.names is not None and set(counts) == set(target.names):
        classes = [counts[name] for name in target.names]
    elif all(str(number) in counts for number in range(len(counts))):
        classes = [counts[str(number)] for number in range(len(counts))]
    else:
        return None
    return classes if len(classes) == class_count(target) else None


def imbalance(target: Target | None) -> float | None:
    """The ratio of the largest to the smallest class size; None if unknown."""
    counts = counts_of(target)
    return max(counts) / min(counts) if counts and min(counts) > 0 else None


def watches_rare_classes(compiled: Compile) -> bool:
    """Whether the loss or a metric reflects performance on rare classes; custom metrics are assumed to."""
    shown = _flat([compiled.metrics, compiled.weighted_metrics, compiled.loss])
    return any(isinstance(entry, CustomUse) or "rare_classes" in _traits(entry) for entry in shown)


def _traits(declared: object) -> frozenset[str]:
    """The traits of a loss or metric, for any of its spellings."""
    if isinstance(declared, Named):
        return frozenset() if declared.stands_for is None else declared.stands_for.traits
    return declared.traits if isinstance(declared, KerasObject) else frozenset()


def _flat(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return _flat(list(value.values()))
    if isinstance(value, (list, tuple)):
        return [item for entry in value for item in _flat(entry)]
    return [value]
