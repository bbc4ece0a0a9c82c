"""The time between two steps of a series, by the calendar: months and business days have no fixed length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqspec.core.api.messages import counted
from seqspec.training.data.stored import Array

_DAY, _MONTH = np.timedelta64(1, "D"), np.timedelta64(1, "M")
SECOND = 1_000_000
DAY = 86_400 * SECOND
_HOUR = 3600 * SECOND
_UNITS = {SECOND: "second", 60 * SECOND: "minute", _HOUR: "hour", DAY: "day", 7 * DAY: "week"}
_MONTHS = {1: "month", 3: "quarter", 12: "year"}
_ADVERBS = {"day": "daily", "business day": "every business day"}
_LAST_WEEKDAY, _FIRST_WEEKDAY = -1, -2
_SHORTEST_MONTH = 28
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BUSINESS_DAYS = "1111100"
_MIN_OPEN, _MIN_CLOSED_WEEKS = 4, 4
"""The days of a week with rows, and the weeks, from which the other days are closed ones."""
_MIN_WEEKS, _MIN_YEARS = 5, 3
"""The weeks, and years, of a series from which they are compared with days, and weeks."""

Kind = Literal["integer", "fixed", "month", "business_day"]


@dataclass(frozen=True)
class Frequency:
    """Steps of one length.

    Attributes:
        kind: What a step counts: integers, microseconds, months or business days.
        size: How many of them are one step.
        phase: The time of step 0: within `size`, of months and business days the time of the day in microseconds.
        first: The month of step 0 within `size`.
        day: The day of the month, at most its last one; -1 is its last weekday, -2 its first one.
        weekdays: The business days from Monday to Sunday, 1 for each, as NumPy writes them.
    """

    kind: Kind
    size: int = 1
    phase: int = 0
    first: int = 0
    day: int = 1
    weekdays: str = _BUSINESS_DAYS

    def steps(self, times: Array) -> Array:
        """The number of the step that each time is in."""
        if self.kind in ("integer", "fixed"):
            return np.asarray((times - self.phase) // self.size)
        dates = times.astype("datetime64[us]")
        if self.kind == "month":
            return np.asarray((dates.astype("datetime64[M]").astype(np.int64) - self.first) // self.size)
        days = dates.astype("datetime64[D]")
        return np.asarray(np.busday_count(np.datetime64(0, "D"), days, weekmask=self.weekdays), np.int64)

    def times(self, steps: Array) -> Array:
        """The time of each step."""
        if self.kind in ("integer", "fixed"):
            return np.asarray(steps * self.size + self.phase)
        if self.kind == "business_day":
            days = np.busday_offset(np.datetime64(0, "D"), steps, roll="forward", weekmask=self.weekdays)
            return days.astype("datetime64[us]").astype(np.int64) + self.phase
        months = (steps * self.size + self.first).astype("datetime64[M]")
        return self._days(months).astype("datetime64[us]").astype(np.int64) + self.phase

    def _days(self, months: Array) -> Array:
        start, following = months.astype("datetime64[D]"), (months + _MONTH).astype("datetime64[D]")
        if self.day == _LAST_WEEKDAY:
            return np.busday_offset(following, -1, roll="forward")
        if self.day == _FIRST_WEEKDAY:
            return np.busday_offset(start, 0, roll="forward")
        return np.asarray(np.minimum(start + (self.day - 1) * _DAY, following - _DAY))

    def fits(self, times: Array) -> Array:
        """Whether each time is that of a step."""
        return np.asarray(self.times(self.steps(times)) == times)

    def regular(self, time: str | None) -> str:
        """The help for time stamps that do not fit, in the column `time`; None where there are several series."""
        help = "write one row per step, a fixed time apart"
        if time is None or self.kind != "fixed" or self.size % SECOND:
            return help
        resampled = f'table.resample("{self.size // SECOND}s", on="{time}").mean(numeric_only=True)'
        return f"{help}; with pandas: {resampled}.dropna().reset_index()"

    @property
    def unit(self) -> str | None:
        """The name of one step; None if it has none, as 15 minutes."""
        if self.kind == "integer":
            return "step"
        if self.kind == "business_day":
            return "business day" if self.weekdays == _BUSINESS_DAYS else "open day"
        return _MONTHS.get(self.size) if self.kind == "month" else _UNITS.get(self.size)

    @property
    def name(self) -> str:
        """How often there is a step: "hourly", "every 15 minutes"."""
        unit = self.unit
        if self.closed:
            return f"every day except {' and '.join(self.closed)}"
        if self.kind == "integer":
            return "integer steps" if self.size == 1 else f"integer steps of {self.size:,}"
        return f"every {self._length()}" if unit is None else _ADVERBS.get(unit, f"{unit}ly")

    @property
    def closed(self) -> list[str]:
        """The days of the week without steps, but for business days from Monday to Friday."""
        if self.kind != "business_day" or self.weekdays == _BUSINESS_DAYS:
            return []
        return [day for day, is_open in zip(_DAYS, self.weekdays) if is_open == "0"]

    def count(self, steps: int) -> str:
        """A number of steps: "24 hours", "4 steps of 15 minutes"."""
        unit = self.unit
        return f"{counted(steps, 'step')} of {self._length()}" if unit is None else counted(steps, unit)

    def _length(self) -> str:
        if self.kind == "month":
            return counted(self.size, "month")
        unit = max((unit for unit in _UNITS if self.size % unit == 0), default=0)
        return counted(self.size // unit, _UNITS[unit]) if unit else f"{self.size / SECOND:g} seconds"

    def seasons(self, steps: int) -> list[int]:
        """The steps of the seasons that a series of so many steps can have, by the calendar, the shortest first."""
        if self.kind == "business_day":
            cycles = {self.weekdays.count("1"): 2}
        elif self.kind == "month":
            cycles = {12 // self.size: 2} if self.size in (1, 3) else {}
        elif self.kind == "fixed" and self.size < DAY and DAY % self.size == 0:
            cycles = {DAY // self.size: 2, 7 * DAY // self.size: _MIN_WEEKS}
        else:
            cycles = {DAY: {7: 2, 365: _MIN_YEARS}, 7 * DAY: {52: 2}}.get(self.size, {}) if self.kind == "fixed" else {}
        return [season for season, least in cycles.items() if steps >= least * season]


def frequency_of(times: Array, new_series: Array, calendar: bool) -> Frequency | None:
    """The frequency of time stamps; None for fewer than two in a series.

    Args:
        times: The times of the rows, in ascending order within each series.
        new_series: Whether each row is the first one of its series.
        calendar: Whether the times are microseconds of dates.
    """
    inside = ~new_series[1:]
    differences = np.diff(times)[inside]
    if not len(differences):
        return None
    size = _most_frequent(differences)
    if not calendar:
        return Frequency("integer", size, int(times[0]) % size)
    if size >= _SHORTEST_MONTH * DAY:
        monthly = _monthly(times, inside)
        if monthly is not None:
            return monthly
    weekdays = _open_days(times, differences) if size == DAY else None
    if weekdays is not None:
        business = Frequency("business_day", phase=int(times[0]) % DAY, weekdays=weekdays)
        if business.fits(times).all():
            return business
    return Frequency("fixed", size, int(times[0]) % size)


def _open_days(times: Array, differences: Array) -> str | None:
    """The days of the week that have rows, if the others are closed: weekends, or days without a row for weeks."""
    days = times // DAY
    # 1970-01-01 was a Thursday.
    present = np.bincount((days + 3) % 7, minlength=7) > 0
    if present.all():
        return None
    if not present[5:].any() and (differences == 3 * DAY).any():
        return _BUSINESS_DAYS
    weeks = (days.max() - days.min()) / 7
    if present.sum() < _MIN_OPEN or weeks < _MIN_CLOSED_WEEKS:
        return None
    return "".join("1" if is_open else "0" for is_open in present)


def weekday_names(times: Array) -> Array:
    """The day of the week of each time, in English."""
    return np.asarray(np.array(_DAYS)[(times // DAY + 3) % 7])


def _monthly(times: Array, inside: Array) -> Frequency | None:
    """The frequency of time stamps that are on one day of their months; None if they are not."""
    days = times.astype("datetime64[us]").astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    of_month = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    is_last = days == (months + _MONTH).astype("datetime64[D]") - _DAY
    differences = np.diff(months.astype(np.int64))[inside]
    size = _most_frequent(differences)
    if size < 1:
        return None
    first, phase = int(months[0].astype(np.int64)) % size, int(times[0]) % DAY
    day = 31 if is_last.all() else int(of_month.max())
    candidates = [Frequency("month", size, phase, first, anchor) for anchor in (day, _LAST_WEEKDAY, _FIRST_WEEKDAY)]
    return next((candidate for candidate in candidates if candidate.fits(times).all()), None)


def _most_frequent(values: Array) -> int:
    distinct, counts = np.unique(values, return_counts=True)
    return int(distinct[counts.argmax()])
