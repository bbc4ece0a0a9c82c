"""Values that are not of the kind of their column: the rows to correct."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqspec.core.api.messages import quote_value
from seqspec.training.data.encoding.dates import DateReader
from seqspec.training.data.encoding.numbers import NumberReader
from seqspec.training.scaffold.column_names import sensitive_content
from seqspec.training.scaffold.kinds import ColumnChoice

if TYPE_CHECKING:
    from seqspec.training.scaffold.sample import TableSample

CORRECT = "correct"
"""The word before values to correct on the console."""
_MAX_SHOWN = 3
_MAX_LENGTH = 40
_NOUNS = {"number": ("a number", "numbers"), "date": ("an ISO 8601 date", "ISO 8601 dates")}
_EXAMPLE = date(2024, 12, 31)


class InvalidValues(NamedTuple):
    """The values of a column that are not of its kind.

    Attributes:
        kind: What they are not: number or date.
        total: Their number.
        rows: The first rows, from 0.
        shown: The value of each of these; None where it may be a secret.
        format: That of the dates; None for ISO 8601.
    """

    kind: str
    total: int
    rows: list[int]
    shown: list[str | None]
    format: str | None = None

    @property
    def _nouns(self) -> tuple[str, str]:
        """What the values are not: one, and several of them."""
        if self.format is None:
            return _NOUNS[self.kind]
        return f"a date such as {_EXAMPLE:{self.format}}", f"dates such as {_EXAMPLE:{self.format}}"

    @property
    def summary(self) -> str:
        """How many values are not of the kind."""
        one, many = self._nouns
        return f"1 value is not {one}" if self.total == 1 else f"{self.total:,} values are not {many}"

    @property
    def message(self) -> str:
        """The first values with their rows, and what to do."""
        places = [
            f"row {row + 1:,}" if value is None else f"row {row + 1:,}: {quote_value(value, typed=False)}"
            for row, value in zip(self.rows, self.shown)
        ]
        if self.total > 1:
            more = ", …" if self.total > len(places) else ""
            return f"{self.summary} ({', '.join(places)}{more}): correct them, or leave these fields empty"
        [place], [value] = places, self.shown
        if value is None:
            place += ": the value"
        return f"{place} is not {self._nouns[0]}: correct it, or leave the field empty"


def invalid_values(choice: ColumnChoice, sample: TableSample) -> InvalidValues | None:
    """The values of a column of numbers or dates that are neither of its kind nor missing; None if there are none."""
    if choice.kind not in _NOUNS or choice.name in sample.nested:
        return None
    import pyarrow as pa
    import pyarrow.compute as pc

    column = sample.columns[choice.name]
    declared = choice.settings.get("format")
    format = declared if isinstance(declared, str) else None
    reader = NumberReader() if choice.kind == "number" else DateReader(format)
    reader.read(column, 0)
    if not reader.invalid.rows:
        return None
    invalid = pc.is_in(column, value_set=pa.array(list(reader.invalid.counts), pa.string()))
    places = np.flatnonzero(invalid.to_numpy())[:_MAX_SHOWN]
    texts = [column[int(place)].as_py() for place in places]
    shown = [None if choice.profile.sensitive or sensitive_content([text]) else text[:_MAX_LENGTH] for text in texts]
    return InvalidValues(choice.kind, reader.invalid.rows, sample.positions[places].tolist(), shown, format)
