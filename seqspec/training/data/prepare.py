"""From `[data]` to training arrays: read and split; what is learned is learned from the training set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from seqspec.core.api.data import Data, Fill, Regression, SeriesSource, TableSource, source_of
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import Setting, TableName, fmt
from seqspec.core.api.spec import TypedSpec
from seqspec.training.access import Access, access_to
from seqspec.training.data.arrays import from_python
from seqspec.training.data.budget import budget_of
from seqspec.training.data.column_findings.missing_rows import missing_values
from seqspec.training.data.column_findings.training import far_labels, uninformative_columns
from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.labels import LabelScale, fit_label_scale, fit_labels, ignored_class
from seqspec.training.data.leaks.scan import scan
from seqspec.training.data.missing import complete_rows, complete_sets, nothing_left, refuse_missing
from seqspec.training.data.model_sets import (
    Inputs,
    array_inputs,
    classes_outside_train,
    column_inputs,
    model_sets,
    series_inputs,
)
from seqspec.training.data.prepared import PreparedData, SampleSet
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array, ReadSets, Samples, read
from seqspec.training.data.series.sets import cut_windows, split_steps
from seqspec.training.data.shards import Shards
from seqspec.training.data.split import SETS, columns_of, group_column, split_rows
from seqspec.training.errors import DataError


def read_sets(spec: TypedSpec, context: ReadContext, data: object, seed: int, joined: bool) -> ReadSets:
    """The sets; the arguments are those of `prepare`."""
    if isinstance(data, Mapping):
        return _complete(_python_sets(data, context), context)
    source = None if data is not None else source_of(spec.data.source)
    if data is None and source is None:
        return _declared_sets(spec, context)
    split = spec.data.split
    if isinstance(source, SeriesSource):
        return _split_series(source, split, context, seed, joined)
    if split is None:
        return _complete({"train": _whole(source, context, data)}, context)
    return _split_samples(source, split, context, data, seed, joined)


def _python_sets(data: Mapping[str, object], context: ReadContext) -> dict[str, Samples]:
    """Sets from Python: arrays by the name of the set."""
    sets = {name: from_python(value, context) for name, value in data.items() if value is not None}
    if not set(sets) <= set(SETS) or "train" not in sets:
        raise DataError([Violation("data-split", f"data needs the keys train, validation, test; got {list(data)}")])
    return sets


def _complete(sets: Mapping[str, Samples], context: ReadContext) -> ReadSets:
    """Sets that are not split from one source."""
    kept, dropped = complete_sets(sets, context.missing, nothing_left)
    return ReadSets(kept, dropped=dropped)


def _split_series(source: SeriesSource, split: object, context: ReadContext, seed: int, joined: bool) -> ReadSets:
    """The time steps of each set; those with missing values are dropped with their windows."""
    whole = read(source, context)
    if split is None:
        return ReadSets({"train": whole}, series=source)
    rows, sets, warnings = split_steps(whole, source, split, seed)
    if joined:
        rows = _joined(rows)
        sets = {"train": whole.take(rows["train"]), **{name: sets[name] for name in rows if name != "train"}}
    return ReadSets(sets, _in_file(rows, whole.series_steps.numbers), source, warnings=warnings)


def _split_samples(
    source: object, split: object, context: ReadContext, data: object, seed: int, joined: bool
) -> ReadSets:
    """The samples of each set; some are dropped before the split, so that the sets have the wanted sizes."""
    samples, kept, dropped = _complete_whole(source, context, data)
    rows, warnings = split_rows(samples, split, seed, Data.key_path(lambda data: data.split))
    if joined:
        rows = _joined(rows)
    sets = {name: samples.take(chosen) for name, chosen in rows.items()}
    return ReadSets(sets, _in_file(rows, kept), dropped=dropped, warnings=warnings)


def _complete_whole(source: object, context: ReadContext, data: object) -> tuple[Samples, Array | None, int]:
    """All samples but those that are dropped for missing values, their rows (None for all), and how many were."""
    whole = _whole(source, context, data)
    kept = complete_rows(whole, context.missing)
    if kept is None:
        return whole, None, 0
    if not len(kept):
        raise DataError([nothing_left(None)])
    return whole.take(kept), kept, len(whole) - len(kept)


def _whole(source: object, context: ReadContext, data: object) -> Samples:
    """The samples of the source; without one, of arrays from Python."""
    return from_python(data, context) if source is None else read(source, context)


def _joined(rows: Mapping[str, Array]) -> dict[str, Array]:
    """The rows of each set, those of the validation set in the training set."""
    train = [rows[name] for name in ("train", "validation") if name in rows]
    others = {name: set_rows for name, set_rows in rows.items() if name not in ("train", "validation")}
    return {"train": np.sort(np.concatenate(train)), **others}


def _in_file(rows: Mapping[str, Array], kept: Array | None) -> Mapping[str, Array]:
    """The rows of the file that each set has, of which the samples `kept` were split."""
    return rows if kept is None else {name: kept[set_rows] for name, set_rows in rows.items()}


def _declared_sets(spec: TypedSpec, context: ReadContext) -> ReadSets:
    """The sets that have a source each; windows of a series are cut within their set."""
    sets: dict[str, Samples] = {}
    paths: dict[str, Path] = {}
    for name in SETS:
        described = getattr(spec.data, name)
        source = source_of(described.source) if described is not None else None
        if source is None:
            continue
        paths[name] = ("data", name, "source")
        samples = read(source, replace(context, path=paths[name], columns={}))
        if isinstance(source, SeriesSource):
            samples = cut_windows({name: samples}, source, context)[name]
        sets[name] = samples
    if "train" not in sets:
        message, path = "the spec declares no training data source", ("data",) if "data" in spec.written else ()
        help = fmt("add {} to {}", Setting("source", _likely_source(context)), TableName(("data",)))
        raise DataError([Violation("data-unreadable", message, path=path, help=help)])
    return replace(_complete(sets, context), paths=paths)


def _likely_source(context: ReadContext) -> dict[str, str]:
    """A source of the type that the input of the model suggests."""
    if context.string_input:
        return {"type": "text", "path": "..."}
    if context.input_shape is not None and len(context.input_shape) == 3:
        return {"type": "images", "path": "..."}
    return {"type": "table", "path": "...", "label": "..."}


def prepare(
    spec: TypedSpec,
    base: str = ".",
    *,
    data: object = None,
    seed: int = 0,
    allowed: Sequence[str] = (),
    check_leakage: bool = True,
    scratch: str | None = None,
    shards: Shards[Samples] | None = None,
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
    context = replace(
        context_of(spec, base, access if access is not None else access_to(base), scratch),
        columns=columns_of(spec.data.split),
        allowed=tuple(allowed),
        shards=shards,
        trained=encoder is not None,
    )
    if data is not None:
        context = replace(context, kinds=None)
    _require_divisible(spec, context)
    read = read_sets(spec, context, data, seed, joined)
    _require_values(read, context)

    def findings(compared: Mapping[str, Samples], encoder: Encoder | None = None) -> Sequence[Violation]:
        return _findings(spec, read, compared, encoder, context) if check_leakage else ()

    if read.series is not None:
        inputs = series_inputs(read.samples, read.series, context)
    elif read.train.raw is not None:
        inputs = column_inputs(read, context, findings, encoder)
    else:
        inputs = array_inputs(read, context, findings)
    return _prepared(spec, read, inputs, context)


def context_of(spec: TypedSpec, base: str, access: Access, scratch: str | None = None) -> ReadContext:
    """The context in which the data of a spec is read; the arguments are those of `prepare`."""
    table, model_input = spec.data, spec.stack.input
    context = ReadContext(
        base,
        Data.key_path(lambda data: data.source),
        budget=budget_of(table.memory, scratch),
        access=access,
        kinds=table.columns,
        target=spec.target,
        missing=table.missing,
    )
    if model_input is None:
        return context
    return replace(context, string_input=model_input.dtype == "string", input_shape=tuple(model_input.shape[1:]))


def _require_divisible(spec: TypedSpec, context: ReadContext) -> None:
    """Raises `DataError` for columns of `[data.columns]` that are to be divided among workers."""
    if context.kinds is not None and context.shards is not None and spec.data.memory == "shard":
        message = "the columns of [data.columns] cannot be divided among the workers of a Ray cluster"
        help = fmt("set {}: each worker reads the files", Setting(Data.key_of(lambda data: data.memory), "stream"))
        raise DataError([Violation("data-mismatch", message, path=Data.key_path(lambda data: data.memory), help=help)])


def _require_values(read: ReadSets, context: ReadContext) -> None:
    """Raises `DataError` for missing values that are neither filled nor dropped, and for infinite ones."""
    # A set of a series whose steps are all in a gap is refused with its windows.
    present = {name: samples for name, samples in read.samples.items() if len(samples)}
    paths = {name: read.paths.get(name, context.path) for name in present}
    violations = refuse_missing(present, paths, isinstance(context.missing, Fill), context.missing == "drop")
    if read.train.raw is not None:
        violations += missing_values(read.samples, context.missing)
    if violations:
        raise DataError(violations)


def _findings(
    spec: TypedSpec, read: ReadSets, compared: Mapping[str, Samples], encoder: Encoder | None, context: ReadContext
) -> list[Violation]:
    """Values that are likely wrong, columns without information, and leaks."""
    train = read.train
    violations = far_labels(train, context)
    if encoder is not None and train.raw is not None:
        source = spec.data.source
        ignored = list(source.ignore or ()) if isinstance(source, TableSource) else None
        violations += uninformative_columns(encoder, train.raw, train.x, ignored)
    return [*violations, *scan(spec, read, compared, context)]


def _prepared(spec: TypedSpec, read: ReadSets, inputs: Inputs, context: ReadContext) -> PreparedData:
    """The sets with encoded labels, and all that was learned."""
    train = inputs.sets["train"]
    labels = fit_labels(train.y, spec.target, train.labels, ignored_class(spec))
    sets = model_sets(inputs.sets, labels, group_column(spec.data.split), context, inputs.encoder)
    # The sets of one source have the same warnings.
    of_sources = {
        (warning.path, warning.message): warning for samples in inputs.sets.values() for warning in samples.warnings
    }
    outside = classes_outside_train(sets, labels, context)
    return PreparedData(
        sets=sets,
        labels=labels,
        rows=read.rows,
        fills=inputs.fills,
        features=train.features,
        label_columns=train.labels,
        files_of={name: samples.files for name, samples in inputs.sets.items()},
        dropped=read.dropped + inputs.dropped,
        warnings=(*read.warnings, *inputs.warnings, *of_sources.values(), *outside),
        encoder=inputs.encoder,
        label_scale=_label_scale(spec, sets),
        names={name: samples.where for name, samples in inputs.sets.items()},
    )


def _label_scale(spec: TypedSpec, sets: Mapping[str, SampleSet]) -> LabelScale | None:
    """The scale of the labels, learned from the training set; raises `DataError` where they cannot be scaled."""
    target, source, y = spec.target, spec.data.training_source, sets["train"].y
    if not isinstance(target, Regression) or target.scale == "none" or y is None:
        return None
    # The steps of one value are scaled alike; several values, or labels, each by itself.
    forecasts_one = (
        sets["train"].origins is not None and isinstance(source, SeriesSource) and isinstance(source.target, str)
    )
    scale = fit_label_scale(target.scale, y, each=not forecasts_one)
    if "validation" in sets and (validation := sets["validation"].y) is not None:
        scale.require_scalable(validation, "validation")
    return scale
