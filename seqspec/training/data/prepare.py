"""From `[data]` to training arrays: read, split, then labels, fills and class weights from the training set alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.snippet import Setting, TableName
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.sources import Fill, SeriesSource, TableSource, source_of
from seqspec.core.document.target import Regression
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.training.access import Access, access_to
from seqspec.training.data import column_findings, leakage, missing
from seqspec.training.data.arrays import from_python
from seqspec.training.data.budget import budget_of
from seqspec.training.data.encode_sets import complete, complete_rows, encoded_sets, fitted_encoder
from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.labels import (
    Baseline,
    LabelEncoding,
    LabelScale,
    baseline_of,
    class_counts,
    encode_labels,
    fit_label_scale,
    fit_labels,
    known_classes,
    objective_of,
)
from seqspec.training.data.leaks.scan import scan, scans_rows
from seqspec.training.data.samples import Array, ReadContext, Samples, read, shape_text
from seqspec.training.data.series.empty_cells import lost_set, lost_windows
from seqspec.training.data.series.sets import cut_windows, split_steps
from seqspec.training.data.shards import Shards
from seqspec.training.data.split import SETS, columns_of, group_column, split_rows
from seqspec.training.data.stored import StoredArray, Values, choose
from seqspec.training.data.time_axis.index import Steps
from seqspec.training.errors import DataError


@dataclass(frozen=True)
class SampleSet:
    """One set as passed to the model; `origins` as in `Samples`, where samples are windows of a series.

    `groups` are the groups of samples that the split keeps in one set. `where` names a sample of a file that a trained
    model is evaluated on.
    """

    x: Values
    y: Values | None
    weight: Array | None = None
    origins: Steps | None = None
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

    `rows` are the rows of the file that each set has (empty where each set has its own source); `fills` replace
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
    files: Sequence[str] = ()
    dropped: int = 0
    warnings: Sequence[Violation] = ()
    encoder: Encoder | None = None
    label_scale: LabelScale | None = None
    names: Mapping[str, Callable[[int], str]] = field(default_factory=dict)

    @property
    def train(self) -> SampleSet:
        """The training set."""
        return self.sets["train"]

    def scaled(self, name: str) -> SampleSet | None:
        """A set with labels as the loss gets them; None if there is no such set."""
        samples = self.sets.get(name)
        if samples is None or samples.y is None or self.label_scale is None:
            return samples
        return replace(samples, y=self.label_scale.scaled(samples.y))

    def train_classes(self) -> Array | None:
        """The class index of each training label that the loss does not ignore; None where labels are not classes."""
        return known_classes(self.train.y, self.labels)

    def baseline(self) -> Baseline:
        """The predictions that need no inputs, learned from the training set."""
        return baseline_of(self.train.y, self.labels)

    def class_counts(self) -> dict[str, list[int]]:
        """Samples of each class by set, where labels are classes."""
        counts = {}
        for name, each in self.sets.items():
            indices = known_classes(each.y, self.labels)
            if indices is not None and len(indices) and indices.min() >= 0 and indices.max() < 100_000:
                counts[name] = class_counts(indices, self.labels.classes)
        return counts


def has_data(spec: TypedSpec) -> bool:
    """Whether the spec declares a source of training data."""
    data = spec.data
    if data is None:
        return False
    if source_of(data.source) is not None:
        return True
    return data.train is not None and source_of(data.train.source) is not None


def prepare(
    spec: TypedSpec,
    base: str = ".",
    *,
    data: object = None,
    seed: int = 0,
    allowed: Sequence[str] = (),
    check_leakage: bool = True,
    scratch: str | None = None,
    shards: Shards | None = None,
    access: Access | None = None,
    encoder: Encoder | None = None,
    joined: bool = False,
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
        shards: Shards data among machines.
        access: The files that may be read; by default those of the project of `base`.
        encoder: The encoder of a trained model, which is used instead of a new one.
        joined: Whether the validation set of a split is a part of the training set.

    Raises:
        DataError: The data cannot be used; every violation has its place in the spec.
    """
    shape, dtype = _input(spec)
    split = spec.data.split if spec.data is not None else None
    budget = budget_of(spec.data.memory if spec.data is not None else "auto", scratch)
    kinds = spec.data.columns if spec.data is not None and data is None else None
    if kinds is not None and shards is not None and spec.data is not None and spec.data.memory == "shard":
        message = "the columns of [data.columns] cannot be divided among the workers of a Ray cluster"
        help = fmt("set {}: each worker reads the files", Setting("memory", "stream"))
        raise DataError([Violation("data-mismatch", message, path=("data", "memory"), help=help)])
    context = ReadContext(
        base, ("data", "source"), columns_of(split), dtype == "string", shape, tuple(allowed), budget, shards,
        access if access is not None else access_to(base), kinds, trained=encoder is not None, target=spec.target,
    )  # fmt: skip
    if isinstance(data, Mapping):
        found = _python_sets(data, context)
    elif data is not None or (spec.data is not None and source_of(spec.data.source) is not None):
        found = _split_source(spec, data, context, seed, joined)
    else:
        found = _declared_sets(spec, context)
    return _prepared(spec, found, context, check_leakage, encoder)


