"""The sets of a table whose columns are declared: rows to drop, the encoder of the training set, encoded inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from seqspec.training.data import column_findings, missing
from seqspec.training.data.encoding.encoder import Encoder, fit_encoder
from seqspec.training.data.samples import Array, ReadContext, Samples
from seqspec.training.errors import DataError


def fitted_encoder(train: Samples, policy: object) -> Encoder:
    """The encoder of the columns, learned from the training set; raises `DataError` if a column cannot be encoded."""
    assert train.raw is not None
    encoder = fit_encoder(train.raw, train.x, policy)
    if violations := column_findings.unusable(encoder):
        raise DataError(violations)
    return encoder


def encoded_sets(sets: Mapping[str, Samples], encoder: Encoder, context: ReadContext) -> dict[str, Samples]:
    """The sets with raw rows encoded; where they do not fit in memory, when they are read."""
    total = sum(len(samples) for samples in sets.values())
    stream = context.streams(4 * encoder.width * total)
    encoded, refused = {}, []
    for name, samples in sets.items():
        assert samples.raw is not None
        refused += column_findings.unknown_values(encoder, samples.raw)[1]
        x = encoder.encode(samples.x, samples.raw, stream=stream)
        encoded[name] = replace(samples, x=x, raw=None)
    if refused:
        raise DataError(list({violation.message: violation for violation in refused}.values()))
    return encoded


def complete(samples: Samples, policy: object) -> tuple[Samples, int]:
    """The samples without those that are dropped for missing values, and how many were dropped."""
    rows = complete_rows(samples, policy)
    return (samples, 0) if rows is None else (samples.take(rows), len(samples) - len(rows))


def complete_rows(samples: Samples, policy: object) -> Array | None:
    """The rows that are not dropped for missing values; None for all."""
    if samples.raw is None:
        return missing.complete_rows(samples) if policy == "drop" else None
    bad = column_findings.incomplete_rows(samples, policy)
    unlabelled = missing.missing_labels(samples.y) if policy == "drop" else None
    if unlabelled is not None:
        bad |= unlabelled
    return np.flatnonzero(~bad) if bad.any() else None
