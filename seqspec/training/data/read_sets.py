"""The samples of each set of `[data]`: those of one source that are split, or of a source for each set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from seqspec.core.api.data import Data, SeriesSource, source_of
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import Setting, TableName, fmt
from seqspec.core.api.spec import TypedSpec
from seqspec.training.data.arrays import from_python
from seqspec.training.data.missing import complete_rows, complete_sets, nothing_left
from seqspec.training.data.samples import Array, ReadContext, ReadSets, Samples, read
from seqspec.training.data.series.sets import cut_windows, split_steps
from seqspec.training.data.split import SETS, split_rows
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
