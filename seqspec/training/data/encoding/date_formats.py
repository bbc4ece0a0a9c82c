"""The formats of dates and time stamps in text, and which parts of dates vary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

import numpy as np

from seqspec.training.data.encoding.odd_dates import DayCounts, OddDates
from seqspec.training.data.encoding.values import is_missing_word
from seqspec.training.data.time_axis.times import has_offset

MAX_INVALID = 0.01
"""The share of values to correct in a column of numbers."""
_MAX_INVALID_DATES = 0.1
"""The share of values to correct in a column of dates."""
_FIRST = 50
"""Values whose format is looked for where not all have the same."""
_SAMPLE = 2_000
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?")
_FORMATS = (
    "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y",
    "%b %d %Y", "%B %d, %Y", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S",
    "%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y %H:%M", "%m/%d/%y %H:%M", "%d/%m/%y %H:%M",
    "%Y-%m", "%m/%Y", "%Y/%m", "%m-%Y", "%m.%Y", "%b %Y", "%B %Y", "%b-%Y", "%b/%Y",
)  # fmt: skip
_MONTH = re.compile(r"(0[1-9]|1[0-2])[./-](19|20)\d\d|[1-9]/(19|20)\d\d|(19|20)\d\d[/-](0[1-9]|1[0-2])|[A-Za-z].*")
"""A month and a year, unlike the number 3.1416."""
_SHORT_YEAR = re.compile(r"(\d\d\.\d\d\.\d\d|\d\d?/\d\d?/\d\d)( \d\d?:\d\d)?")
"""A date with a year of two digits, unlike the version 1.2.10."""
_LIKE_DATE = re.compile(r"\d{1,4}[./-]\d\d?[./-]\d{1,4}( \d\d?:\d\d(:\d\d)?)?")
_EXAMPLE = datetime(2024, 12, 31)  # noqa: DTZ001  # no zone is shown
_AMBIGUOUS = {
    "%m/%d/%Y": "%d/%m/%Y",
    "%d-%m-%Y": "%m-%d-%Y",
    "%m/%d/%Y %H:%M": "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S": "%d/%m/%Y %H:%M:%S",
    "%m/%d/%y": "%d/%m/%y",
    "%m/%d/%y %H:%M": "%d/%m/%y %H:%M",
}
_TIMES = ("%H:%M:%S", "%H:%M", "%I:%M %p")
_TIME_NAME = re.compile(r"time|hour|clock|zeit|heure|hora", re.IGNORECASE)
"""Names of columns whose 12:30 is a time of the day, not a duration."""
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
        missing: Rows with a word for a missing date, such as NA.
        invalid: Rows with something else.
        odd: The dates that are hardly meant as they are.
        offset: Whether times are converted to UTC, since they are those of another time zone.
        century: Whether the century is known: of years of two digits only if no date is after today.
    """

    format: str | None
    ambiguous: bool
    parts: tuple[str, ...]
    first: int
    last: int
    missing: int = 0
    invalid: int = 0
    odd: OddDates = OddDates({})
    offset: bool = False
    century: bool = True

    @property
    def is_time_of_day(self) -> bool:
        """Whether the values have no day."""
        return self.format in _TIMES


