"""Dates that stand for a missing one, such as 9999-12-31, and dates after today."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from seqspec.training.data.stored import Array

_SENTINELS = np.array([
    "0001-01-01", "1000-01-01", "1600-01-01", "1601-01-01", "1700-01-01", "1753-01-01", "1800-01-01", "1899-12-30",
    "1899-12-31", "1900-01-01", "1901-01-01", "1904-01-01", "1970-01-01", "2099-12-31", "2100-01-01", "2199-12-31",
    "2999-01-01", "2999-12-31", "3000-01-01", "9999-01-01", "9999-09-09", "9999-12-31",
], "datetime64[D]").astype(np.int64)  # fmt: skip
"""Days since 1970-01-01 that programs write for a missing date, an open end, or 0."""
_GAP = 5 * 365
"""Days between such a date and all others of its column."""
_FUTURE = 0.05
"""The largest share of dates after today in a column of dates that have passed."""


class OddDates(NamedTuple):
    """The dates of a column that are hardly meant as they are.

    Attributes:
        sentinels: The rows of each date that looks like the mark of a missing one.
        future: Rows with another date after today, if they are few.
        latest: The last of these dates.
    """

    sentinels: Mapping[datetime.date, int]
    future: int = 0
    latest: datetime.date | None = None


class DayCounts:
    """Counts the days of a column that can be odd: known marks, and those after today."""

    def __init__(self) -> None:
        self._today = int(np.datetime64(datetime.date.today(), "D").astype(np.int64))  # noqa: DTZ011  # no zone
        self._counts: dict[int, int] = {}
        self._low = self._high = self._today
        self._others = 0

    def add(self, days: Array, counts: Array | None = None) -> None:
        """Adds days since 1970-01-01, each of one row or of as many as `counts` says."""
        marks = np.isin(days, _SENTINELS)
        plain = days[~marks]
        if len(plain):
            low, high = int(plain.min()), int(plain.max())
            self._low = low if not self._others else min(self._low, low)
            self._high = high if not self._others else max(self._high, high)
            self._others += len(plain) if counts is None else int(counts[~marks].sum())
        odd = marks | (days > self._today)
        if odd.any():
            rows = np.ones(int(odd.sum()), np.int64) if counts is None else counts[odd]
            for day, count in zip(days[odd].tolist(), rows.tolist()):
                self._counts[day] = self._counts.get(day, 0) + count

    def finish(self) -> OddDates:
        """What is odd."""
        if not self._others:
            return OddDates({})
        low, high = self._low - _GAP, self._high + _GAP
        counts = sorted(self._counts.items())
        marks = {day: count for day, count in counts if day in _SENTINELS and not low <= day <= high}
        after = {day: count for day, count in self._counts.items() if day > self._today and day not in marks}
        future = sum(after.values())
        sentinels = {_date(day): count for day, count in marks.items()}
        if not 0 < future <= _FUTURE * self._others:
            return OddDates(sentinels)
        return OddDates(sentinels, future, _date(max(after)))


def _date(day: int) -> datetime.date:
    date: datetime.date = np.datetime64(day, "D").item()
    return date
