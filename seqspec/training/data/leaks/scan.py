"""The leak scan of tables, arrays, texts and images, before a model is trained and in `seqspec check --data`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from seqspec.core.api.data import (
    AudioSource,
    Data,
    ImagesSource,
    KFoldSplit,
    RandomSplit,
    SeriesSource,
    SourceTable,
    TableSource,
)
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.spec import TypedSpec
from seqspec.training.data.column_findings.wrong_values import column_path
from seqspec.training.data.labels import objective_of
from seqspec.training.data.leaks.column_checks import MIN_ROWS, ColumnScan, check_columns, fitted_on_everything
from seqspec.training.data.leaks.column_views import array_columns, feature_columns, text_column
from seqspec.training.data.leaks.equal_samples import equal_rows, leaks, repeated_rows
from seqspec.training.data.leaks.scanned_columns import ColumnCollector, Label, ScannedColumn, class_label, number_label
from seqspec.training.data.leaks.similar_images import similar_images
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array, ReadSets, Samples
from seqspec.training.data.shards import Column
from seqspec.training.data.tables.cells import as_list
from seqspec.training.data.tables.table_files import open_table

_MAX_ROWS = 100_000
_MAX_VALUES = 2**23
"""Maximum number of values of the sampled rows in memory."""
_MAX_TEXTS = 5_000
_MAX_LABELS = 20
_SEED = 0
_MAX_CLASSES_IMPLIED = 20
"""Maximum number of distinct integers that are classes where neither [target] nor the loss says so."""


def scan(spec: TypedSpec, read: ReadSets, compared: Mapping[str, Samples], context: ReadContext) -> Iterator[Violation]:
    """The leaks of samples; of data that is divided among machines only equal samples.

    Args:
        spec: The spec.
        read: The samples of each set, as they were read.
        compared: The same with inputs that can be compared across sets: encoded, where each set has its own source.
        context: How the source is read.
    """
    split: Path = Data.key_path(lambda data: data.split) if read.rows else context.path
    several, train = len(compared) > 1, read.train
    source = spec.data.training_source
    has_columns = train.raw is not None or (_is_matrix(train) and not context.string_input)
    table = source if isinstance(source, TableSource) and has_columns else None
    if context.shards is None and table is None:
        yield from check_columns(_scanned_arrays(spec, source, read, context))
    if several and (context.shards is not None or table is None):
        yield from leaks(compared, split)
    if context.shards is not None:
        return
    if several:
        yield from similar_images(compared, split)
    if table is None:
        return
    columns = _scanned_columns(spec, table, read, context)
    yield from check_columns(columns)
    if several:
        ids = {column.name for column in columns.columns if column.is_feature and column.is_id()}
        shared = list(equal_rows(compared, ids, split))
        yield from shared or repeated_rows(train, context.path)
    if read.rows and several:
        yield from fitted_on_everything(read.samples, columns.places, context.path)


def _scanned_arrays(spec: TypedSpec, source: SourceTable | None, read: ReadSets, context: ReadContext) -> ColumnScan:
    """The columns of arrays, and the words of texts, of a sample of the training set; none of images and series."""
    train = read.train
    columns: list[ScannedColumn] = []
    labels: list[Label] = []
    place: Path = context.path if read.rows or spec.data.source or not read.paths else read.paths["train"]
    if train.y is not None and train.y.ndim <= 2 and not isinstance(source, (ImagesSource, AudioSource, SeriesSource)):
        is_text = train.x.dtype == object
        sample = _sampled(train, math.prod(train.x.shape[1:]), min(_MAX_ROWS, _MAX_TEXTS) if is_text else _MAX_ROWS)
        labels = _labels(spec, train, np.asarray(train.y[sample]))
        if is_text and math.prod(train.x.shape[1:]) == 1:
            columns = [text_column(train, sample)]
        elif train.x.ndim in (2, 3) and train.x.dtype.kind in "fiub":
            columns = list(array_columns(train, sample, labels))
    return ColumnScan(columns, labels, {}, place, None)


def _sampled(train: Samples, width: int, limit: int) -> Array:
    """The rows of a sample of the training set, of at most `limit` rows of `width` values each."""
    count = max(MIN_ROWS, min(limit, _MAX_VALUES // max(1, width)))
    if len(train) <= count:
        return np.arange(len(train))
    return np.sort(np.random.default_rng(_SEED).choice(len(train), count, replace=False))


def _is_matrix(samples: Samples) -> bool:
    return samples.x.ndim == 2 and samples.x.dtype.kind == "f"


def _scanned_columns(spec: TypedSpec, source: TableSource, read: ReadSets, context: ReadContext) -> ColumnScan:
    """The columns and labels of a sample of the training rows."""
    train = read.train
    place: Path = context.path if read.rows or spec.data.source else ("data", "train", "source")
    sample = _sampled(train, len(train.features), _MAX_ROWS)
    split = spec.data.split if read.rows else None
    by_random = split if isinstance(split, (RandomSplit, KFoldSplit)) else None
    columns = list(feature_columns(train, sample))
    # Arrays from Python take the place of the file.
    if by_random is not None and train.files:
        used = {*train.features, *train.labels, source.weight, source.id}
        columns += _other_columns(source, used, read.rows["train"][sample], replace(context, path=place))
    labels = [] if train.y is None else _labels(spec, train, np.asarray(train.y[sample]))
    places: dict[str, Path] = {name: (*place, "features", number) for number, name in enumerate(source.features or ())}
    if train.raw is not None:
        places = {name: column_path(name) for name in train.features}
    ignored = list(source.ignore or ()) if train.raw is not None else None
    return ColumnScan(columns, labels, places, place, by_random, ignored)


def _labels(spec: TypedSpec, train: Samples, y: Array) -> list[Label]:
    names = list(train.labels) or ["the label"]
    classes = _are_classes(spec, y)
    make = class_label if classes else number_label
    if y.ndim == 1:
        called = (spec.target.names or ()) if classes and spec.target is not None else ()
        return [make(names[0], y)._replace(names=called)]
    flat = y.reshape(len(y), -1)
    if classes and spec.target is not None and spec.target.kind != "multilabel" and flat.shape[1] > 1:
        return [class_label(", ".join(names[:3]), flat.argmax(axis=1))]
    return [make(name, values) for name, values in zip(names, flat.T[:_MAX_LABELS])]


def _are_classes(spec: TypedSpec, y: Array) -> bool:
    if y.dtype == object:
        return True
    if spec.target is not None:
        return spec.target.kind in ("binary", "multiclass", "multilabel")
    objective = objective_of(spec)
    if objective is not None and "cross_entropy" in objective.traits:
        return True
    return bool(np.all(y == np.rint(y))) and len(np.unique(y)) <= _MAX_CLASSES_IMPLIED and objective is None


def _other_columns(
    source: TableSource, used: set[str | None], rows: Array, context: ReadContext
) -> Iterator[ScannedColumn]:
    """The columns that are neither features nor labels, which can be groups or dates, at some rows of the file."""
    table = open_table(context, source.path, source.format, source.dialect)
    names = [name for name in table.names if name not in used]
    collectors = {name: ColumnCollector(name) for name in names}
    order = np.argsort(rows, kind="stable")
    wanted = rows[order]
    start = 0
    for block in table.blocks(names) if names else ():
        count = len(block[names[0]])
        inside = wanted[np.searchsorted(wanted, start) : np.searchsorted(wanted, start + count)] - start
        for name, collector in list(collectors.items()):
            collector.add(_chosen(block[name], inside))
            if not collector.is_group_or_date:
                del collectors[name]
        start += count
    back = np.argsort(order)
    for collector in collectors.values():
        yield collector.finish(is_feature=False, order=back)


def _chosen(values: Column, rows: Array) -> list[object]:
    return [values[row] for row in rows] if isinstance(values, list) else as_list(values.take(rows))
