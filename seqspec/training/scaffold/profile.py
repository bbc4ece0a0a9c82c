"""What the values of a column are: statistics that the choice of its kind needs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seqspec.training.data.encoding.booleans import BOOLEANS
from seqspec.training.data.encoding.date_formats import MAX_INVALID, DateFormat, date_format, mixed_dates
from seqspec.training.data.encoding.values import is_missing_word
from seqspec.training.data.far_values import Distinct, sentinel_of
from seqspec.training.data.samples import Array
from seqspec.training.data.tables.number_text import NumberText, is_measure, split_unit, unit_of
from seqspec.training.scaffold.column_names import name_is_sensitive, sensitive_content
from seqspec.training.scaffold.decimal_marks import ambiguous_mark

if TYPE_CHECKING:
    import pyarrow as pa

MAX_CATEGORIES = 1_000
PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_GROUPED = re.compile(r"[+-]?(\d{1,3}([,'\s.])\d{3}(\2\d{3})*([.,]\d+)?|\d+([.,]\d+)?)")
_MIN_MEASURED = 10
"""Different numbers with one unit from which on they are hardly categories, such as "3 doors"."""
_FRACTION = re.compile(r"\d[.,]\d{1,2}(?!\d)")
"""The fraction of a measured number, such as 1.6 l; a thousand is 1,000."""
_MEASURED = 0.5
"""The share of numbers that have the unit of a column."""
_UNITS_SAMPLE = 2_000
_FEW_TEXTS = 3
"""Texts beside numbers that can all mean that the number is missing, such as "not known"."""
_WORDS_SAMPLE = 2_000
_FEW, _SHORT_NUMBER = 30, 1_000
"""Few different short numbers count something, whatever the column is called."""
_CHECKED = 20_000
"""Distinct values that are searched for secrets; all of a column with fewer."""


@dataclass(frozen=True)
class Numbers:
    """The numbers of a column, without missing ones.

    Attributes:
        values: The distinct numbers.
        counts: The rows of each.
        marks: Texts beside them that stand for a missing number, with their rows.
        sentinel: A number that looks like the mark of a missing one.
        grouped: Rows with thousands separators or a decimal comma.
        others: Rows with other text.
        grouped_text: One of the numbers with thousands separators or a decimal comma.
        other_texts: The other texts with their rows, if they are at most `_FEW_TEXTS`.
        decimal: The decimal mark of the file.
        unit: What is written beside the numbers.
        other_units: What is written beside other numbers instead, with their rows.
        other_row: The first of these rows in the table, from 0.
    """

    values: Array
    counts: Array
    marks: dict[str, int]
    sentinel: float | None = None
    grouped: int = 0
    others: int = 0
    grouped_text: str = ""
    other_texts: Mapping[str, int] = field(default_factory=dict)
    decimal: str | None = None
    unit: str | None = None
    other_units: Mapping[str, int] = field(default_factory=dict)
    other_row: int = 0

    @property
    def distinct(self) -> Distinct:
        """The numbers with their rows."""
        return Distinct(self.values, self.counts)

    @cached_property
    def few_invalid(self) -> bool:
        """Whether some values are not numbers, but at most 1 % of those that are not missing."""
        invalid = self.grouped + self.others
        return 0 < invalid <= MAX_INVALID * (invalid + int(self.counts.sum()))

    @cached_property
    def integers(self) -> bool:
        """Whether all are integers."""
        return bool((self.values == np.round(self.values)).all() and (np.abs(self.values) < 2**53).all())

    @cached_property
    def low(self) -> float:
        """The smallest number."""
        return float(self.values.min())

    @cached_property
    def high(self) -> float:
        """The largest number."""
        return float(self.values.max())

    @cached_property
    def mean(self) -> float:
        """The mean over the rows."""
        return float(np.average(self.values, weights=self.counts))

    @cached_property
    def deviation(self) -> float:
        """The standard deviation over the rows."""
        return float(np.sqrt(np.average((self.values - self.mean) ** 2, weights=self.counts)))

    @cached_property
    def median(self) -> float:
        """The median over the rows."""
        order = np.argsort(self.values, kind="stable")
        reached = np.cumsum(self.counts[order])
        return float(self.values[order][np.searchsorted(reached, reached[-1] / 2)])


@dataclass(frozen=True)
class ColumnProfile:
    """The statistics of a column.

    Attributes:
        name: Its name.
        rows: Sampled rows.
        missing: Rows without a value.
        distinct: Number of distinct values.
        counts: Rows of each value, the most frequent first; empty if there are more than `MAX_CATEGORIES`.
        numbers: The numbers, if at least 90 % of the values are.
        date: The format of the dates, if at least 90 % of the values have it.
        dates: A date in two of the formats, if all values are dates, but not nearly all of one format.
        words: Mean number of words in a value.
        zeros: Whether values have leading zeros, as codes do.
        rising: Whether the values are the integers from one number on, in the order of the rows.
        ascending: Whether the values are integers, each larger than that of the row before.
        sensitive: Why no value may be shown or used; None if they may.
        nested: Whether the values are lists, objects or bytes.
    """

    name: str
    rows: int
    missing: int
    distinct: int
    counts: dict[str, int]
    numbers: Numbers | None = None
    date: DateFormat | None = None
    dates: str | None = None
    words: float = 0.0
    zeros: bool = False
    rising: bool = False
    ascending: bool = False
    sensitive: str | None = None
    nested: bool = False

    @property
    def present(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing

    @property
    def unique(self) -> bool:
        """Whether no value occurs twice."""
        return self.distinct == self.present > 1


def profile(
    name: str,
    column: pa.ChunkedArray,
    positions: Array,
    nested: bool = False,
    decimal: str | None = None,
    is_number: bool = False,
) -> ColumnProfile:
    """The profile of a column.

    Args:
        name: Its name.
        column: Its values.
        positions: The rows of its values in the table.
        nested: Whether they are lists, objects or bytes.
        decimal: The decimal mark of the file.
        is_number: Whether the user says that they are numbers.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows, missing = len(column), column.null_count
    if nested or missing == rows:
        return ColumnProfile(name, rows, missing, 0, {}, nested=nested)
    counted = pc.value_counts(column.drop_null())
    texts, counts = counted.field("values"), counted.field("counts").to_numpy()
    trimmed = pc.utf8_trim_whitespace(texts)
    values = texts.to_pylist()
    words = _words(values)
    numbers = _numbers(trimmed, counts, decimal, is_number)
    if numbers is not None and numbers.other_units:
        others = [value for value in values if unit_of(value) in numbers.other_units]
        first = pc.index(pc.is_in(column, value_set=pa.array(others, column.type)), True).as_py()
        numbers = replace(numbers, other_row=int(positions[first]))
    whole = numbers is not None and not (numbers.marks or numbers.grouped or numbers.others)
    plain = whole and numbers is not None and numbers.unit is None
    digits = numbers is not None and not numbers.marks and (whole or numbers.few_invalid)
    few: dict[str, int] = {}
    if len(values) <= MAX_CATEGORIES:
        few = dict(sorted(zip(values, counts.tolist()), key=lambda pair: (-pair[1], pair[0])))
    date = date_format(values, counts.tolist(), name) if words < _DATE_WORDS else None
    return ColumnProfile(
        name, rows, missing, len(values), few, numbers, date,
        mixed_dates(values) if date is None and words < _DATE_WORDS else None,
        words,
        digits and bool(pc.any(pc.match_substring_regex(trimmed, r"^0[0-9][0-9.]*$")).as_py()),
        *_order(column, positions, numbers if plain and missing == 0 else None),
        _sensitive(name, values, numbers if whole else None, words),
    )  # fmt: skip


