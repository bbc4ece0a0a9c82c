"""The format of dates in text, and which parts of them vary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

_SAMPLE = 2_000
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?")
_FORMATS = (
    "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y",
    "%b %d %Y", "%B %d, %Y", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S",
)  # fmt: skip
_AMBIGUOUS = {"%m/%d/%Y": "%d/%m/%Y", "%d-%m-%Y": "%m-%d-%Y", "%m/%d/%Y %H:%M": "%d/%m/%Y %H:%M",
              "%m/%d/%Y %H:%M:%S": "%d/%m/%Y %H:%M:%S"}  # fmt: skip
_LONG_SPAN = 400
"""Days from which on the season of the year is seen at least once."""


class DateFormat(NamedTuple):
    """The format of the dates of a column.

    Attributes:
        format: Of `strptime`; None for ISO 8601.
        ambiguous: Whether day and month may be exchanged.
        parts: The parts of a date that vary.
        first: The first year.
        last: The last year.
    """

    format: str | None
    ambiguous: bool
    parts: tuple[str, ...]
    first: int
    last: int


def date_format(values: Sequence[str], name: str) -> DateFormat | None:
    """The format that all values have; None if they are not dates."""
    some = values[:: max(1, len(values) // _SAMPLE)]
    if all(_ISO.fullmatch(value.strip()) for value in some):
        if not all(_ISO.fullmatch(value.strip()) for value in values):
            return None
        dates = _parsed_iso(some)
        return None if dates is None else _described(dates, None, False)
    if "date" in name.lower() and all(re.fullmatch(r"(19|20)\d{6}", value) for value in some):
        compact = _parsed(some, "%Y%m%d")
        return None if compact is None else _described(compact, "%Y%m%d", False)
    for format in _FORMATS:
        dates = _parsed(some, format)
        if dates is not None and _parsed(values, format) is not None:
            other = _AMBIGUOUS.get(format)
            return _described(dates, format, other is not None and _parsed(values, other) is not None)
    return None


def _parsed_iso(values: Sequence[str]) -> list[datetime] | None:
    with suppress(ValueError):
        return [datetime.fromisoformat(value.strip()).replace(tzinfo=None) for value in values]
    return None


def _parsed(values: Sequence[str], format: str) -> list[datetime] | None:
    with suppress(ValueError):
        return [datetime.strptime(value.strip(), format) for value in values]  # noqa: DTZ007  # as written
    return None


def _described(dates: Sequence[datetime], format: str | None, ambiguous: bool) -> DateFormat:
    days = sorted({date.date() for date in dates})
    span = (days[-1] - days[0]).days
    parts = []
    if days[0].year != days[-1].year:
        parts.append("year")
    if span >= _LONG_SPAN:
        parts.append("season")
    elif len({date.month for date in dates}) > 1:
        parts.append("month")
    if len({date.weekday() for date in dates}) > 1 and len({date.day for date in dates}) > 1:
        parts.append("weekday")
    if len({date.hour for date in dates}) > 1:
        parts.append("hour")
    return DateFormat(format, ambiguous, tuple(parts) or ("elapsed",), days[0].year, days[-1].year)
