"""Missing values: refused, dropped, or filled with statistics of the training set alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from seqspec.core.api.data import Data, Fill
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import SHOWN, Setting, TableName, counted, fmt, shorten_list
from seqspec.training.data.column_findings.missing_rows import incomplete_rows
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import StoredArray, Values, chunks, per_sample
from seqspec.training.errors import DataError

_MEDIAN_BYTES = 2**26
_MISSING, _INFINITE = "missing", "infinite"
_INFINITE_HELP = "replace or remove them: they are infinite, or too large for float32"


def missing_labels(y: Values | None) -> Array | None:
    """A mask of missing labels; None if labels of this dtype cannot be missing."""
    if y is None or y.dtype.kind in "iub":
        return None
    if y.dtype == object:
        return per_sample(lambda part: np.array([value is None for value in part.reshape(len(part), -1)[:, 0]]), y)
    return per_sample(_has_nan, y)


def missing_inputs(x: Values) -> Array | None:
    """A mask of samples with a missing input value; None if there can be none."""
    return per_sample(_has_nan, x) if x.dtype.kind == "f" else None


def missing_by_row(samples: Samples) -> dict[int, list[str]]:
    """The columns that are missing in each row of a table of numbers."""
    missing: dict[int, list[str]] = {}
    if samples.x.dtype.kind != "f" or samples.x.ndim != 2 or len(samples.features) != samples.x.shape[-1]:
        return missing
    for start, part in chunks(samples.x):
        for row, column in np.argwhere(np.isnan(part)).tolist():
            missing.setdefault(start + row, []).append(f"column {samples.features[column]}")
    return missing


def missing_by_window(x: Values) -> dict[int, int]:
    """The number of missing values in each window that has any."""
    counts = per_sample(lambda part: np.isnan(part.reshape(len(part), -1)).sum(axis=1), x)
    return {int(row): int(counts[row]) for row in np.flatnonzero(counts)}


def _has_nan(part: Array) -> Array:
    return np.asarray(np.isnan(part.reshape(len(part), -1)).any(axis=1))


def complete_rows(samples: Samples, policy: object) -> Array | None:
    """The rows that are not dropped for missing values; None for all."""
    bad = np.zeros(len(samples), bool) if samples.raw is None else incomplete_rows(samples, policy)
    for incomplete in (missing_inputs(samples.x), missing_labels(samples.y)) if policy == "drop" else ():
        if incomplete is not None:
            bad |= incomplete
    return np.flatnonzero(~bad) if bad.any() else None


def complete(samples: Samples, policy: object) -> tuple[Samples, int]:
    """The samples without those that are dropped for missing values, and how many were dropped."""
    rows = complete_rows(samples, policy)
    return (samples, 0) if rows is None else (samples.take(rows), len(samples) - len(rows))


def complete_sets(
    sets: Mapping[str, Samples], policy: object, lost: Callable[[str], Violation]
) -> tuple[dict[str, Samples], int]:
    """The same for each set; `lost` is the error of a set without any complete sample."""
    completed = {name: complete(samples, policy) for name, samples in sets.items()}
    for name, (kept, dropped) in completed.items():
        if dropped and not len(kept):
            raise DataError([lost(name)])
    return {name: kept for name, (kept, _) in completed.items()}, sum(dropped for _, dropped in completed.values())


def nothing_left(name: str | None) -> Violation:
    """The error for a set, or all samples, of which each has missing values."""
    of = "" if name is None else f" of the {name} set"
    return Violation(
        "data-split", f"every sample{of} has missing values", path=Data.key_path(lambda data: data.missing)
    )


class _Problem(NamedTuple):
    """Values of a column that cannot be trained on: `who` is the subject of the message, `rows` those of one set."""

    who: str
    rows: Array
    help: str
    kind: str = _MISSING


def refuse_missing(
    sets: Mapping[str, Samples], paths: Mapping[str, Path], filled: bool, dropped: bool = False
) -> list[Violation]:
    """Violations for missing labels, for missing inputs that are not filled, and for infinite values.

    Args:
        sets: The samples by the name of their set.
        paths: The place of the source of each set; that of the first one with the problem is reported.
        filled: Whether missing inputs are filled.
        dropped: Whether samples with missing values will be left out, so that only infinite values are refused.
    """
    problems: dict[tuple[str, str], dict[str, _Problem]] = {}
    for name, samples in sets.items():
        for problem in (
            *_in_labels(samples, dropped),
            *_in_weights(samples),
            *_in_inputs(samples, reports_missing=not filled and not dropped),
        ):
            problems.setdefault((problem.who, problem.kind), {})[name] = problem
    return [_violation(by_set, sets, paths) for by_set in problems.values()]


def _in_labels(samples: Samples, dropped: bool) -> Iterator[_Problem]:
    name = ", ".join(samples.labels) or "label"
    missing = None if dropped else missing_labels(samples.y)
    if missing is not None and missing.any():
        help = fmt("set {} in {}", Setting(Data.key_of(lambda data: data.missing), "drop"), TableName(("data",)))
        yield _Problem(name, np.flatnonzero(missing), help)
    if samples.y is not None and samples.y.dtype.kind == "f":
        infinite = np.flatnonzero(per_sample(_has_infinite, samples.y))
        if len(infinite):
            yield _Problem(name, infinite, _INFINITE_HELP, _INFINITE)


def _in_weights(samples: Samples) -> Iterator[_Problem]:
    if samples.weight is not None and samples.weight.dtype.kind == "f":
        unknown = np.flatnonzero(~np.isfinite(samples.weight))
        if len(unknown):
            help = "set a finite weight for every sample"
            yield _Problem("the weight", unknown, help, "missing or infinite")
    if samples.weight is not None and samples.weight.dtype.kind in "fi":
        negative = np.flatnonzero(samples.weight < 0)
        if len(negative):
            help = "set weights of 0 or more: a negative one maximizes the loss"
            yield _Problem("the weight", negative, help, "negative")


def _in_inputs(samples: Samples, reports_missing: bool) -> Iterator[_Problem]:
    if samples.x.dtype.kind != "f":
        return
    help = fmt(
        "set {} or {} in {}",
        Setting(Data.key_of(lambda data: data.missing), "drop"),
        Setting(Data.key_of(lambda data: data.missing), {"fill": "mean"}),
        TableName(("data",)),
    )
    # The values of a window are those of several steps.
    names = samples.features if samples.x.ndim == 2 and len(samples.features) == samples.x.shape[-1] else ()
    rows: dict[tuple[str, str], list[Array]] = {}
    for start, part in chunks(samples.x):
        part = _as_trained(part)
        if np.isfinite(part).all():
            continue
        bad: Array
        for kind, bad in ((_MISSING, np.isnan(part)), (_INFINITE, np.isinf(part))):
            if not bad.any() or (kind == _MISSING and not reports_missing):
                continue
            if names:
                for column in np.flatnonzero(bad.any(axis=0)):
                    bad_rows = start + np.flatnonzero(bad[:, column])
                    rows.setdefault((f"column {names[int(column)]}", kind), []).append(bad_rows)
            else:
                inside = bad.reshape(len(part), -1).any(axis=1)
                rows.setdefault(("the input", kind), []).append(start + np.flatnonzero(inside))
    order = {f"column {name}": number for number, name in enumerate(names)}
    for who, kind in sorted(rows, key=lambda key: order.get(key[0], 0)):
        advice = help if kind == _MISSING else _INFINITE_HELP
        yield _Problem(who, np.concatenate(rows[who, kind]), advice, kind)


def _as_trained(part: Array) -> Array:
    """The values as passed to the model: those that are too large for float32 become infinite."""
    if part.dtype.itemsize <= 4:
        return part
    with np.errstate(over="ignore"):
        return part.astype(np.float32)


def _has_infinite(part: Array) -> Array:
    return np.asarray(np.isinf(_as_trained(part).reshape(len(part), -1)).any(axis=1))


def _violation(by_set: Mapping[str, _Problem], sets: Mapping[str, Samples], paths: Mapping[str, Path]) -> Violation:
    first, problem = next(iter(by_set.items()))
    counts = {name: len(problem.rows) for name, problem in by_set.items()}
    of_sets = f" ({', '.join(f'{name} {count:,}' for name, count in counts.items())})" if len(sets) > 1 else ""
    rows = [sets[name].where(int(row)) for name, problem in by_set.items() for row in problem.rows[: SHOWN + 1]]
    shown = shorten_list(rows[: SHOWN + 1])
    message = f"{problem.who} has {counted(sum(counts.values()), f'{problem.kind} value')}{of_sets}: {shown}"
    return Violation("data-values", message, path=paths[first], help=problem.help)


def filled_sets(sets: Mapping[str, Samples], policy: str | Fill) -> tuple[Mapping[str, Samples], Array | None]:
    """The sets with missing inputs filled, and what replaces them, learned from the training set; None if they stay."""
    train = sets["train"]
    if not isinstance(policy, Fill) or train.x.dtype.kind != "f":
        return sets, None
    fills = fill_values(train.x, policy)
    _require_fills(fills, train.features)
    return {name: replace(samples, x=filled(samples.x, fills)) for name, samples in sets.items()}, fills


def fill_values(train: Values, fill: Fill) -> Array:
    """The value that replaces missing ones, per feature (last axis), computed from the training inputs."""
    if not isinstance(fill.fill, str):
        return np.full(_width(train), fill.fill, np.float32)
    return _means(train) if fill.fill == "mean" else _medians(train)


def _width(x: Values) -> int:
    """The number of features; 1 where each sample is a number."""
    return int(x.shape[-1]) if x.ndim > 1 else 1


def _means(train: Values) -> Array:
    width = _width(train)
    total, count = np.zeros(width), np.zeros(width)
    for _, part in chunks(train):
        flat = part.reshape(-1, width)
        total += np.nansum(flat, axis=0, dtype=np.float64)
        count += (~np.isnan(flat)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / count, np.float32)


def _medians(train: Values) -> Array:
    width = _width(train)
    values = np.empty(width, np.float32)
    # The median of a feature needs all its values, so as many features as fit are read at a time.
    step = max(1, _MEDIAN_BYTES // max(1, train.nbytes // max(1, width)))
    for start in range(0, width, step):
        # Copies, since a view would keep its part in memory.
        parts = [np.ascontiguousarray(part.reshape(-1, width)[:, start : start + step]) for _, part in chunks(train)]
        flat = np.concatenate(parts)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            values[start : start + step] = np.nanmedian(flat, axis=0)
    return values


def filled(x: Values, values: Array) -> Values:
    """The inputs with missing values replaced; those with another number of features are refused by `as_input`."""
    if x.dtype.kind != "f" or _width(x) != len(values):
        return x

    def fill(part: Array) -> Array:
        return np.where(np.isnan(part), values.astype(part.dtype), part)

    return x.mapped(fill) if isinstance(x, StoredArray) else fill(x)


def _require_fills(values: Array, features: Sequence[str]) -> None:
    """Raises `DataError` where a training column has no value at all."""
    empty = np.flatnonzero(np.isnan(values))
    if len(empty):
        names = ", ".join(str(features[index]) if features else str(index) for index in empty[:SHOWN])
        message = f"no training sample has a value for {names}"
        raise DataError([Violation("data-values", message, path=Data.key_path(lambda data: data.missing))])
