"""From `[data]` to training arrays: read, split, then labels, fills and class weights from the training set alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqspec.analysis.training.untrainable import split_series
from seqspec.diagnostics.message import Message, Number
from seqspec.diagnostics.snippet import Help, Setting, TableName
from seqspec.diagnostics.violation import Path, Violation
from seqspec.document.document import DocumentSpec
from seqspec.document.sources import Fill, SeriesSource, TimeSplit, source_of
from seqspec.training.data import leakage, missing
from seqspec.training.data.budget import budget_of
from seqspec.training.data.labels import LabelEncoding, class_counts, class_indices, encode_labels, fit_labels
from seqspec.training.data.python import from_python
from seqspec.training.data.read import read
from seqspec.training.data.samples import Array, Request, Samples
from seqspec.training.data.series import windows
from seqspec.training.data.shards import Shards
from seqspec.training.data.split import SETS, columns_of, split_rows
from seqspec.training.data.stored import StoredArray, Values, choose
from seqspec.training.errors import DataError


@dataclass(frozen=True)
class SampleSet:
    """One set as the model gets it; `series` where samples are windows of one series that forecast itself."""

    x: Values
    y: Values | None
    weight: Array | None = None
    series: bool = False

    def __len__(self) -> int:
        return len(self.x)

    @property
    def streams(self) -> bool:
        """Whether the samples are read from disk while the model is trained."""
        return isinstance(self.x, StoredArray)

    def part(self, rows: slice) -> SampleSet:
        """Some of the samples."""
        y = None if self.y is None else choose(self.y, rows)
        return SampleSet(choose(self.x, rows), y, None if self.weight is None else self.weight[rows], self.series)


@dataclass(frozen=True)
class PreparedData:
    """The sets by name, and what was learned from the training set.

    `rows` are the rows of the source that each set has (empty where each set has its own source); `fills` replace
    missing values, one per feature; `dropped` counts samples left out for missing values; `warnings` are findings that
    do not keep the data from being used.
    """

    sets: Mapping[str, SampleSet]
    labels: LabelEncoding
    rows: Mapping[str, Array] = field(default_factory=dict)
    fills: Array | None = None
    features: Sequence[str] = ()
    label_columns: Sequence[str] = ()
    files: Sequence[str] = ()
    dropped: int = 0
    warnings: Sequence[Violation] = ()

    @property
    def train(self) -> SampleSet:
        """The training set."""
        return self.sets["train"]

    def train_classes(self) -> Array | None:
        """The class index of each training sample; None where labels are not classes."""
        return class_indices(self.train.y, self.labels)

    def class_counts(self) -> dict[str, list[int]]:
        """Samples of each class by set, where labels are classes."""
        counts = {}
        for name, each in self.sets.items():
            indices = class_indices(each.y, self.labels)
            if indices is not None and len(indices) and indices.min() >= 0 and indices.max() < 100_000:
                counts[name] = class_counts(indices, self.labels.classes)
        return counts


def has_data(spec: DocumentSpec) -> bool:
    """Whether the spec says where its training data is read from."""
    data = spec.data
    if data is None:
        return False
    if source_of(data.source) is not None:
        return True
    return data.train is not None and source_of(data.train.source) is not None


def prepare(
    spec: DocumentSpec,
    base: str = ".",
    *,
    data: object = None,
    seed: int = 0,
    allowed: Sequence[str] = (),
    check_leakage: bool = True,
    scratch: str | None = None,
    shards: Shards | None = None,
) -> PreparedData:
    """The data of a spec, ready for training.

    Args:
        spec: A checked spec.
        base: Folder that paths in the spec start from.
        data: Arrays from Python instead of the sources: x, (x, y), (x, y, weight), or a table of these by set.
        seed: Seed of a random split.
        allowed: Python modules that a source may import.
        check_leakage: Whether equal samples across sets are looked for.
        scratch: Folder for data that is streamed, which must exist; the temporary folder by default.
        shards: What divides data among machines.

    Raises:
        DataError: The data cannot be used; every violation has its place in the spec.
    """
    shape, dtype = _input(spec)
    split = spec.data.split if spec.data is not None else None
    budget = budget_of(spec.data.memory if spec.data is not None else "auto", scratch)
    common = Request(
        base, ("data", "source"), columns_of(split), dtype == "string", shape, tuple(allowed), budget, shards
    )
    warnings: list[Violation] = []
    rows: Mapping[str, Array] = {}
    dropped = 0
    policy: Any = spec.data.missing if spec.data is not None else "error"
    if isinstance(data, Mapping):
        read_sets = {name: from_python(value, common) for name, value in data.items() if value is not None}
        unknown = set(read_sets) - set(SETS)
        if unknown or "train" not in read_sets:
            raise DataError([Violation("data-split", f"data needs the keys train, validation, test; got {list(data)}")])
        windowing = None
    elif data is not None or (spec.data is not None and source_of(spec.data.source) is not None):
        source = None if data is not None or spec.data is None else source_of(spec.data.source)
        whole = from_python(data, common) if source is None else read(source, common)
        if policy == "drop" and not whole.series:
            whole, dropped = missing.drop_missing(whole)
        if split is not None:
            rows, warnings = split_rows(whole, split, seed, ("data", "split"))
            if whole.series:
                _require_consecutive(rows, split)
            read_sets = {name: whole.take(chosen) for name, chosen in rows.items()}
        else:
            read_sets = {"train": whole}
        # The sets have copies of its labels.
        del whole
        windowing = source if isinstance(source, SeriesSource) else None
    else:
        read_sets, windowing = {}, None
        for name in SETS:
            described = getattr(spec.data, name) if spec.data is not None else None
            source = source_of(described.source) if described is not None else None
            if source is None:
                continue
            path: Path = ("data", name, "source")
            samples = read(source, Request(base, path, (), dtype == "string", shape, tuple(allowed), budget, shards))
            if policy == "drop" and not samples.series:
                samples, count = missing.drop_missing(samples)
                dropped += count
            if isinstance(source, SeriesSource):
                samples = windows(samples, source, shape)
            read_sets[name] = samples
        if "train" not in read_sets:
            raise DataError(
                [
                    Violation(
                        "data-unreadable",
                        "the spec declares no training data source",
                        path=("data",) if spec.data is not None else (),
                        help=Help(
                            "add ",
                            Setting("source", {"type": "table", "path": "...", "label": "..."}),
                            " to ",
                            TableName(("data",)),
                        ),
                    )
                ]
            )
    return _finished(spec, read_sets, rows, windowing, policy, dropped, warnings, common, check_leakage)


def _finished(
    spec: DocumentSpec,
    sets: dict[str, Samples],
    rows: Mapping[str, Array],
    windowing: SeriesSource | None,
    policy: object,
    dropped: int,
    warnings: list[Violation],
    request: Request,
    check_leakage: bool,
) -> PreparedData:
    violations: list[Violation] = []
    fills: Array | None = None
    for samples in sets.values():
        violations += missing.refuse_missing(samples, request.path, isinstance(policy, Fill))
    if violations:
        raise DataError(violations)
    if check_leakage and windowing is None and len(sets) > 1:
        path: Path = ("data", "split") if rows else request.path
        warnings += [Violation("sample-leakage", message, path=path) for message in leakage.leaks(sets)]
    if isinstance(policy, Fill) and sets["train"].x.dtype.kind == "f":
        fills = missing.fill_values(sets["train"].x, policy)
        missing.check_fills(fills, sets["train"].features, ("data", "missing"))
        sets = {name: _refilled(samples, fills) for name, samples in sets.items()}
    if windowing is not None:
        sets = {name: windows(samples, windowing, request.input_shape) for name, samples in sets.items()}
        short = [name for name, samples in sets.items() if not len(samples)]
        if short:
            message = (
                f"the {short[0]} set is too short for one window of {windowing.window} + {windowing.horizon} steps"
            )
            raise DataError([request.violation("data-split", message, "window")])
    target = spec.target
    if target is not None and target.kind == "reconstruction":
        sets = {name: _with_labels(samples, samples.x) for name, samples in sets.items()}
        encoding = LabelEncoding("reconstruction")
    else:
        encoding = fit_labels(sets["train"].y, target)
    finished = {}
    for name, samples in sets.items():
        x = as_input(samples.x, request, name, violations)
        y = samples.y
        if y is None and target is not None and not violations:
            violations.append(request.violation("data-labels", f"the {name} set has no labels", help="set label"))
        if y is not None and encoding.kind != "reconstruction":
            try:
                y = encode_labels(y, encoding, name, samples.where, request.violation)
            except DataError as error:
                known = {violation.message for violation in violations}
                violations += [violation for violation in error.violations if violation.message not in known]
        elif y is not None:
            y = x
        finished[name] = SampleSet(x, y, _weights(samples.weight), _forecasts_itself(samples, windowing))
    if violations:
        raise DataError(violations)
    warnings += [each for samples in sets.values() for each in samples.warnings if each not in warnings]
    warnings += _classes_outside_train(finished, encoding, request)
    train = sets["train"]
    files = list(dict.fromkeys(file for samples in sets.values() for file in samples.files))
    return PreparedData(finished, encoding, rows, fills, train.features, train.labels, files, dropped, tuple(warnings))


def _require_consecutive(rows: Mapping[str, Array], split: object) -> None:
    """Raises `DataError` where a set has not the steps of a series one after the other: its windows would have gaps."""
    if isinstance(split, TimeSplit):
        return
    for name, chosen in rows.items():
        gaps = int((np.diff(chosen) != 1).sum())
        if gaps:
            raise DataError([split_series(Message("; the ", name, " set has ", Number(gaps, ","), " gaps"))])


def _forecasts_itself(samples: Samples, windowing: SeriesSource | None) -> bool:
    """Whether the last input of a window is an earlier value of what is forecast."""
    return windowing is not None and list(samples.features) == list(samples.labels) and len(samples.features) <= 1


def _refilled(samples: Samples, fills: Array) -> Samples:
    return Samples(
        missing.filled(samples.x, fills), samples.y, samples.weight, samples.columns, samples.features, samples.labels,
        samples.files, samples.where, samples.series, samples.warnings,
    )  # fmt: skip


def _with_labels(samples: Samples, y: Values) -> Samples:
    return Samples(samples.x, y, samples.weight, samples.columns, samples.features, samples.labels, samples.files,
                   samples.where, samples.series)  # fmt: skip


def _input(spec: DocumentSpec) -> tuple[tuple[int | None, ...] | None, str]:
    """Shape of one input sample and dtype of the model's input."""
    stack = spec.stack
    if stack is None or stack.input is None:
        return None, "float32"
    return tuple(stack.input.shape[1:]), stack.input.dtype


