"""The decimal marks of numbers in text: `1.234` alone can be 1234 as well."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from seqspec.training.data.encoding.values import is_missing_word
from seqspec.training.data.tables.number_text import split_unit

if TYPE_CHECKING:
    import pyarrow as pa

_CHECKED = 10_000
"""Rows that are looked at."""
_NUMBERS = 0.95
"""The share of numbers in a column of numbers."""
_ERRORS = 0.02
"""Numbers with another mark than the others of their column are errors up to this share."""
_POINT = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d*)(\.\d+)?")
_COMMA = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d*)(,\d+)?")
_POINT_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+")
_BLANKS = re.compile(r"(?<=\d)[\s'\u2019](?=\d{3}(?!\d))")
"""Separators of thousands that cannot be decimal marks."""
_ONE_COMMA = re.compile(r"[-+]?\d+,\d{3}|.*\..*")
"""What proves nothing about commas: 1,234,567 has thousands."""
_COMMA_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+")


def decimal_mark(columns: Iterable[pa.ChunkedArray]) -> str | None:
    """The decimal mark that a source must declare; None where numbers have no comma, or the mark is not known.

    It is a comma if a column has numbers such as 1,5 or 0,480 or 1.234,5, and none has numbers such as 1.5 or 0.480,
    and a point if a column has numbers such as 1.5 or 1,234,567, none has numbers such as 1,5, and commas separate
    thousands.
    """
    commas = points = grouped = False
    for column in columns:
        cells = column.slice(0, _CHECKED).drop_null().to_pylist()
        values = [_BLANKS.sub("", split_unit(text)[0]) for text in cells if not is_missing_word(text)]
        commas = commas or _proves(values, ",", _COMMA, _COMMA_THOUSANDS)
        points = points or _proves(values, ".", _POINT, _POINT_THOUSANDS) or _proves(values, ",", _POINT, _ONE_COMMA)
        points = points or _has_thousands(values)
        grouped = grouped or (
            any("," in text and _POINT.fullmatch(text) for text in values) and _are_numbers(values, _POINT)
        )
    if commas == points:
        return None
    return "," if commas else "." if grouped else None


def _proves(values: list[str], mark: str, number: re.Pattern[str], thousands: re.Pattern[str]) -> bool:
    """Whether the values are numbers with this decimal mark, some of which cannot be the mark of thousands."""
    marked = [text for text in values if number.fullmatch(text) and mark in text]
    certain = sum(thousands.fullmatch(text) is None for text in marked)
    if certain <= _ERRORS * len(marked):
        return False
    return _are_numbers(values, number)


def _has_thousands(values: list[str]) -> bool:
    """Whether a number such as 1,234,567 is among numbers whose commas can all separate thousands."""
    marked = [text for text in values if "," in text]
    several = any(text.count(",") > 1 for text in marked)
    return several and all(_POINT.fullmatch(text) for text in marked) and _are_numbers(values, _POINT)


def _are_numbers(values: list[str], number: re.Pattern[str]) -> bool:
    return sum(number.fullmatch(text) is not None for text in values) >= _NUMBERS * len(values)


def ambiguous_mark(text: str) -> str | None:
    """The only mark of a number such as 1,234, which can be that of thousands or of decimals; None for others."""
    match = re.fullmatch(r"[+-]?[1-9]\d{0,2}([.,])\d{3}", re.sub(r"[^\d.,+-]", "", text))
    return None if match is None else match[1]


def plain_number(text: str, decimal: str | None) -> str:
    """A number without a unit and thousands separators, with the decimal mark of its file."""
    digits = re.sub(r"[^\d.,+-]", "", split_unit(text)[0])
    last = max(digits.rfind("."), digits.rfind(","))
    marks = set(digits) & {".", ","}
    # Three digits after the only mark are thousands, unless it is the decimal mark of the file.
    whole = len(marks) == 1 and re.fullmatch(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+", digits) is not None
    if last < 0 or (whole and (digits[last] != (decimal or ".") or digits.count(digits[last]) > 1)):
        return re.sub("[.,]", "", digits)
    return re.sub("[.,]", "", digits[:last]) + (decimal or ".") + digits[last + 1 :]