_DATE_WORDS = 6
_LONG_TEXT = 5


def _words(values: Sequence[str]) -> float:
    some = values[:: max(1, len(values) // _WORDS_SAMPLE)]
    return sum(len(value.split()) for value in some) / len(some)


def _order(column: pa.ChunkedArray, positions: Array, numbers: Numbers | None) -> tuple[bool, bool]:
    """Whether value minus row is the same integer in all rows, and whether the integers rise from row to row."""
    import pyarrow.compute as pc

    if numbers is None or not numbers.integers or len(numbers.values) != len(column) or len(column) < 2:
        return False, False
    values = pc.cast(pc.cast(pc.utf8_trim_whitespace(column), "float64"), "int64").to_numpy()
    return bool((values - positions == values[0] - positions[0]).all()), bool((np.diff(values) > 0).all())


def _sensitive(name: str, values: Sequence[str], numbers: Numbers | None, words: float) -> str | None:
    if {value.strip().lower() for value in values} <= BOOLEANS.keys():
        return None
    if numbers is not None and len(values) <= _FEW and numbers.high < _SHORT_NUMBER:
        return None
    some = values[:: max(1, len(values) // _CHECKED)]
    if name_is_sensitive(name, some):
        return "the name looks like a secret or personal data"
    if numbers is not None and (not numbers.integers or numbers.high < 10**11):
        return None
    content = sensitive_content(some, words >= _LONG_TEXT)
    return None if content is None else f"the values look like {content}"


def _numbers(texts: pa.StringArray, counts: Array, decimal: str | None, is_number: bool) -> Numbers | None:
    """The numbers among distinct texts.

    None if fewer than 90 % of the rows have one, or 80 % if the others have few texts, each in several rows.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    unit = _unit(texts, counts, is_number)
    texts = NumberText(decimal, unit).plain(texts)
    plain = pc.match_substring_regex(texts, PLAIN)
    mask = plain.to_numpy(zero_copy_only=False)
    total = int(counts.sum())
    if counts[mask].sum() < 0.2 * total and len(texts) > 100 and not _some_grouped(texts):
        return None
    values = pc.cast(texts.filter(plain), pa.float64()).to_numpy()
    weights = counts[mask]
    marks: dict[str, int] = {}
    others, grouped, example = 0, [], ""
    other_texts: dict[str, int] = {}
    other_units: Counter[str] = Counter()
    for text, count in zip(texts.filter(pc.invert(plain)).to_pylist(), counts[~mask].tolist()):
        other = None if unit is None else unit_of(text)
        if other is not None and other != unit and is_measure(other):
            other_units[other] += count
        if is_missing_word(text):
            marks[text] = count
        elif _is_grouped(text):
            grouped.append(count)
            if not example or (ambiguous_mark(example) and not ambiguous_mark(text)):
                example = text
        else:
            others += count
            if len(other_texts) <= _FEW_TEXTS:
                other_texts[text] = count
    numeric = int(weights.sum()) + sum(grouped)
    few = len(other_texts) <= _FEW_TEXTS and min(other_texts.values(), default=0) > 1
    if not few:
        other_texts = {}
    if not numeric or others > (0.2 if few else 0.1) * total or numeric < 0.2 * total:
        return None
    values, weights = _merged(values, weights)
    numbers = Numbers(
        values=values,
        counts=weights,
        marks=marks,
        sentinel=None,
        grouped=sum(grouped),
        others=others,
        grouped_text=example,
        other_texts=other_texts,
        decimal=decimal,
        unit=unit,
        other_units=other_units,
    )
    if not len(values) or (grouped and not numbers.few_invalid):
        return numbers
    return replace(numbers, sentinel=sentinel_of(numbers.distinct))


def _unit(texts: pa.StringArray, counts: Array, is_number: bool) -> str | None:
    """The unit that most numbers have; None where few do, or where few different integers have it.

    3 doors can be a category, unless the column is declared as numbers: `is_number`.
    """
    step = max(1, len(texts) // _UNITS_SAMPLE)
    rows: Counter[str] = Counter()
    different: Counter[str] = Counter()
    fractions: Counter[str] = Counter()
    total = 0
    for text, count in zip(texts[::step].to_pylist(), counts[::step].tolist()):
        if is_missing_word(text):
            continue
        total += count
        if (unit := unit_of(text)) is not None:
            rows[unit] += count
            different[unit] += step
            fractions[unit] += _FRACTION.search(text) is not None
    [(unit, unit_rows)] = rows.most_common(1) or [("", 0)]
    if unit_rows <= _MEASURED * total:
        return None
    is_measured = is_number or is_measure(unit) or different[unit] >= _MIN_MEASURED or fractions[unit] > 0
    return unit if is_measured else None


def _merged(values: Array, counts: Array) -> tuple[Array, Array]:
    """Distinct numbers: 1 and 1.0 are one."""
    distinct, inverse = np.unique(values, return_inverse=True)
    return distinct, np.bincount(inverse, weights=counts, minlength=len(distinct)).astype(np.int64)


def _is_grouped(text: str) -> bool:
    """Whether a text is a number with thousands separators or a decimal comma, perhaps with a unit."""
    bare = split_unit(text)[0]
    return _GROUPED.fullmatch(bare) is not None and re.fullmatch(PLAIN, bare) is None


def _some_grouped(texts: pa.StringArray) -> bool:
    some = [text for text in texts[:100].to_pylist() if not is_missing_word(text)]
    return bool(some) and sum(map(_is_grouped, some)) > 0.5 * len(some)