def as_input(x: Values, request: Request, name: str, violations: list[Violation]) -> Values:
    """The inputs in the shape and dtype of the model's input; appends a violation where they do not fit."""
    shape = request.input_shape
    # Sets of one source differ in the same way.
    reported = any(violation.rule == "data-mismatch" for violation in violations)
    if x.dtype.kind in "US":
        x = x.astype(object)
    if shape is not None:
        if len(shape) == x.ndim and shape[-1] == 1:
            x = x.mapped(_with_channel, (*x.shape[1:], 1)) if isinstance(x, StoredArray) else _with_channel(x)
        own = x.shape[1:]
        if not reported and (
            len(own) != len(shape) or any(size is not None and size != have for size, have in zip(shape, own))
        ):
            reported = True
            violations.append(
                Violation(
                    "data-mismatch",
                    f"samples of the {name} set have shape {_shown(own)}, the model expects {_shown(shape)}",
                    path=("model", "input"),
                    related=[(request.path, "the samples are read here")],
                )
            )
    if (x.dtype == object) != request.string_input:
        kind = "text" if x.dtype == object else "numbers"
        wanted = "text" if request.string_input else "numbers"
        if not reported:
            message = f"samples of the {name} set are {kind}, the model expects {wanted}"
            help = Help("set ", Setting("dtype", "string"), " in the model's input") if kind == "text" else None
            violations.append(Violation("data-mismatch", message, path=("model", "input"), help=help))
    return x.astype(np.float32) if x.dtype.kind == "f" and x.dtype.itemsize > 4 else x


def _with_channel(x: Array) -> Array:
    return x[..., None]


def _shown(shape: Sequence[int | None]) -> str:
    inside = ", ".join("?" if size is None else str(size) for size in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def _weights(weight: Array | None) -> Array | None:
    return None if weight is None else weight.astype(np.float32)


def _classes_outside_train(sets: Mapping[str, SampleSet], labels: LabelEncoding, request: Request) -> list[Violation]:
    known = class_indices(sets["train"].y, labels)
    if known is None or labels.kind is None:
        return []
    seen = set(np.unique(known).tolist())
    names = labels.class_names()
    found = []
    for name in SETS[1:]:
        indices = class_indices(sets[name].y, labels) if name in sets else None
        if indices is None:
            continue
        unseen = sorted(set(np.unique(indices).tolist()) - seen)
        if unseen:
            shown = ", ".join(names[index] if names else str(index) for index in unseen[:5])
            message = f"classes of the {name} set that no training sample has: {shown}"
            found.append(request.violation("data-labels", message, severity="warning"))
    return found