@dataclass(frozen=True)
class _ReadSets:
    """The samples of each set as they were read.

    `rows`, `dropped` and `warnings` are those of `PreparedData`; `series` is the source of time steps that are still to
    be cut into windows; `kept` are the numbers of the samples where some were dropped, or left out with their series;
    `paths` are the places of sources of their own.
    """

    samples: Mapping[str, Samples]
    rows: Mapping[str, Array] = field(default_factory=dict)
    series: SeriesSource | None = None
    dropped: int = 0
    warnings: Sequence[Violation] = ()
    kept: Array | None = None
    paths: Mapping[str, Path] = field(default_factory=dict)


def _missing_policy(spec: TypedSpec) -> str | Fill:
    """What is done about missing inputs: "error", "drop", or the values that replace them."""
    policy: str | Fill = spec.data.missing if spec.data is not None else "error"
    return policy


def _python_sets(data: Mapping[str, object], context: ReadContext) -> _ReadSets:
    """Sets from Python: arrays by the name of the set."""
    sets = {name: from_python(value, context) for name, value in data.items() if value is not None}
    if not set(sets) <= set(SETS) or "train" not in sets:
        raise DataError([Violation("data-split", f"data needs the keys train, validation, test; got {list(data)}")])
    return _ReadSets(sets)


def _split_source(spec: TypedSpec, data: object, context: ReadContext, seed: int, joined: bool) -> _ReadSets:
    """One source, or arrays from Python, split into sets as `[data] split` says."""
    source = None if data is not None or spec.data is None else source_of(spec.data.source)
    split = spec.data.split if spec.data is not None else None
    whole = from_python(data, context) if source is None else read(source, context)
    series = source if isinstance(source, SeriesSource) else None
    if split is None:
        return _ReadSets({"train": whole}, {}, series)
    if series is not None:
        rows, sets, warnings = split_steps(whole, series, split, seed)
        if joined:
            rows = _joined(rows)
            sets = {"train": whole.take(rows["train"]), **{name: sets[name] for name in rows if name != "train"}}
        return _ReadSets(sets, rows, series, 0, warnings, whole.series_steps.numbers)
    dropped = 0
    # Before the split, so that the sets have the wanted sizes.
    kept = complete_rows(whole, _missing_policy(spec))
    if kept is not None:
        dropped = len(whole) - len(kept)
        if not len(kept):
            raise DataError([_nothing_left(None)])
        whole = whole.take(kept)
    rows, warnings = split_rows(whole, split, seed, ("data", "split"))
    rows = _joined(rows) if joined else rows
    return _ReadSets({name: whole.take(chosen) for name, chosen in rows.items()}, rows, None, dropped, warnings, kept)


def _joined(rows: Mapping[str, Array]) -> dict[str, Array]:
    """The rows of each set, those of the validation set in the training set."""
    train = [rows[name] for name in ("train", "validation") if name in rows]
    others = {name: each for name, each in rows.items() if name not in ("train", "validation")}
    return {"train": np.sort(np.concatenate(train)), **others}


