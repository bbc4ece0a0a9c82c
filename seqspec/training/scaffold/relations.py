"""Columns that say the same as another one: multiples, and other linear functions of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from seqspec.training.data.encoding.numbers import NumberReader
from seqspec.training.data.samples import Array
from seqspec.training.data.tables.cells import as_numbers
from seqspec.training.data.tables.related_columns import is_close, proportion, related_pairs
from seqspec.training.scaffold.kinds import ColumnChoice

if TYPE_CHECKING:
    import pyarrow as pa

    from seqspec.training.scaffold.sample import TableSample

_MAX_ROWS = 20_000
_MAX_COLUMNS = 500
_MIN_ROWS = 20


def without_repetitions(choices: Sequence[ColumnChoice], sample: TableSample, label: str) -> list[ColumnChoice]:
    """The choices, with columns of numbers ignored that are a linear function of an earlier one."""
    names = [choice.name for choice in choices if _is_plain_number(choice) and choice.name != label][:_MAX_COLUMNS]
    if len(names) < 2 or len(sample.positions) < _MIN_ROWS:
        return list(choices)
    matrix = np.stack([_numbers(sample.columns[name]) for name in names])
    formulas = _linear(names, matrix)
    return [
        replace(choice, kind="ignore", note=formulas[choice.name], settings={}, question=None)
        if choice.name in formulas
        else choice
        for choice in choices
    ]


def _is_plain_number(choice: ColumnChoice) -> bool:
    numbers = choice.profile.numbers
    return choice.kind == "number" and numbers is not None and not numbers.marks and len(numbers.values) > 2


def _numbers(column: pa.ChunkedArray) -> Array:
    step = max(1, len(column) // _MAX_ROWS)
    try:
        return as_numbers(column)[::step]
    except ValueError:
        # Values that are not numbers are reported with the column, and missing here.
        [values] = NumberReader().read(column, 0)
        return values[::step].astype(np.float64)


def _linear(names: Sequence[str], matrix: Array) -> dict[str, str]:
    """The columns that an earlier one determines, each with the formula."""
    formulas: dict[str, str] = {}
    # In order of the later column, so that a column that is left out determines no other.
    for earlier, later in sorted(related_pairs(matrix), key=lambda pair: pair[::-1]):
        if names[earlier] in formulas or names[later] in formulas:
            continue
        known = np.isfinite(matrix[earlier])
        formula = _formula(names[earlier], matrix[earlier, known], matrix[later, known])
        if formula is not None:
            formulas[names[later]] = formula
    return formulas


def _formula(name: str, x: Array, y: Array) -> str | None:
    """The second column as a function of the first; None if it is not a linear one but for rounding."""
    slope, offset = np.polyfit(x, y, 1)
    if not is_close(y, slope * x + offset):
        return None
    factor = proportion(x, y)
    if factor is not None:
        return f"the same as {name}" if f"{factor:.6g}" == "1" else f"{factor:.4g} × {name}"
    sign = "+" if offset >= 0 else "-"
    return f"{slope:.4g} × {name} {sign} {abs(offset):.4g}"
