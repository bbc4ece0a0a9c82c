"""Numbers such as 150.000 in a file that is read with decimal points, by a model that was trained on 150000."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from seqspec.core.api.messages import Message, counted, fmt, quote_value, shorten
from seqspec.training.data.shards import Block, Column
from seqspec.training.data.tables.cells import arrow_texts

THOUSANDS_HELP = "name the decimal mark of the file: --decimal , reads thousands, --decimal . decimals"
_POINT = r"^[^0-9.,]*[0-9]*\.[0-9]+[^0-9.,]*$"
"""A number with one point, perhaps with a unit."""
_THOUSANDS = r"^[^0-9.,]*[1-9][0-9]{0,2}\.[0-9]{3}[^0-9.,]*$"
"""Such a number whose point can separate thousands."""
_BETWEEN = 1000**0.5
"""A typical number that is smaller than the training values by more than this is closer to a thousandth of them."""
_WIDER = 2
"""How many times the largest training value thousands may be."""
_MAX_LENGTH = 40


class PointThousands:
    """The numbers of a column that may be thousands, where no other number of it has a point.

    Attributes:
        rows: The rows with such a number.
        present: The rows with a value.
        row: The first row with such a number.
        text: Its text.
        high: The largest of the numbers, read with a decimal point.
        mean: Their mean.
    """

    def __init__(self) -> None:
        self.rows = self.present = self.row = 0
        self.text, self.high, self._sum = "", -np.inf, 0.0
        self.is_decimal = False

    @property
    def mean(self) -> float:
        """The mean of the numbers, read with a decimal point."""
        return self._sum / max(1, self.rows)

    def add(self, values: Column, start: int) -> None:
        """Adds the values of the rows from `start` on."""
        missing = values.count(None) if isinstance(values, list) else int(values.null_count)
        self.present += len(values) - missing
        for place, text in _with_point(values):
            if re.search(_THOUSANDS, text) is None:
                self.is_decimal = True
                return
            if not self.rows:
                self.row, self.text = start + place, text.strip()
            value = float(re.sub("[^0-9.]", "", text)) * (-1 if "-" in text else 1)
            self.rows, self.high, self._sum = self.rows + 1, max(self.high, value), self._sum + value

    def is_below(self, low: float | None) -> bool:
        """Whether all values of the column are such numbers, and smaller than the smallest training value."""
        return low is not None and self.rows == self.present and self.high < low

    def is_doubtful(self, low: float | None, high: float | None, typical: float | None) -> bool:
        """Whether the numbers are closer to a thousandth of the training values than to these."""
        if high is None or self.mean * 1000 > _WIDER * high:
            return False
        return self.is_below(low) or (typical is not None and 0 < self.mean * _BETWEEN < typical)

    def message(self, name: str, low: float | None, high: float | None, trained: str) -> Message:
        """What is doubtful about a column; `trained` names its training values."""
        span = "" if low is None or high is None else f", and the {trained} are {low:g} to {high:g}"
        return fmt(
            "{} of `{}` (row {:,}) is read as {:g}, but looks like thousands: {} {} written so{}",
            quote_value(self.text[:_MAX_LENGTH], typed=False),
            shorten(name),
            self.row + 1,
            float(re.sub("[^0-9.]", "", self.text)),
            counted(self.rows, "row"),
            "is" if self.rows == 1 else "are",
            span,
        )


def watched(
    read: Callable[[Sequence[str]], Iterator[Block]],
    names: Sequence[str],
    thousands_by_column: dict[str, PointThousands],
) -> Callable[[Sequence[str]], Iterator[Block]]:
    """The blocks of a table; `found` receives what the columns have that may be thousands."""

    def blocks(wanted: Sequence[str]) -> Iterator[Block]:
        thousands_by_column.clear()
        thousands_by_column.update({name: PointThousands() for name in names})
        start = 0
        for block in read(wanted):
            for name, thousands in thousands_by_column.items():
                if name in block and not thousands.is_decimal:
                    thousands.add(block[name], start)
            start += len(next(iter(block.values()), ()))
            yield block

    return blocks


def doubtful(thousands_by_column: Mapping[str, PointThousands]) -> dict[str, PointThousands]:
    """The columns of which all numbers with a point may be thousands."""
    return {
        name: thousands
        for name, thousands in thousands_by_column.items()
        if thousands.rows and not thousands.is_decimal
    }


def _with_point(values: Column) -> list[tuple[int, str]]:
    """The places and the texts of numbers with one point."""
    if isinstance(values, list):
        return [
            (place, value) for place, value in enumerate(values) if isinstance(value, str) and re.search(_POINT, value)
        ]
    if (texts := arrow_texts(values)) is None:
        return []
    import pyarrow.compute as pc

    places = pc.indices_nonzero(pc.match_substring_regex(texts, _POINT))
    return list(zip(places.to_pylist(), texts.take(places).to_pylist()))
