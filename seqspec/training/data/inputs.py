"""Model inputs from samples as they were read: windows of a series, encoded columns, or numbers and text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

from seqspec.core.api.data import SeriesSource
from seqspec.core.api.diagnostics import Violation
from seqspec.training.data.column_findings.training import unusable
from seqspec.training.data.column_findings.unseen import unknown_values
from seqspec.training.data.encoding.encoder import Encoder, fit_encoder
from seqspec.training.data.missing import complete_sets, filled_sets
from seqspec.training.data.samples import Array, ReadContext, ReadSets, Samples
from seqspec.training.data.series.empty_cells import lost_set, lost_windows
from seqspec.training.data.series.sets import cut_windows
from seqspec.training.errors import DataError


class Inputs(NamedTuple):
    """The sets with their inputs, and what was learned for them from the training set.

    `warnings` are findings of the samples; `dropped` counts windows that are left out for missing values; `fills` and
    `encoder` are those of `PreparedData`.
    """

    sets: Mapping[str, Samples]
    warnings: Sequence[Violation] = ()
    dropped: int = 0
    fills: Array | None = None
    encoder: Encoder | None = None


class SampleCheck(Protocol):
    """Looks for leaks, and for values that are likely wrong, in the samples as they were read.

    `compared` are the samples of each set with inputs that can be compared across sets.
    """

    def __call__(self, compared: Mapping[str, Samples], encoder: Encoder | None = None) -> Sequence[Violation]: ...


def series_inputs(sets: Mapping[str, Samples], source: SeriesSource, context: ReadContext) -> Inputs:
    """Time steps: filled, then cut into windows, of which those with missing values are dropped."""
    steps, fills = filled_sets(sets, context.missing)
    cut = cut_windows(steps, source, context)
    kept, dropped = complete_sets(cut, context.missing, partial(lost_set, steps, source))
    warnings = list(lost_windows(steps, source, sum(map(len, cut.values())), dropped))
    return Inputs(kept, warnings, dropped, fills)


def array_inputs(read: ReadSets, context: ReadContext, findings: SampleCheck) -> Inputs:
    """Numbers or text: filled."""
    warnings = findings(read.samples)
    sets, fills = filled_sets(read.samples, context.missing)
    return Inputs(sets, warnings, fills=fills)


def column_inputs(read: ReadSets, context: ReadContext, findings: SampleCheck, encoder: Encoder | None) -> Inputs:
    """The columns of `[data.columns]`: encoded, with the encoder of a trained model, else with a new one."""
    encoder = encoder or _fitted_encoder(read.train, context)
    if read.rows and context.shards is None:
        warnings = findings(read.samples, encoder)
        return Inputs(_encoded(read.samples, encoder, context), warnings, encoder=encoder)
    # Raw rows of sets with a source each, or of several machines, have dictionaries of their own.
    sets = _encoded(read.samples, encoder, context)
    return Inputs(sets, findings(sets, encoder), encoder=encoder)


def _fitted_encoder(train: Samples, context: ReadContext) -> Encoder:
    """The encoder of the columns, learned from the training set; raises `DataError` if a column cannot be encoded."""
    assert train.raw is not None
    encoder = fit_encoder(train.raw, train.x, context.missing)
    if violations := unusable(encoder):
        raise DataError(violations)
    return encoder


def _encoded(sets: Mapping[str, Samples], encoder: Encoder, context: ReadContext) -> dict[str, Samples]:
    """The sets with raw rows encoded; where they do not fit in memory, when they are read."""
    total = sum(len(samples) for samples in sets.values())
    stream = context.streams(4 * encoder.width * total)
    encoded, refused = {}, []
    for name, samples in sets.items():
        assert samples.raw is not None
        refused += unknown_values(encoder, samples.raw)[1]
        x = encoder.encode(samples.x, samples.raw, stream=stream)
        encoded[name] = replace(samples, x=x, raw=None)
    if refused:
        raise DataError(list({violation.message: violation for violation in refused}.values()))
    return encoded
