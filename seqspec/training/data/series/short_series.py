"""Series without a window: left out if others have some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seqspec.core.api.data import SeriesSource
from seqspec.core.api.messages import counted, quote_value, shorten_list
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Samples
from seqspec.training.data.stored import Array
from seqspec.training.data.tables.cells import alike, folded
from seqspec.training.data.time_axis.index import MAX_NAMES, StepRows


def short_text(names: Sequence[str], lengths: Array, needed: int) -> str:
    """The series with fewer steps than are `needed`; names that differ from others in little say so."""
    shown, groups = [], alike(names)
    for number in np.flatnonzero(lengths < needed).tolist():
        name, has = names[number], f"has {counted(int(lengths[number]), 'step')}"
        other = next((similar for similar in groups.get(folded(name), ()) if similar != name), None)
        if other is None:
            shown.append(f"series {name} {has}")
        else:
            own, other = (quote_value(series_name, typed=False) for series_name in (name, other))
            shown.append(f"series {own} {has} (did you mean {other}?)")
    return f"{shorten_list(shown, MAX_NAMES)}; a window and its horizon need {needed:,}"


def without_short_series(steps: Samples, source: SeriesSource, context: ReadContext) -> Samples:
    """The steps of the series that have a window, and a warning that names the others; all if none has one."""
    index, needed = steps.series_steps.index, source.window + source.horizon
    if index.series is None:
        return steps
    lengths = np.bincount(index.series[steps.series_steps.rows], minlength=len(index.names))
    long = lengths >= needed
    if long.all() or not long.any():
        return steps
    text = f"{short_text(index.names, lengths, needed)}: left out"
    warning = context.violation("short-series", text, "window", severity="warning")
    kept = long[index.series]
    chosen = steps.take(np.flatnonzero(kept[steps.series_steps.rows]))
    rows = (np.cumsum(kept) - 1)[chosen.series_steps.rows]
    return replace(chosen, steps=StepRows(index.with_series(long), rows), warnings=[*steps.warnings, warning])
