"""The sets of samples as passed to the model, and what was learned from the training set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from seqspec.core.api.diagnostics import Violation
from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.labels import (
    LabelBaseline,
    LabelEncoding,
    LabelScale,
    baseline_of,
    class_counts,
    known_classes,
)
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import StoredArray, Values, choose
from seqspec.training.data.time_axis.index import StepRows


@dataclass(frozen=True)
class SampleSet:
    """One set as passed to the model; `origins` as in `Samples`, where samples are windows of a series.

    `groups` are the groups of samples that the split keeps in one set. `where` names a sample of a file that a trained
    model is evaluated on.
    """

    x: Values
    y: Values | None
    weight: Array | None = None
    origins: StepRows | None = None
    groups: Array | None = None
    where: Callable[[int], str] | None = None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def streams(self) -> bool:
        """Whether the samples are read from disk while the model is trained."""
        return isinstance(self.x, StoredArray)

    def unmeasured(self, rows: slice) -> Array | None:
        """Whether each label of these windows of a series was filled, (samples, values); None if none of a set can be.

        Labels without windows, or of a series that nothing was filled in, are all measured.
        """
        if self.origins is None or self.y is None or self.origins.index.filled is None or self.origins.index.y is None:
            return None
        targets = int(self.origins.index.y.shape[1])
        return self.origins.take(rows).unmeasured(self.y.shape[1] // targets).repeat(targets, axis=1)

    def part(self, rows: slice) -> SampleSet:
        """A subset of the samples."""
        y = None if self.y is None else choose(self.y, rows)
        weight = None if self.weight is None else self.weight[rows]
        origins = None if self.origins is None else self.origins.take(rows)
        groups = None if self.groups is None else self.groups[rows]
        return SampleSet(choose(self.x, rows), y, weight, origins, groups)


@dataclass(frozen=True)
class PreparedData:
    """The sets by name, and what was learned from the training set.

    `rows` are the rows of the file that each set has (empty where each set has its own source); `files_of` are the
    files that each set was read from, which are the same where they are split from one source; `fills` replace
    missing values, one per feature; `dropped` counts samples left out for missing values; `warnings` are findings of
    data that can be read, of which errors keep the model from being trained on it. `encoder` encodes the columns of
    `[data.columns]`, `label_scale` scales the labels of a regression for training; those in `sets` are not scaled.
    `names` name the samples of each set, as messages do.
    """

    sets: Mapping[str, SampleSet]
    labels: LabelEncoding
    rows: Mapping[str, Array] = field(default_factory=dict)
    fills: Array | None = None
    features: Sequence[str] = ()
    label_columns: Sequence[str] = ()
    files_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    dropped: int = 0
    warnings: Sequence[Violation] = ()
    encoder: Encoder | None = None
    label_scale: LabelScale | None = None
    names: Mapping[str, Callable[[int], str]] = field(default_factory=dict)

    @property
    def train(self) -> SampleSet:
        """The training set."""
        return self.sets["train"]

    @cached_property
    def files(self) -> Sequence[str]:
        """The files that were read."""
        return list(dict.fromkeys(file for files in self.files_of.values() for file in files))

    def scaled(self, name: str) -> SampleSet | None:
        """A set with labels as the loss gets them; None if there is no such set."""
        samples = self.sets.get(name)
        if samples is None or samples.y is None or self.label_scale is None:
            return samples
        return replace(samples, y=self.label_scale.scaled(samples.y))

    def train_classes(self) -> Array | None:
        """The class index of each training label that the loss does not ignore; None where labels are not classes."""
        return known_classes(self.train.y, self.labels)

    def baseline(self) -> LabelBaseline:
        """The predictions that need no inputs, learned from the training set."""
        return baseline_of(self.train.y, self.labels)

    def class_counts(self) -> dict[str, list[int]]:
        """Samples of each class by set, where labels are classes."""
        counts = {}
        for name, samples in self.sets.items():
            indices = known_classes(samples.y, self.labels)
            if indices is not None and len(indices) and indices.min() >= 0 and indices.max() < 100_000:
                counts[name] = class_counts(indices, self.labels.classes)
        return counts