def _declared_sets(spec: TypedSpec, context: ReadContext) -> _ReadSets:
    """The sets that have a source each; windows of a series are cut within their set."""
    sets: dict[str, Samples] = {}
    for name in SETS:
        described = getattr(spec.data, name) if spec.data is not None else None
        source = source_of(described.source) if described is not None else None
        if source is None:
            continue
        samples = read(source, replace(context, path=("data", name, "source"), columns={}))
        if isinstance(source, SeriesSource):
            samples = cut_windows({name: samples}, source, context)[name]
        sets[name] = samples
    if "train" not in sets:
        message, path = "the spec declares no training data source", ("data",) if spec.data is not None else ()
        help = fmt("add {} to {}", Setting("source", _likely_source(context)), TableName(("data",)))
        raise DataError([Violation("data-unreadable", message, path=path, help=help)])
    return _ReadSets(sets, paths={name: ("data", name, "source") for name in sets})


def _likely_source(context: ReadContext) -> dict[str, str]:
    """A source of the type that the input of the model suggests."""
    if context.string_input:
        return {"type": "text", "path": "..."}
    if context.input_shape is not None and len(context.input_shape) == 3:
        return {"type": "images", "path": "..."}
    return {"type": "table", "path": "...", "label": "..."}


def _prepared(
    spec: TypedSpec, found: _ReadSets, context: ReadContext, check_leakage: bool, encoder: Encoder | None
) -> PreparedData:
    """The sets with missing values filled, columns encoded, windows cut and labels encoded; raises `DataError`."""
    sets, policy, warnings = dict(found.samples), _missing_policy(spec), list(found.warnings)
    dropped = found.dropped
    if found.series is None and not found.rows:
        sets, dropped = _complete_sets(sets, policy, _nothing_left)
    # A set of a series whose steps are all in a gap is refused with its windows.
    present = {name: samples for name, samples in sets.items() if len(samples)}
    paths = {name: found.paths.get(name, context.path) for name in present}
    violations = missing.refuse_missing(present, paths, isinstance(policy, Fill), policy == "drop")
    raw = sets["train"].raw
    if raw is not None:
        violations += column_findings.missing_values(sets, policy)
    if violations:
        raise DataError(violations)
    scans = check_leakage and found.series is None
    if scans:
        warnings += column_findings.far_labels(sets["train"], context)
    if raw is not None:
        encoder = encoder or fitted_encoder(sets["train"], policy)
        if check_leakage:
            source = spec.data.source if spec.data is not None else None
            ignored = list(source.ignore or ()) if isinstance(source, TableSource) else None
            warnings += column_findings.column_findings(encoder, raw, sets["train"].x, ignored)
    # Raw rows of sets with a source each, or of several machines, have dictionaries of their own.
    as_raw = bool(found.rows) and context.shards is None
    if scans and (raw is None or as_raw):
        warnings += _leaks(spec, found, sets, sets, context)
    if raw is not None and encoder is not None:
        encoded_columns = encoded_sets(sets, encoder, context)
        if scans and not as_raw:
            warnings += _leaks(spec, found, sets, encoded_columns, context)
        sets = encoded_columns
    fills: Array | None = None
    if isinstance(policy, Fill) and encoder is None and sets["train"].x.dtype.kind == "f":
        sets, fills = _filled(sets, policy)
    if found.series is not None:
        steps, cut = sets, cut_windows(sets, found.series, context)
        sets, dropped = _complete_sets(cut, policy, partial(lost_set, steps, found.series))
        warnings += lost_windows(steps, found.series, sum(map(len, cut.values())), dropped)
    if spec.target is not None and spec.target.kind == "reconstruction":
        sets = {name: replace(samples, y=samples.x) for name, samples in sets.items()}
        encoding = LabelEncoding("reconstruction")
    else:
        encoding = fit_labels(sets["train"].y, spec.target, sets["train"].labels, _ignored_class(spec))
    encoded = _encoded_sets(spec, sets, encoding, context, encoder)
    # The sets of one source have the same warnings.
    of_sources = {(warning.path, warning.message): warning for samples in sets.values() for warning in samples.warnings}
    warnings += of_sources.values()
    warnings += _classes_outside_train(encoded, encoding, context)
    train = sets["train"]
    scale = _label_scale(spec, encoded, found.series)
    files = list(dict.fromkeys(file for samples in sets.values() for file in samples.files))
    rows = found.rows if (kept := found.kept) is None else {name: kept[each] for name, each in found.rows.items()}
    return PreparedData(
        encoded, encoding, rows, fills, train.features, train.labels, files, dropped, tuple(warnings), encoder,
        scale, {name: samples.where for name, samples in sets.items()},
    )  # fmt: skip


