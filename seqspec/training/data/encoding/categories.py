"""The kind `category`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from seqspec.core.api.data import CategoryColumn, CategoryValue
from seqspec.training.data.encoding.base import (
    NO_CODE,
    ColumnCodec,
    ColumnEncoding,
    ColumnReader,
    RawColumn,
    TrainingColumn,
    Write,
)
from seqspec.training.data.encoding.booleans import BOOLEANS
from seqspec.training.data.encoding.values import factor
from seqspec.training.data.stored import Array

if TYPE_CHECKING:
    from seqspec.training.data.shards import Column

MAX_VALUES = 2**20
"""Maximum number of distinct values of a column."""

_MIN_OTHERS, _MORE_OTHERS = 5, 0.2
"""The number of rows with other values than the frequent ones that are noted, and the share beyond that of training."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_INTEGRAL = re.compile(r"(0|-?[1-9][0-9]{0,17})\.0+")


def category_key(value: object) -> str:
    """The text by which a value is compared: 1, 1.0, "1" and "1.0" are the integer 1, but "01" is a text."""
    match value:
        case str():
            match = _INTEGRAL.fullmatch(value)
            return match[1] if match else value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


def is_integer_key(key: str) -> bool:
    """Whether a key is that of an integer."""
    return _INTEGER.fullmatch(key) is not None


class CategoryReader(ColumnReader):
    """Categories as codes in the order of their first rows, -1 where one is missing.

    Attributes:
        too_many: Whether there are more values than can be held in memory.
    """

    fields = (np.int32,)

    def __init__(self, values: Sequence[CategoryValue] | None = None) -> None:
        super().__init__()
        self._booleans = values is not None and isinstance(values[0], bool)
        self._numbers: dict[str, int] = {}
        self._known: dict[str, int] = {}
        self._counts = np.zeros(0, np.int64)
        self._first: list[int] = []
        self.too_many = False

    def read(self, column: Column, start: int) -> Sequence[Array]:
        factored = factor(column)
        codes, bad, new = np.full(len(factored.values) + 1, NO_CODE, np.int32), [], []
        get = self._known.get
        seen = [get(value, NO_CODE) if type(value) is str else NO_CODE for value in factored.values]
        codes[:-1] = seen
        for index in np.flatnonzero(codes[:-1] == NO_CODE).tolist():
            value = factored.values[index]
            if value == "":
                continue
            if isinstance(value, (list, dict, bytes)):
                bad.append(index)
                continue
            key = self._key(value)
            code = self._numbers.get(key)
            if code is None:
                if len(self._numbers) >= MAX_VALUES:
                    self.too_many = True
                    continue
                code = self._numbers[key] = len(self._numbers)
                new.append(index)
            codes[index] = code
            if type(value) is str:
                self._known[value] = code
        self.invalid.add(factored, bad, start)
        if new:
            # A value occurs first in the row of the smallest number.
            firsts = np.full(len(factored.values) + 1, -1, np.int64)
            firsts[factored.codes[::-1]] = np.arange(len(factored.codes))[::-1]
            self._first += (start + firsts[new]).tolist()
        rows = codes[factored.codes]
        counts = np.bincount(rows[rows >= 0], minlength=len(self._numbers))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        return [rows]

    def _key(self, value: object) -> str:
        key = category_key(value)
        if self._booleans:
            known = BOOLEANS.get(key.lower())
            return key if known is None else category_key(known)
        return key

    def finish(self) -> RawColumn:
        return RawColumn(list(self._numbers), self._counts, self._first)


