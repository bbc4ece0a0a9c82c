"""Columns of a table as the statistics of the leak scan need them: numbers, codes of distinct values, or times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from seqspec.training.data.samples import Array
from seqspec.training.data.tables.cells import as_numbers, is_missing
from seqspec.training.data.tables.identifiers import is_id_name
from seqspec.training.data.time_axis.times import parse_iso

_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$")
_MAX_TEXT = 200
_MAX_DISTINCT = 20_000
_TIME_NAME = re.compile(r"year|date|time|month|week|day|hour|minute|second|stamp|^t$", re.IGNORECASE)


def is_time_axis(name: str, first: float, last: float) -> bool:
    """Whether integers that rise are times: years, or a column that is named after a unit of time."""
    return bool(_TIME_NAME.search(name)) or (first >= 1500 and last <= 2200)


class Words(NamedTuple):
    """The words of the texts of a column, each once per text.

    Attributes:
        rows: The place of the text of each word in `samples`.
        codes: The place of each word in `texts`.
        texts: The distinct words.
        samples: The rows whose texts these are.
    """

    rows: Array
    codes: Array
    texts: Sequence[str]
    samples: Array


class ScannedColumn(NamedTuple):
    """A column of the sampled training rows, in the order of the file.

    Attributes:
        name: The name of the column.
        kind: "number", "text" (a category), "words" (texts of several words) or "date".
        values: float64 with NaN for a missing number or date (microseconds since 1970), int32 codes with -1 for a
            missing text.
        texts: The distinct texts by code; none of words.
        is_feature: Whether the model gets the column.
        words: The words of texts of several words.
    """

    name: str
    kind: Literal["number", "text", "words", "date"]
    values: Array
    texts: Sequence[str] = ()
    is_feature: bool = True
    words: Words | None = None

    @property
    def has_id_name(self) -> bool:
        """Whether the name is one that ids have, such as `customer_id` or `row`."""
        return is_id_name(self.name)

    @property
    def is_coded(self) -> bool:
        """Whether the values are codes of texts."""
        return self.kind in ("text", "words")

    @property
    def is_integer(self) -> bool:
        """Whether all numbers are integers."""
        known = self.values[np.isfinite(self.values)]
        return self.kind == "number" and len(known) > 0 and bool(np.all(known == np.rint(known)))

    def is_id(self) -> bool:
        """Whether the column numbers or names the rows: unique integers that rise, or unique texts."""
        values = self.values
        if self.kind == "text":
            return len(values) > 1 and int(values.min()) >= 0 and len(self.texts) == len(values)
        if self.kind != "number" or len(values) < 2 or not self.is_integer or not np.isfinite(values).all():
            return False
        if not bool(np.all(np.diff(values) > 0)):
            return self.has_id_name and len(np.unique(values)) == len(values)
        return self.has_id_name or not is_time_axis(self.name, values[0], values[-1])


def column_of_numbers(name: str, values: Array, is_feature: bool = True) -> ScannedColumn:
    """A column of numbers."""
    return ScannedColumn(name, "number", values.astype(np.float64), is_feature=is_feature)


def column_of_times(name: str, microseconds: Array) -> ScannedColumn:
    """A column of dates and times, as microseconds since 1970."""
    return ScannedColumn(name, "date", microseconds)


def column_of_words(name: str, digests: Array, words: Words | None = None) -> ScannedColumn:
    """A column of texts, as numbers that are equal where the texts are."""
    codes = np.unique(digests, return_inverse=True)[1].reshape(-1).astype(np.int32)
    return ScannedColumn(name, "words", codes, words=words)


def column_of_objects(name: str, values: Sequence[object] | Array) -> ScannedColumn:
    """A column of Python values: numbers if all are, else dates if all are ISO 8601, else texts."""
    collector = ColumnCollector(name)
    collector.add(values)
    return collector.finish()


class ColumnCollector:
    """Collects Python values of a column as codes of distinct texts."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._codes: dict[str, int] = {}
        self._parts: list[Array] = []
        self._count = 0

    def add(self, values: Sequence[object] | Array) -> None:
        """Adds rows."""
        known = self._codes
        codes = [-1 if is_missing(value) else known.setdefault(str(value), len(known)) for value in values]
        self._parts.append(np.array(codes, np.int32))
        self._count += len(codes)

    @property
    def is_group_or_date(self) -> bool:
        """Whether the values so far can be groups or dates: short, and repeated where they are many."""
        first = next(iter(self._codes), "")
        if len(first) > _MAX_TEXT:
            return False
        return len(self._codes) <= max(_MAX_DISTINCT, self._count / 2) or _DATE.match(first) is not None

    def finish(self, is_feature: bool = True, order: Array | None = None) -> ScannedColumn:
        """The column, with its rows in another order."""
        texts = list(self._codes)
        codes = np.concatenate([np.zeros(0, np.int32), *self._parts])
        codes = codes if order is None else codes[order]
        try:
            numbers = as_numbers([*texts, None])
        except (ValueError, TypeError):
            times = _times_of(texts)
            if times is None:
                return ScannedColumn(self._name, "text", codes, texts, is_feature)
            return ScannedColumn(self._name, "date", np.append(times, np.nan)[codes], is_feature=is_feature)
        return column_of_numbers(self._name, numbers[codes], is_feature)


def _times_of(texts: Sequence[str]) -> Array | None:
    """Microseconds since 1970 of ISO 8601 dates; None if a text is not one."""
    if not texts or not all(_DATE.match(text) for text in texts):
        return None
    try:
        return parse_iso(texts).astype(np.float64)
    except ValueError:
        return None


class Label(NamedTuple):
    """A label of the sampled rows: class indices, or numbers if `classes` is 0; `names` are those of the spec."""

    name: str
    values: Array
    classes: int
    texts: Sequence[str] = ()
    names: Sequence[str] = ()

    def class_name(self, value: int) -> str:
        """What a class is called: by the spec, if the labels are numbers of its names."""
        text = self.texts[value]
        return self.names[int(text)] if text.isdecimal() and int(text) < len(self.names) else text


def class_label(name: str, values: Array) -> Label:
    """The label of classes that are stored as numbers or text."""
    if values.dtype == object:
        column = column_of_objects(name, [None if value is None else str(value) for value in values])
        if column.kind == "text":
            return Label(name, column.values, len(column.texts), column.texts)
        values = column.values
    distinct, codes = np.unique(values, return_inverse=True)
    return Label(name, codes.astype(np.int32).reshape(-1), len(distinct), [f"{value:.15g}" for value in distinct])


def number_label(name: str, values: Array) -> Label:
    """The label of a regression."""
    return Label(name, values.astype(np.float64), 0)