def _filled(sets: Mapping[str, Samples], policy: Fill) -> tuple[dict[str, Samples], Array]:
    """The sets without missing values, and what replaces them, learned from the training set."""
    fills = missing.fill_values(sets["train"].x, policy)
    missing.check_fills(fills, sets["train"].features, ("data", "missing"))
    return {name: replace(samples, x=missing.filled(samples.x, fills)) for name, samples in sets.items()}, fills


def _label_scale(spec: TypedSpec, sets: Mapping[str, SampleSet], series: SeriesSource | None) -> LabelScale | None:
    """The scale of the labels, learned from the training set; raises `DataError` where they cannot be scaled."""
    target, y = spec.target, sets["train"].y
    if not isinstance(target, Regression) or target.scale == "none" or y is None:
        return None
    # The steps of one value are scaled alike; several values, or labels, each by itself.
    scale = fit_label_scale(target.scale, y, each=series is None or not isinstance(series.target, str))
    if "validation" in sets and (validation := sets["validation"].y) is not None:
        scale.require_scalable(validation, "validation")
    return scale


def _leaks(
    spec: TypedSpec,
    found: _ReadSets,
    sets: Mapping[str, Samples],
    compared: Mapping[str, Samples],
    context: ReadContext,
) -> Iterator[Violation]:
    """The findings of the leak scan: of the columns of `sets`, and of the rows of `compared`."""
    if len(sets) > 1 and (context.shards is not None or not scans_rows(spec, compared)):
        path: Path = ("data", "split") if found.rows else context.path
        yield from leakage.leaks(compared, path)
    if context.shards is None:
        yield from scan(spec, sets, compared, found.rows, found.kept, context)


def _ignored_class(spec: TypedSpec) -> int | None:
    """The class index of labels that the loss ignores."""
    objective = objective_of(spec)
    ignored: int | None = objective.argument("ignore_class") if objective is not None else None
    return ignored


def _complete_sets(
    sets: Mapping[str, Samples], policy: object, lost: Callable[[str], Violation]
) -> tuple[dict[str, Samples], int]:
    """The samples without missing values, and how many were left out; `lost` is the error of a set without any."""
    found = {name: complete(samples, policy) for name, samples in sets.items()}
    for name, (kept, dropped) in found.items():
        if dropped and not len(kept):
            raise DataError([lost(name)])
    return {name: kept for name, (kept, _) in found.items()}, sum(dropped for _, dropped in found.values())


def _nothing_left(name: str | None) -> Violation:
    of = "" if name is None else f" of the {name} set"
    return Violation("data-split", f"every sample{of} has missing values", path=("data", "missing"))


def _encoded_sets(
    spec: TypedSpec,
    sets: Mapping[str, Samples],
    encoding: LabelEncoding,
    context: ReadContext,
    encoder: Encoder | None = None,
) -> dict[str, SampleSet]:
    """The inputs as the model expects them, and the labels encoded; raises `DataError` with every violation."""
    violations: list[Violation] = []
    group = group_column(spec.data.split if spec.data is not None else None)
    encoded = {}
    for name, samples in sets.items():
        x = as_input(samples.x, context, name, violations, encoder)
        y = samples.y
        if y is None and spec.target is not None and not violations:
            violations.append(context.violation("data-labels", f"the {name} set has no labels", help="set label"))
        if y is not None and encoding.kind != "reconstruction":
            try:
                y = encode_labels(y, encoding, name, samples.where, partial(_label_violation, spec, context))
            except DataError as error:
                violations += _once(error.violations, name, violations)
        elif y is not None:
            y = x
        groups = None if group is None else samples.columns.get(group)
        weight = None if samples.weight is None else samples.weight.astype(np.float32)
        encoded[name] = SampleSet(x, y, weight, samples.origins, groups)
    if violations:
        raise DataError(violations)
    return encoded