@dataclass(frozen=True)
class CategoricalEncoding(ColumnEncoding):
    """One place for each value.

    Attributes:
        dtype: How values are compared: "string", "integer" or "boolean".
        values: The values, in the order of their places.
        places: The number of places.
        other: The place of values that are not in `values`; None if they are zero in all places.
        missing_place: The place of missing values; None if they are zero in all places, or not allowed.
        unknown: "zeros", or "error" where values that are neither in `values` nor in `rare` are refused.
        rare: Values of the training set that share the place `other`, for `unknown = "error"`.
        other_share: The share of the training rows with a value that `other` has.
    """

    kind = "category"

    dtype: Literal["string", "integer", "boolean"]
    values: list[CategoryValue]
    places: int
    other: int | None
    missing_place: int | None
    unknown: str
    rare: list[str]
    other_share: float = 0.0

    @property
    def width(self) -> int:
        return self.places

    def place_of(self) -> Mapping[str, int]:
        """The place of each value, by key."""
        return {category_key(value): place for place, value in enumerate(self.values)}

    def bind(self, column: RawColumn) -> Write:
        known = self.place_of()
        nowhere = -1
        other = nowhere if self.other is None else self.other
        places = np.array([known.get(value, other) for value in column.values] + [nowhere], np.int32)
        places[-1] = nowhere if self.missing_place is None else self.missing_place

        def write(fields: Sequence[Array], out: Array) -> None:
            columns_of_rows = places[fields[0]]
            rows = np.flatnonzero(columns_of_rows >= 0)
            out[rows, columns_of_rows[rows]] = 1

        return write

    def unknown_values(self, column: RawColumn) -> dict[str, int]:
        """The rows of each value that is not encoded, or refused by `unknown`, most frequent first."""
        known = self.place_of()
        if self.other is not None and self.unknown != "error":
            return {}
        allowed = {*known, *self.rare}
        unknown = {key: int(count) for key, count in zip(column.values, column.counts) if key not in allowed and count}
        return dict(sorted(unknown.items(), key=lambda item: (-item[1], item[0])))

    def many_others(self, column: RawColumn) -> dict[str, int] | None:
        """The rows of each value that has the place `other`, if they are far more of the rows than in training."""
        if self.other is None or self.unknown == "error":
            return None
        known, counts = self.place_of(), np.asarray(column.counts)
        others_by_value = {
            value: int(count) for value, count in zip(column.values, counts) if value not in known and count
        }
        rows, others = int(counts.sum()), sum(others_by_value.values())
        chance = self.other_share * rows
        many = others >= _MIN_OTHERS and others > chance + max(_MORE_OTHERS * rows, 4 * np.sqrt(chance))
        return others_by_value if many else None


def fit_category(name: str, kind: CategoryColumn, missing: str, codes: Array, column: RawColumn) -> CategoricalEncoding:
    """The encoding, learned from the codes of the training set."""
    rare: list[str] = []
    other_share = 0.0
    if kind.values is not None:
        values = list(kind.values)
        dtype: Literal["string", "integer", "boolean"] = (
            "boolean" if isinstance(values[0], bool) else "integer" if isinstance(values[0], int) else "string"
        )
        places, other = len(values), None
    else:
        counts = np.bincount(codes[codes >= 0], minlength=len(column.values))
        # Depends on nothing but the counts: not on the order of the rows.
        order = sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-int(counts[code]), column.values[code]))
        kept = [code for code in order[: kind.top] if counts[code] >= (kind.min_count or 1)]
        keys = [column.values[code] for code in kept]
        if kind.top is None:
            keys.sort(key=_sort_key)
        shares = kind.top is not None or kind.min_count is not None
        places = (kind.top if kind.top is not None else len(keys)) + int(shares)
        # A place that no training row fills would have random weights.
        other = places - 1 if shares and len(kept) < len(order) else None
        if other is not None:
            other_share = 1 - int(counts[kept].sum()) / max(1, int(counts.sum()))
        integers = bool(keys) and all(map(is_integer_key, keys))
        dtype = "integer" if integers else "string"
        values = [int(key) for key in keys] if integers else list(keys)
        if kind.unknown == "error":
            chosen = set(kept)
            rare = sorted(column.values[code] for code in order if code not in chosen)
    missing_place = None
    if missing == "category":
        missing_place, places = places, places + 1
    return CategoricalEncoding(
        name, missing, dtype, values, places, other, missing_place, kind.unknown, rare, other_share
    )


def _sort_key(key: str) -> tuple[bool, int, str]:
    return (False, int(key), "") if is_integer_key(key) else (True, 0, key)


def _learn(column: TrainingColumn[CategoryColumn]) -> CategoricalEncoding:
    return fit_category(column.name, column.kind, column.missing, column.fields[0], column.raw)


CODEC = ColumnCodec[CategoryColumn](
    reader=CategoryReader,
    encoding=CategoricalEncoding,
    read=lambda kind, budget, decimal: CategoryReader(kind.values),
    is_missing=lambda codes: codes == NO_CODE,
    learn=_learn,
)