def date_format(values: Sequence[str], counts: Sequence[int], name: str) -> DateFormat | None:
    """The format that at least 90 % of the rows have, of distinct values with these counts; None if not dates."""
    some = values[:: max(1, len(values) // _SAMPLE)]
    described = _iso(values, counts) if any(_ISO.fullmatch(value.strip()) for value in some) else None
    if described is not None:
        return described
    if "date" in name.lower() and all(re.fullmatch(r"(19|20)\d{6}", value) for value in some):
        compact = _parsed(some, "%Y%m%d")
        if compact is None:
            return None
        return _described(compact, "%Y%m%d", False)._replace(odd=_odd(compact, None))
    for format in (*_FORMATS, *(_TIMES if _TIME_NAME.search(name) else ())):
        dates = _parsed(some, format)
        whole = _parsed(values, format) if dates is not None else None
        if dates is not None and whole is not None:
            other = _AMBIGUOUS.get(format)
            described = _described(dates, format, other is not None and _parsed(values, other) is not None)
            if described.is_time_of_day:
                return described
            return described._replace(odd=_odd(whole, counts), century=_has_century(format, whole))
    return _main_format(values, counts)


def _has_century(format: str, dates: Sequence[datetime]) -> bool:
    return "%y" not in format or max(dates) <= datetime.now()  # noqa: DTZ005  # dates without a zone


def _main_format(values: Sequence[str], counts: Sequence[int]) -> DateFormat | None:
    """The format of most values, if the others are few."""
    known = [(value, count) for value, count in zip(values, counts) if not is_missing_word(value)]
    first = [value.strip() for value, _ in known[:: max(1, len(known) // _FIRST)]]
    missing, total = sum(counts) - sum(count for _, count in known), sum(count for _, count in known)
    formats = {format: None for text in first for format in _FORMATS if _parsed([text], format) is not None}
    best: DateFormat | None = None
    for format in formats:
        dates = [(dates[0], count) for value, count in known if (dates := _parsed([value], format)) is not None]
        invalid = total - sum(count for _, count in dates)
        if invalid > _MAX_INVALID_DATES * total or (best is not None and best.invalid <= invalid):
            continue
        other = _AMBIGUOUS.get(format)
        days = [day for day, _ in dates]
        both = [value for value, _ in known if _parsed([value], format) is not None]
        best = _described(days, format, other is not None and _parsed(both, other) is not None)._replace(
            missing=missing,
            invalid=invalid,
            odd=_odd(days, [count for _, count in dates]),
            century=_has_century(format, days),
        )
    return best


def _odd(dates: Sequence[datetime], counts: Sequence[int] | None) -> OddDates:
    days = DayCounts()
    days.add(np.array(dates, "datetime64[D]").astype(np.int64), None if counts is None else np.array(counts))
    return days.finish()


def mixed_dates(values: Sequence[str]) -> str | None:
    """The last day of 2024 in each of two formats that all values have; None for values of one format or no dates."""
    formats: set[str] = set()
    for value in values[:: max(1, len(values) // _SAMPLE)]:
        text = value.strip()
        if is_missing_word(text):
            continue
        known = _ISO.fullmatch(text) or _LIKE_DATE.fullmatch(text)
        format = None if known is None else "" if known.re is _ISO else _format_of(text)
        if format is None:
            return None
        formats.add(format)
    shown = [f"{_EXAMPLE:{format or '%Y-%m-%d'}}" for format in sorted(formats)]
    return " and ".join(shown[:2]) if len(shown) > 1 else None


def _format_of(text: str) -> str | None:
    return next((format for format in _FORMATS if _parsed([text], format) is not None), None)


def _iso(values: Sequence[str], counts: Sequence[int]) -> DateFormat | None:
    """The ISO 8601 dates, if few of the values that are not missing words are something else."""
    dates: list[datetime] = []
    rows: list[int] = []
    valid = invalid = missing = 0
    for value, count in zip(values, counts):
        date = _parsed_iso(value)
        if date is not None:
            dates.append(date)
            rows.append(count)
            valid += count
        elif is_missing_word(value):
            missing += count
        else:
            invalid += count
    if not dates or invalid > _MAX_INVALID_DATES * (valid + invalid):
        return None
    return _described(dates, None, False)._replace(
        missing=missing, invalid=invalid, odd=_odd(dates, rows), offset=any(map(has_offset, values))
    )


def _parsed_iso(value: str) -> datetime | None:
    text = value.strip()
    with suppress(ValueError):
        return datetime.fromisoformat(text).replace(tzinfo=None) if _ISO.fullmatch(text) else None
    return None


def _parsed(values: Sequence[str], format: str) -> list[datetime] | None:
    if "%y" in format and not all(_SHORT_YEAR.fullmatch(value.strip()) for value in values):
        return None
    if "%d" not in format and "%Y" in format and not all(_MONTH.fullmatch(value.strip()) for value in values):
        return None
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


TIME_EXAMPLES = "2024-03-02, 2024-03-02 05:00, 31.12.2024, 31.12.24 or Jan 2024"
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
    dates_by_format: dict[str, list[datetime]] = {}
    for format in _TIME_FORMATS:
        with suppress(ValueError):
            dates_by_format[format] = [datetime.strptime(value.strip(), format) for value in values]  # noqa: DTZ007  # as written
    if not dates_by_format:
        return None
    first = next(iter(dates_by_format))
    return TextFormat(first, any(dates != dates_by_format[first] for dates in dates_by_format.values()))
