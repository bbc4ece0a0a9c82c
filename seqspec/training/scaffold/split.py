"""How the rows of a table are divided: by group, by time, or at random."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from seqspec.core.api.data import TimeSplit
from seqspec.core.api.messages import counted, shorten
from seqspec.training.data.encoding.date_formats import DateFormat
from seqspec.training.data.encoding.dates import NO_DATE, SECONDS_PER_DAY, DateReader
from seqspec.training.data.leaks.column_checks import MIN_ROWS, label_groups
from seqspec.training.data.leaks.scanned_columns import class_label, column_of_objects, number_label
from seqspec.training.data.samples import Samples
from seqspec.training.data.split import split_rows
from seqspec.training.data.tables.cells import as_numbers
from seqspec.training.scaffold.kinds import ColumnChoice, is_record_time
from seqspec.training.scaffold.sample import TableSample
from seqspec.training.scaffold.task import Task
from seqspec.training.scaffold.text import toml

HELD_OUT = 0.15
"""The fraction of the validation set, and that of the test set."""
_MOST_DROPPED = 0.05
_DRIFT, _NOISE = 0.25, 4.0
"""How much the share of a class must differ between sets to be named: in parts of it, and in standard errors."""
_GROUP_ROWS = 200_000
_MEAN = 50
"""The largest mean size of groups that are found by their labels."""
_LARGEST = 5
"""The size of the largest group, as a multiple of the mean."""


class SplitPlan(NamedTuple):
    """A split, and why it is this one.

    Attributes:
        reason: What the data says.
        group: The column whose groups stay in one set.
        time: The column by which the newest rows test.
        gap: Rows between two sets that have the time of the last row before them.
        stratify: Whether each class has the same share of every set.
    """

    reason: str
    group: str | None = None
    time: str | None = None
    gap: int = 0
    stratify: bool = False

    @property
    def summary(self) -> str:
        """The split in a line."""
        by = "by group" if self.group is not None else "by time" if self.time is not None else "random"
        return f"{by}, 70 / 15 / 15{', stratified' if self.stratify else ''}: {self.reason}"

    def lines(self) -> list[str]:
        """The table `[data.split]`."""
        lines = ["[data.split]"]
        if self.group is not None:
            lines += ['by = "group"', f"column = {toml(self.group)}"]
        elif self.time is not None:
            lines += ['by = "time"', f"column = {toml(self.time)}"]
        else:
            lines.append('by = "random"')
        lines += [f"validation = {HELD_OUT}", f"test = {HELD_OUT}"]
        if self.gap:
            lines.append(f"gap = {self.gap}  # rows of the same time on both sides of a cut are left out")
        return [*lines, "stratify = true"] if self.stratify else lines


class _ByTime(NamedTuple):
    """A split by time.

    Attributes:
        gap: The rows after a cut that have the time of the last row before it.
        is_complete: Whether every label is in the training set.
        train: The labels of the training set, with their rows.
        test: Those of the test set.
    """

    gap: int
    is_complete: bool
    train: Counter[object]
    test: Counter[object]


def random_split(task: Task, reason: str) -> SplitPlan:
    """Rows are assigned at random; if classes are large enough, with the same share of each."""
    return SplitPlan(reason, stratify=task.stratify)


def split_of(
    choices: Sequence[ColumnChoice], sample: TableSample, label: str, task: Task, group: str | None
) -> SplitPlan:
    """The split of a table; `group` is the column that the user names."""
    group_column = group or next((choice.name for choice in choices if choice.group), None)
    group_column = group_column or _sharing_the_label(choices, sample, label, task)
    if group_column is not None:
        return SplitPlan(f"the rows of one {group_column} stay together", group=group_column)
    missing = {choice.name: sample.columns[choice.name].null_count for choice in choices}
    time = next((choice for choice in choices if is_record_time(choice, missing[choice.name])), None)
    if time is None:
        return random_split(task, _without_time(choices, missing))
    by_time = _by_time(sample, time.name, label, time.profile.date)
    gap = by_time.gap
    if task.kind != "regression" and not by_time.is_complete:
        return random_split(task, f"a class of {label} has only the newest rows by {time.name}")
    if gap > _MOST_DROPPED * sample.rows:
        return random_split(task, f"{gap:,} rows have the same {time.name}, too many for a split by time")
    drift = "" if task.kind == "regression" else _drift(by_time.train, by_time.test, task)
    return SplitPlan(f"the newest rows by {time.name} test{drift}", time=time.name, gap=gap)


def _drift(train: Counter[object], test: Counter[object], task: Task) -> str:
    """What a split by time does to the share of a class: of the second of two, otherwise of the one furthest off."""
    totals = train.total(), test.total()

    def share(of: Counter[object], name: object) -> float:
        return of[name] / max(1, of.total())

    names = sorted(train, key=lambda name: abs(share(train, name) - share(test, name)))
    positive = task.names[1] if task.kind == "binary" and task.names is not None else None
    name = next((label_value for label_value in names if str(label_value) == positive), names[-1])
    before, after = share(train, name), share(test, name)
    pooled = (train[name] + test[name]) / sum(totals)
    noise = sqrt(pooled * (1 - pooled) * sum(1 / max(1, total) for total in totals))
    if abs(after - before) <= max(_DRIFT * before, _NOISE * noise):
        return ""
    return (
        f'; "{shorten(str(name))}" is {before:.0%} of the training and {after:.0%} of the test set; '
        'unless the model predicts newer rows, set by = "random" in [data.split]'
    )


def _without_time(choices: Sequence[ColumnChoice], missing: Mapping[str, int]) -> str:
    """Why rows are not divided by time."""
    for choice in choices:
        date = choice.profile.date
        if date is None or date.is_time_of_day:
            continue
        if date.odd.sentinels or date.odd.future:
            odd = "look like missing ones" if date.odd.sentinels else "are after today"
            return f"some dates of {choice.name} {odd}, so that they cannot divide the rows by time"
        if not date.century:
            return f"the century of {choice.name} is not known, so that it cannot divide the rows by time"
        if date.ambiguous:
            return f"the dates of {choice.name} are ambiguous, so that they cannot divide the rows by time"
        if choice.kind == "date" and (absent := missing[choice.name] + date.missing):
            return f"{counted(absent, 'row')} without {choice.name}, so that it cannot divide them by time"
        if choice.kind == "date" and not is_record_time(choice, 0):
            return f"{choice.name} does not say when a row was recorded"
    shared = next((choice.name for choice in choices if choice.shared), None)
    if shared is not None:
        return f"no date was found; if the rows of one {shared} belong together, use --group {shlex.quote(shared)}"
    return "no date and no repeated group was found"


def _sharing_the_label(choices: Sequence[ColumnChoice], sample: TableSample, label: str, task: Task) -> str | None:
    """The column for which rows with the same value share the label, as those of one patient do."""
    labels = sample.columns[label].slice(0, _GROUP_ROWS).to_numpy(zero_copy_only=False)
    known = np.array([value is not None for value in labels])
    if known.sum() < MIN_ROWS:
        return None
    if task.kind == "regression":
        truth = number_label(label, as_numbers(sample.columns[label].slice(0, _GROUP_ROWS))[known])
    else:
        truth = class_label(label, labels[known])
    for choice in choices:
        profile = choice.profile
        whole = profile.numbers is None or profile.numbers.integers
        if choice.kind in ("id", "date", "text") or not whole or profile.distinct > profile.present / 2:
            continue
        values = sample.columns[choice.name].slice(0, _GROUP_ROWS).to_numpy(zero_copy_only=False)[known]
        present = values[np.array([value is not None for value in values])].astype(str)
        largest = np.unique(present, return_counts=True)[1].max(initial=0)
        mean = len(present) / max(1, profile.distinct)
        # Columns that predict the label, without being groups, have frequent values: 0 hours of work, a grade.
        are_even = largest <= _LARGEST * mean and mean <= _MEAN
        if are_even and label_groups(column_of_objects(choice.name, values), truth) is not None:
            return choice.name
    return None


def _by_time(sample: TableSample, time: str, label: str, date: DateFormat | None) -> _ByTime:
    """What a split by time is like."""
    import pyarrow.compute as pc

    known = pc.is_valid(sample.columns[label])
    days, seconds = DateReader(date.format if date is not None else None).read(sample.columns[time].filter(known), 0)
    times = (days.astype(np.int64) * SECONDS_PER_DAY + seconds)[days != NO_DATE]
    labels = sample.columns[label].filter(known).to_numpy(zero_copy_only=False)[days != NO_DATE]
    samples = Samples(np.empty(len(times)), None, columns={time: times})
    split = TimeSplit(by="time", column=time, validation=HELD_OUT, test=HELD_OUT)
    rows, _ = split_rows(samples, split, 0, ())
    before, after = rows["train"], [rows[name] for name in ("validation", "test") if name in rows]
    newest = times[before].max()
    overlap = max(int((times[chosen] <= newest).sum()) for chosen in after)
    rest = set(labels) - set(labels[before])
    gap = round(overlap * sample.rows / len(sample.positions))
    return _ByTime(gap, not rest, Counter(labels[before]), Counter(labels[rows["test"]]))
