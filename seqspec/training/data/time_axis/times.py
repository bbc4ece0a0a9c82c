"""Time stamps: read from text, integers and dates, and written in the format they were read in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from warnings import catch_warnings, simplefilter

import numpy as np

from seqspec.training.data.stored import Array

_ISO = re.compile(
    r"\d{4}-\d\d(?P<day>-\d\d)?"
    r"(?P<time>[ T]\d\d:\d\d(?P<seconds>:\d\d(?P<fraction>\.\d+)?)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?"
)
_OFFSET = re.compile(r":\d\d(\.\d+)?[+-](?!00:?00)\d\d:?\d\d\s*$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPACT = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])?")


class InvalidTime(ValueError):
    """A value that is not a time stamp: its row, and whether it is of no known format."""

    def __init__(self, row: int, message: str, *, unknown_format: bool = False) -> None:
        super().__init__(message)
        self.row = row
        self.unknown_format = unknown_format


@dataclass(frozen=True)
class TimeFormat:
    """How time stamps are written.

    Attributes:
        unit: The precision as NumPy names it, M, D, m, s or us; empty for integers.
        separator: What separates date and time.
        zone: What follows the time: times with a zone are converted to UTC.
        compact: Whether dates are written without hyphens.
        format: The format of `strptime`; empty for ISO 8601 and integers.
    """

    unit: str = ""
    separator: str = " "
    zone: str = ""
    compact: bool = False
    format: str = ""

    @property
    def is_calendar(self) -> bool:
        """Whether the time stamps are dates."""
        return bool(self.unit)

    def texts(self, times: Array) -> list[str]:
        """Time stamps as text."""
        if not self.unit:
            return [str(value) for value in times.tolist()]
        if self.format:
            return [(_EPOCH + timedelta(microseconds=time)).strftime(self.format) for time in times.tolist()]
        dates: Array = times.astype("datetime64[us]").astype(f"datetime64[{self.unit}]")
        texts = [str(date) for date in dates]
        if self.compact:
            return [text.replace("-", "") for text in texts]
        return [text.replace("T", self.separator) + self.zone for text in texts]

    def values(self, times: Array) -> list[str] | Array:
        """Time stamps as a column of a table: text, or integers."""
        return self.texts(times) if self.unit and not self.compact else np.array(self.texts(times), np.int64)


def read_times(values: Sequence[object] | Array, format: str | None = None) -> tuple[Array, TimeFormat]:
    """Time stamps as int64: integers as they are, dates in microseconds of UTC since 1970; raises `InvalidTime`.

    `format` is that of dates in text, as in `strptime`; by default ISO 8601.
    """
    missing = next((row for row, value in enumerate(values) if value is None or value != value), None)
    if missing is not None:
        raise InvalidTime(missing, "is empty")
    texts = [_text(value) for value in values]
    if format is not None and not isinstance(values[0], (date, np.datetime64)):
        return _in_format(texts, format), TimeFormat("us", format=format)
    if (dates := _compact_dates(texts)) is not None:
        return parse_times(dates), TimeFormat("D" if len(texts[0]) > len("yyyymm") else "M", compact=True)
    if re.fullmatch(r"[-+]?\d+", texts[0]):
        bad = next((row for row, text in enumerate(texts) if not re.fullmatch(r"[-+]?\d{1,18}", text)), None)
        if bad is not None:
            raise InvalidTime(bad, f"has {texts[bad][:40]!r}, not an integer as in the first row")
        return np.array([int(text) for text in texts], np.int64), TimeFormat()
    for row, text in enumerate(texts):
        if not _ISO.fullmatch(text):
            message = f"has {text[:40]!r}, which is neither an integer nor a date such as 2024-03-02"
            raise InvalidTime(row, message, unknown_format=True)
    return parse_times(texts), _format_of(texts[0])


def _in_format(texts: Sequence[str], format: str) -> Array:
    times: dict[str, int] = {}
    for row, text in enumerate(texts):
        if text not in times:
            try:
                # A time without a zone is taken as it is.
                times[text] = microseconds_of(datetime.strptime(text, format))  # noqa: DTZ007
            except ValueError:
                message = f"has {text[:40]!r}, which is not a date in the format {format}"
                raise InvalidTime(row, message, unknown_format=True)
    return np.array([times[text] for text in texts], np.int64)


def _compact_dates(texts: Sequence[str]) -> list[str] | None:
    """Dates that are written without hyphens, with them; None for other texts."""
    # Numbers of a single year may count something else.
    if not all(map(_COMPACT.fullmatch, texts)) or len({text[:4] for text in texts if len(text) == len("yyyymm")}) == 1:
        return None
    return ["-".join(filter(None, (text[:4], text[4:6], text[6:]))) for text in texts]


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    whole = re.fullmatch(r"([-+]?\d+)\.0+", text)
    return text if whole is None else whole[1]


def has_offset(text: str) -> bool:
    """Whether a time is that of another time zone than UTC, to which it is converted."""
    return _OFFSET.search(text) is not None


def parse_iso(texts: Sequence[object] | Array) -> Array:
    """ISO 8601 dates as microseconds since 1970-01-01, of UTC where they have a time zone; raises `ValueError`."""
    with catch_warnings():
        # NumPy warns of a time zone that it converts.
        simplefilter("ignore")
        return np.array(texts, dtype="datetime64[us]").astype(np.int64)


def microseconds_of(moment: datetime) -> int:
    """Microseconds since 1970-01-01, of UTC where there is a time zone."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def parse_times(texts: Sequence[str]) -> Array:
    """ISO 8601 dates as `parse_iso` reads them; raises `InvalidTime` for the first of another form."""
    try:
        return parse_iso(texts)
    except ValueError:
        for row, text in enumerate(texts):
            try:
                parse_iso([text])
            except ValueError:
                raise InvalidTime(row, f"has {text[:40]!r}, which is not a date of the calendar")
        raise


def _format_of(text: str) -> TimeFormat:
    match = _ISO.fullmatch(text)
    assert match is not None
    if not match["time"]:
        return TimeFormat("D" if match["day"] else "M")
    unit = "us" if match["fraction"] else "s" if match["seconds"] else "m"
    zone = match["zone"] or ""
    return TimeFormat(unit, match["time"][0], "Z" if zone == "Z" else "+00:00" if zone else "")


def repeated_hour(time: int, format: TimeFormat) -> str | None:
    """A remark where a time repeats in the night of a Sunday in autumn, as with daylight saving time."""
    if not format.is_calendar:
        return None
    moment = np.datetime64(int(time), "us").item()
    if moment.weekday() == 6 and moment.month in (4, 10, 11) and moment.hour <= 3 and moment.hour:
        return (
            "it is repeated when daylight saving time ends: write the time stamps in UTC; with pandas: "
            'pd.to_datetime(...).dt.tz_localize("Europe/Berlin", ambiguous="infer").dt.tz_convert("UTC")'
        )
    return None
