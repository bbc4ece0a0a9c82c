"""The format of time stamps in text: those of dates in tables, and months and years of two digits."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from seqspec.training.data.encoding.date_formats import date_format

EXAMPLES = "2024-03-02, 2024-03-02 05:00, 31.12.2024, 31.12.24 or Jan 2024"
"""Time stamps that are read, for messages."""

_TIME_FORMATS = (
    "%b %Y", "%B %Y", "%b-%Y", "%m/%Y", "%m.%Y", "%m-%Y", "%Y/%m", "%b %y", "%b-%y",
    "%d-%m-%y", "%y-%m-%d", "%d-%b-%y", "%d %b %y", "%d-%m-%y %H:%M",
)  # fmt: skip


class TextFormat(NamedTuple):
    """The format of `strptime`, and whether the texts are other dates in another format, such as 01/02/24."""

    format: str
    ambiguous: bool


def text_format(texts: Sequence[str], name: str) -> TextFormat | None:
    """The format of all time stamps of a column; None for ISO 8601 dates, and for texts of no known format."""
    values = list(dict.fromkeys(texts))
    date = date_format(values, [1] * len(values), name)
    if date is not None and not date.is_time_of_day:
        return None if date.format is None else TextFormat(date.format, date.ambiguous)
    found: dict[str, list[datetime]] = {}
    for format in _TIME_FORMATS:
        with suppress(ValueError):
            found[format] = [datetime.strptime(value.strip(), format) for value in values]  # noqa: DTZ007  # as written
    if not found:
        return None
    first = next(iter(found))
    return TextFormat(first, any(dates != found[first] for dates in found.values()))