def _label_violation(
    spec: TypedSpec, context: ReadContext, rule: str, message: str, key: str | None = None, *,
    help: str | None = None,
) -> Violation:  # fmt: skip
    """A violation at a key of `[target]` that is written there, else at the source."""
    if key is None or spec.target is None or key not in spec.target.model_fields_set:
        return context.violation(rule, message, help=help)
    return Violation(rule, message, path=("target", key), help=help)


def _once(found: Sequence[Violation], name: str, known: list[Violation]) -> list[Violation]:
    """The violations of the labels of a set, if no earlier set has any; else the earlier one names the set too."""
    for index, violation in enumerate(known):
        if violation.rule == "data-labels":
            known[index] = violation.replace(notes=(*violation.notes, f"the {name} set has such labels too"))
            return []
    return list(found)


def _input(spec: TypedSpec) -> tuple[tuple[int | None, ...] | None, str]:
    """Shape of one input sample and dtype of the model's input."""
    stack = spec.stack
    if stack is None or stack.input is None:
        return None, "float32"
    return tuple(stack.input.shape[1:]), stack.input.dtype


def as_input(
    x: Values, context: ReadContext, name: str, violations: list[Violation], encoder: Encoder | None = None
) -> Values:
    """The inputs in the shape and dtype of the model's input; appends a violation if they do not match."""
    shape = context.input_shape
    # The sets of one source have the same mismatch, which is reported once.
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
            if encoder is not None:
                violations.append(_other_width(shape, encoder))
                return x
            message = f"samples of the {name} set have shape {shape_text(own)}, the model expects {shape_text(shape)}"
            related = [(context.path, "the samples are read here")]
            violations.append(Violation("data-mismatch", message, path=("model", "input"), related=related))
    if (x.dtype == object) != context.string_input:
        kind, wanted = ("numbers", "text") if context.string_input else ("text", "numbers")
        if not reported:
            message = f"samples of the {name} set are {kind}, the model expects {wanted}"
            help = fmt("set {} in the model's input", Setting("dtype", "string")) if kind == "text" else None
            violations.append(Violation("data-mismatch", message, path=("model", "input"), help=help))
    return x.astype(np.float32) if x.dtype.kind == "f" and x.dtype.itemsize > 4 else x


def _other_width(shape: Sequence[int | None], encoder: Encoder) -> Violation:
    own = f"has {shape[0]} values" if len(shape) == 1 else f"has the shape {shape_text(shape)}"
    message = f"the input {own}, but the columns are encoded as {encoder.width}: {encoder.describe()}"
    help = fmt("omit input, or write {}", Setting("input", [encoder.width]))
    return Violation("data-mismatch", message, path=("model", "input"), help=help)


def _with_channel(x: Array) -> Array:
    return x[..., None]


def _classes_outside_train(
    sets: Mapping[str, SampleSet], labels: LabelEncoding, context: ReadContext
) -> list[Violation]:
    known = known_classes(sets["train"].y, labels)
    if known is None or labels.kind is None:
        return []
    seen = set(np.unique(known).tolist())
    names = labels.class_names()
    violations = []
    for name in SETS[1:]:
        indices = known_classes(sets[name].y, labels) if name in sets else None
        if indices is None:
            continue
        unseen = sorted(set(np.unique(indices).tolist()) - seen)
        if unseen:
            shown = ", ".join(names[index] if names else str(index) for index in unseen[:5])
            message = f"classes of the {name} set that no training sample has: {shown}"
            violations.append(context.violation("data-labels", message, severity="warning"))
    return violations
