"""Missing values: an error, dropped samples, or a fill whose statistics come from the training set alone."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from seqspec.diagnostics.violation import Path, Violation
from seqspec.document.sources import Fill
from seqspec.training.data.samples import Array, Samples
from seqspec.training.errors import DataError

_SHOWN = 5


def missing_labels(y: Array | None) -> Array | None:
    """Which labels are missing; None where labels cannot be."""
    if y is None or y.dtype.kind in "iub":
        return None
    if y.dtype == object:
        return np.array([value is None for value in y.reshape(len(y), -1)[:, 0]])
    return np.asarray(np.isnan(y.reshape(len(y), -1)).any(axis=1))


def missing_inputs(x: Array) -> Array | None:
    """Which samples have a missing input value; None where there can be none."""
    if x.dtype.kind != "f":
        return None
    return np.asarray(np.isnan(x.reshape(len(x), -1)).any(axis=1))


def drop_missing(samples: Samples) -> tuple[Samples, int]:
    """The samples without a missing input or label, and how many were dropped."""
    bad = np.zeros(len(samples), bool)
    for found in (missing_inputs(samples.x), missing_labels(samples.y)):
        if found is not None:
            bad |= found
    count = int(bad.sum())
    return (samples.take(np.flatnonzero(~bad)) if count else samples), count


def refuse_missing(samples: Samples, path: Path, filled: bool) -> list[Violation]:
    """Violations for missing labels, and for missing inputs where they are not to be filled."""
    violations = []
    labels = missing_labels(samples.y)
    if labels is not None and labels.any():
        name = ", ".join(samples.labels) or "label"
        violations.append(_problem(f"{name} has", labels, samples, path, 'set missing = "drop" in [data]'))
    inputs = None if filled else missing_inputs(samples.x)
    if inputs is not None and inputs.any():
        help = 'set missing = "drop" or missing = { fill = "mean" } in [data]'
        if samples.x.ndim == 2 and samples.features:
            for column, name in enumerate(samples.features):
                bad = np.isnan(samples.x[:, column])
                if bad.any():
                    violations.append(_problem(f"column {name} has", bad, samples, path, help))
        else:
            violations.append(_problem("the input has", inputs, samples, path, help))
    return violations


def _problem(who: str, bad: Array, samples: Samples, path: Path, help: str) -> Violation:
    rows = np.flatnonzero(bad)
    shown = ", ".join(samples.where(int(row)) for row in rows[:_SHOWN]) + (", …" if len(rows) > _SHOWN else "")
    plural = "value" if len(rows) == 1 else "values"
    return Violation("data-values", f"{who} {len(rows):,} missing {plural}: {shown}", path=path, help=help)


def fill_values(train: Array, fill: Fill) -> Array:
    """What replaces a missing value: one number per feature (last axis), from the training inputs."""
    if not isinstance(fill.fill, str):
        return np.full(train.shape[-1], fill.fill, np.float32)
    flat = train.reshape(-1, train.shape[-1])
    with np.errstate(invalid="ignore"):
        reduce = np.nanmean if fill.fill == "mean" else np.nanmedian
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            values = np.asarray(reduce(flat, axis=0), np.float32)
    return values


def filled(x: Array, values: Array) -> Array:
    """The inputs with missing values replaced."""
    return np.where(np.isnan(x), values.astype(x.dtype), x) if x.dtype.kind == "f" else x


def check_fills(values: Array, features: Mapping[int, str] | Any, path: Path) -> None:
    """Raises `DataError` where a training column has no value at all."""
    empty = np.flatnonzero(np.isnan(values))
    if len(empty):
        names = ", ".join(str(features[index]) if features else str(index) for index in empty[:_SHOWN])
        raise DataError([Violation("data-values", f"no training sample has a value for {names}", path=path)])
