"""The kind `date`: days since 1970-01-01 and seconds of the day as int32, and parts of the calendar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from seqspec.core.api.data import DATE_PARTS, DateColumn, DatePart
from seqspec.training.data.encoding.base import (
    ColumnCodec,
    ColumnEncoding,
    ColumnReader,
    RawColumn,
    TrainingColumn,
    Write,
    moments,
    standardized,
)
from seqspec.training.data.encoding.numbers import fill_value
from seqspec.training.data.encoding.odd_dates import DayCounts
from seqspec.training.data.encoding.values import FactorizedValues, factor, is_missing_word, one_chunk
from seqspec.training.data.stored import Array
from seqspec.training.data.tables.cells import plain_array
from seqspec.training.data.time_axis.times import microseconds_of, parse_iso

if TYPE_CHECKING:
    from seqspec.training.data.shards import Column

NO_DATE = np.iinfo(np.int32).min
"""The days of a missing date."""
SECONDS_PER_DAY = 86_400
MICROSECONDS = 1_000_000
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[-+]\d\d:?\d\d)?)?")
_ISO_LINES = re.compile(rf"(?:{_ISO.pattern}\n)*{_ISO.pattern}")
_MAX_CACHED = 2**16
_FIT_ROWS = 2**16
"""Rows whose parts are computed at once; they take ten times the memory of the dates."""
YEAR_DAYS = 365.25
"""The period of `season` in days."""


def is_iso(text: str) -> bool:
    """Whether a text is an ISO 8601 date of the years 0001 to 9999."""
    if not _ISO.fullmatch(text):
        return False
    try:
        parse_iso([text])
    except ValueError:
        return False
    return True


class DateReader(ColumnReader):
    """Dates as days and seconds; the days of a missing date are `NO_DATE`.

    Attributes:
        dates: The rows with a date.
        days: The days that can be odd.
    """

    fields = (np.int32, np.int32)

    def __init__(self, format: str | None = None) -> None:
        super().__init__()
        self.dates = 0
        self.days = DayCounts()
        self._format = format
        self._known: dict[str, int] = {}

    def read(self, column: Column, start: int) -> Sequence[Array]:
        typed = _microseconds(column)
        if typed is not None:
            moment, missing = typed
        else:
            factored = factor(column)
            values, known = self._parsed(factored, start)
            moment, missing = values[factored.codes], ~known[factored.codes]
        self.dates += int(np.count_nonzero(~missing))
        seconds = moment // MICROSECONDS
        days = seconds // SECONDS_PER_DAY
        self.days.add(days[~missing])
        return [
            np.where(missing, NO_DATE, days).astype(np.int32),
            np.where(missing, 0, seconds - days * SECONDS_PER_DAY).astype(np.int32),
        ]

    def _parsed(self, factored: FactorizedValues, start: int) -> tuple[Array, Array]:
        """Microseconds of each distinct value, and whether it is a date; the last place is that of a missing one."""
        moment, known = np.zeros(len(factored.values) + 1, np.int64), np.zeros(len(factored.values) + 1, bool)
        if self._format is None and (whole := _parse_all(factored.values)) is not None:
            moment[:-1], known[:-1] = whole, True
            return moment, known
        rows, texts, bad = [], [], []
        for index, value in enumerate(factored.values):
            if is_missing_word(value):
                continue
            text = value.strip() if isinstance(value, str) else ""
            if self._format is None and text and _ISO.fullmatch(text):
                rows.append(index)
                texts.append(text)
            elif self._format is not None and text and (parsed := self._by_format(text)) is not None:
                moment[index], known[index] = parsed, True
            else:
                bad.append(index)
        try:
            moment[rows] = parse_iso(texts)
            known[rows] = True
        except ValueError:
            for index, text in zip(rows, texts):
                if is_iso(text):
                    moment[index], known[index] = parse_iso([text])[0], True
                else:
                    bad.append(index)
        self.invalid.add(factored, sorted(bad), start)
        return moment, known

    def _by_format(self, text: str) -> int | None:
        if text not in self._known:
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
            assert self._format is not None
            try:
                # A time without a zone is taken as it is.
                parsed = datetime.strptime(text, self._format)  # noqa: DTZ007
            except ValueError:
                return None
            self._known[text] = microseconds_of(parsed)
        return self._known[text]


def _parse_all(values: Sequence[object]) -> Array | None:
    """Microseconds of values that are all ISO 8601 dates; None if one is not."""
    try:
        # One match of all lines takes a fraction of the time of a match of each.
        return parse_iso(values) if _ISO_LINES.fullmatch("\n".join(values)) else None  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _microseconds(column: Column) -> tuple[Array, Array] | None:
    """Microseconds and what is missing of a column of dates or time stamps; None for any other column."""
    if isinstance(column, list):
        return None
    import pyarrow as pa

    column = one_chunk(column)
    if not pa.types.is_date(column.type) and not pa.types.is_timestamp(column.type):
        return None
    zone = getattr(column.type, "tz", None)
    whole = column.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())
    missing = np.from_dlpack(whole.is_null().cast(pa.uint8())).astype(bool)
    return plain_array(whole, np.int64, 0), missing


def civil(days: Array) -> tuple[Array, Array, Array]:
    """Year, month (1 to 12) and day of the year (0 to 365) of days since 1970-01-01, all int32.

    Integer arithmetic of the proleptic Gregorian calendar, in eras of 400 years that begin on 1 March.
    """
    shifted = days + 719_468
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * of_year + 2) // 153
    month = np.where(shifted_month < 10, shifted_month + 3, shifted_month - 9)
    year = year_of_era + era * 400 + (month <= 2)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    # 1 March is day 59 of the year, or 60 in a leap year; January is day 306 of the shifted one.
    day = np.where(of_year < 306, of_year + 59 + leap, of_year - 306)
    return year, month, day


def _cycle(period: float, count: int) -> Array:
    """Sine and cosine of 0, 1, ... of a cycle."""
    angle = np.arange(count) * (2 * np.pi / period)
    return np.stack([np.sin(angle), np.cos(angle)], axis=1).astype(np.float32)


_CYCLES = {"month": _cycle(12, 12), "season": _cycle(YEAR_DAYS, 366), "weekday": _cycle(7, 7), "hour": _cycle(24, 24)}
"""Sine and cosine by month, day of the year, day of the week (0 is Monday) and hour, each from 0 on."""


def parts_of(parts: Sequence[DatePart], days: Array, seconds: Array, since: tuple[Array, Array]) -> Array:
    """The values of the parts before they are scaled: float32 of shape (rows, values).

    `since` are the days and seconds from which `elapsed` counts days.
    """
    year, month, day = civil(days)
    weekday = (days + 3) % 7
    places = {"month": month - 1, "season": day, "weekday": weekday, "hour": seconds // 3600}
    arrays: list[Array] = []
    for part in parts:
        match part:
            case "year":
                arrays.append(year.astype(np.float32)[:, None])
            case "weekend":
                arrays.append((weekday >= 5).astype(np.float32)[:, None])
            case "elapsed":
                whole, rest = days - since[0], seconds - since[1]
                elapsed = whole.astype(np.float32) + rest.astype(np.float32) / np.float32(SECONDS_PER_DAY)
                arrays.append(elapsed[:, None])
            case _:
                arrays.append(_CYCLES[part][places[part]])
    return np.concatenate(arrays, axis=1)


SCALED_PARTS = ("year", "elapsed")
"""The parts that are standardized."""


@dataclass(frozen=True)
class DateEncoding(ColumnEncoding):
    """The parts of a date.

    Attributes:
        format: The `format` of the column.
        parts: The parts, in order.
        since: The date column that `elapsed` counts from; None where `origin` is the start.
        origin: Days and seconds that `elapsed` counts from.
        mean: Subtracted from each value.
        variance: Its square root divides each value.
        fill: What replaces each value, after scaling, where the date is missing; None if it is not replaced.
        flag: Whether one more value says that the date was missing.
    """

    kind = "date"

    format: str | None
    parts: list[DatePart]
    since: str | None
    origin: list[int]
    mean: list[float]
    variance: list[float]
    fill: list[float] | None
    flag: bool

    @property
    def width(self) -> int:
        return len(self.mean) + int(self.flag)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name,) if self.since is None else (self.name, self.since)

    def bind(self, column: RawColumn) -> Write:
        return self._write

    def _write(self, fields: Sequence[Array], out: Array) -> None:
        missing = fields[0] == NO_DATE
        scaled = self.scaled(fields)
        if self.fill is not None and missing.any():
            scaled[missing] = np.array(self.fill, np.float32)
        # The start of `elapsed` can be missing alone.
        alone = np.isnan(scaled)
        if self.fill is not None and alone.any():
            scaled = np.where(alone, np.array(self.fill, np.float32), scaled)
        out[:, : scaled.shape[1]] = scaled
        if self.flag:
            out[:, -1] = missing | alone.any(axis=1)

    def scaled(self, fields: Sequence[Array]) -> Array:
        """The scaled values; NaN where the date, or that which `elapsed` counts from, is missing."""
        features = unscaled(self.parts, fields, self.origin)
        for at, (mean, variance) in enumerate(zip(self.mean, self.variance)):
            if (mean, variance) != (0.0, 1.0):
                features[:, at] = standardized(features[:, at], mean, variance)
        return features


def unscaled(parts: Sequence[DatePart], fields: Sequence[Array], origin: Sequence[int]) -> Array:
    """The values before scaling of the fields (days, seconds), or (days, seconds, days and seconds of `since`)."""
    days, seconds = fields[:2]
    since: tuple[Array, Array]
    missing = days == NO_DATE
    days = np.where(missing, 0, days).astype(np.int32)
    if len(fields) > 2:
        unstarted = fields[2] == NO_DATE
        since = (np.where(unstarted, 0, fields[2]).astype(np.int32), fields[3])
    else:
        unstarted = np.zeros(len(days), bool)
        since = (np.asarray(origin[0], np.int32), np.asarray(origin[1], np.int32))
    array = parts_of(parts, days, seconds, since)
    array[missing] = np.nan
    if "elapsed" in parts and unstarted.any():
        array[unstarted, value_places(parts)["elapsed"][0]] = np.nan
    return array


def value_places(parts: Sequence[DatePart]) -> dict[str, list[int]]:
    """The places of the values of each part."""
    places: dict[str, list[int]] = {}
    at = 0
    for part in parts:
        places[part] = list(range(at, at + DATE_PARTS[part]))
        at += DATE_PARTS[part]
    return places


def origin_of(since: str | None) -> list[int]:
    """Days and seconds of the date that `elapsed` counts from."""
    if since is None:
        return [0, 0]
    seconds = microseconds_of(datetime.fromisoformat(since)) // MICROSECONDS
    return [seconds // SECONDS_PER_DAY, seconds % SECONDS_PER_DAY]


def fit_date(
    name: str, kind: DateColumn, missing: str, fill: object, flag: bool, since: str | None, fields: Sequence[Array]
) -> DateEncoding:
    """The encoding, learned from the fields of the training set; `since` is a column, or None."""
    origin = origin_of(kind.since_ if since is None else None)
    places = value_places(kind.parts)
    count = sum(map(len, places.values()))
    scaled = [at for part in SCALED_PARTS for at in places.get(part, ())]
    wanted = scaled if fill is None else list(range(count))
    values = np.empty((len(wanted), len(fields[0])), np.float32)
    for start in range(0, len(fields[0]) if wanted else 0, _FIT_ROWS):
        chunk = [field[start : start + _FIT_ROWS] for field in fields]
        values[:, start : start + _FIT_ROWS] = unscaled(kind.parts, chunk, origin)[:, wanted].T
    known = {at: own[~np.isnan(own)] for at, own in zip(wanted, values)}
    mean, variance = [0.0] * count, [1.0] * count
    for at in scaled:
        mean[at], variance[at] = moments(known[at])
        known[at] = standardized(known[at], mean[at], variance[at])
    state: dict[str, Any] = {
        "format": kind.format,
        "parts": list(kind.parts),
        "since": since,
        "origin": origin,
        "mean": mean,
        "variance": variance,
        "fill": None if fill is None else [fill_value(fill, known[at]) for at in wanted],
        "flag": flag,
    }
    return DateEncoding(name, missing, **state)


def _learn(column: TrainingColumn[DateColumn]) -> DateEncoding:
    return fit_date(column.name, column.kind, column.missing, column.fill, column.flag, column.other, column.fields)


CODEC = ColumnCodec[DateColumn](
    reader=DateReader,
    encoding=DateEncoding,
    read=lambda kind, budget, decimal: DateReader(kind.format),
    is_missing=lambda days: days == NO_DATE,
    learn=_learn,
    # A date is of no use without the start of `elapsed`.
    depends_on=lambda kind: kind.since_,
)
