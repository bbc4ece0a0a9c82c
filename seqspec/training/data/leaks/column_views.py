"""What rows and columns say: samples as numbers, and what a column says beside its values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from seqspec.core.api.data import DateColumn, NumberColumn, TextColumn
from seqspec.core.api.messages import Message, fmt
from seqspec.training.data.encoding.dates import NO_DATE, SECONDS_PER_DAY
from seqspec.training.data.encoding.numbers import clipped
from seqspec.training.data.encoding.raw import RawColumns, field_names, text_digests
from seqspec.training.data.encoding.texts import codes_in, words_of
from seqspec.training.data.leaks.scanned_columns import (
    Label,
    ScannedColumn,
    Words,
    column_of_numbers,
    column_of_times,
    column_of_words,
)
from seqspec.training.data.leaks.statistics import MAX_CLASSES, column_score, halves_of, over_chance
from seqspec.training.data.samples import Array, Samples

_MAX_WORDS = 2**23
"""Maximum number of words that are read."""
_MAX_CHARACTERS = 2**22
"""The same of texts that are not split into words yet."""
_WIDE, _LABEL_BINS, _BETWEEN = 200, 20, 0.5
"""The columns of a matrix that are all looked at, and the share of variance between labels from which others are."""
_LINE = 0.99995
"""The correlation of a copy of the label in another unit."""


class RowValues:
    """Columns as numbers: NaN where a number or a date is missing, codes of texts.

    Attributes:
        names: The columns.
        exact: Whether the values of a column are codes or times, of which only equal ones are alike.
    """

    def __init__(self, samples: Samples) -> None:
        self._raw = samples.raw
        if self._raw is not None:
            self.names: Sequence[str] = list(self._raw.kinds)
            self.exact = np.array([not isinstance(kind, NumberColumn) for kind in self._raw.kinds.values()])
            return
        count = samples.x.shape[1]
        self.exact = np.zeros(count, bool)
        # An encoded column has several values, and arrays from Python have no names.
        named = len(samples.features) == count
        self.names = list(samples.features) if named else [f"x[:, {index}]" for index in range(count)]

    def of(self, rows: Array) -> Array:
        """The values of some rows, of shape (rows, columns)."""
        raw = self._raw
        if raw is None:
            return rows.astype(np.float64)
        return np.stack([_numbers(rows, raw, name) for name in self.names], axis=1)


def _numbers(rows: Array, raw: RawColumns, name: str) -> Array:
    kind = raw.kinds[name]
    fields = [np.ascontiguousarray(rows[field]) for field in field_names(raw.kinds, name)]
    match kind:
        case DateColumn():
            seconds = fields[0].astype(np.float64) * SECONDS_PER_DAY + fields[1]
            return np.where(fields[0] == NO_DATE, np.nan, seconds)
        case TextColumn():
            # As many bits as float64 holds.
            return (text_digests(raw.columns[name], fields) >> np.uint64(12)).astype(np.float64)
        case NumberColumn():
            # Only with `clip` can numbers be infinite.
            return np.where(np.isinf(fields[0]), clipped(fields[0], kind.clip), fields[0]).astype(np.float64)
    codes = fields[0].astype(np.float64)
    return np.where(codes < 0, np.nan, codes)


def feature_columns(samples: Samples, rows: Array) -> Iterator[ScannedColumn]:
    """The features of some samples as columns of the scan."""
    raw, sample = samples.raw, np.asarray(samples.x[rows])
    if raw is None:
        for name, column in zip(RowValues(samples).names, sample.T):
            yield column_of_numbers(name, column)
        return
    for name, kind in raw.kinds.items():
        column = _numbers(sample, raw, name)
        match kind:
            case DateColumn():
                yield column_of_times(name, column * 1e6)
            case TextColumn():
                yield column_of_words(name, column, _words(sample, raw, name))
            case NumberColumn():
                yield column_of_numbers(name, column)
            case _:
                texts = raw.columns[name].values
                yield _category(name, column, texts) if texts else column_of_numbers(name, column)


def array_columns(samples: Samples, rows: Array, labels: Sequence[Label]) -> Iterator[ScannedColumn]:
    """The columns of a matrix; of sequences the means over the steps of each feature.

    Means of a window are close to numbers that follow it, so of labels that are numbers only their copies are columns.
    """
    sample = np.asarray(samples.x[rows]).astype(np.float64)
    if sample.ndim == 2:
        names = RowValues(samples).names
        for index in _likely(sample, labels).tolist():
            yield column_of_numbers(names[index], sample[:, index])
        return
    numbers = [label.values for label in labels if not label.classes]
    for index, column in enumerate(sample.mean(axis=1).T):
        if not numbers or any(_is_line(column, values) for values in numbers):
            yield column_of_numbers(f"x[:, :, {index}] (mean over the steps)", column)


def _likely(matrix: Array, labels: Sequence[Label]) -> Array:
    """The columns of a wide matrix that can be a leak, since most of their variance is between the labels; else all."""
    if matrix.shape[1] <= _WIDE:
        return np.arange(matrix.shape[1])
    likely = np.isnan(matrix).any(axis=0)
    centered = matrix - matrix.mean(axis=0)
    total = np.maximum((centered**2).sum(axis=0), np.finfo(np.float64).tiny)
    for label in labels:
        codes = label.values
        if not label.classes:
            codes = np.searchsorted(np.quantile(codes, np.linspace(0, 1, _LABEL_BINS + 1)[1:-1]), codes, side="right")
        distinct, codes, sizes = np.unique(codes, return_inverse=True, return_counts=True)
        if len(distinct) <= MAX_CLASSES:
            belongs = (codes.reshape(-1) == np.arange(len(distinct))[:, None]).astype(np.float64)
            likely |= ((belongs @ centered) ** 2 / sizes[:, None]).sum(axis=0) >= _BETWEEN * total
    return np.flatnonzero(likely)


def _is_line(column: Array, values: Array) -> bool:
    varies = bool(np.ptp(column)) and bool(np.ptp(values))
    return varies and abs(float(np.corrcoef(column, values)[0, 1])) >= _LINE


def text_column(samples: Samples, rows: Array) -> ScannedColumn:
    """Texts as a column of words."""
    texts = [str(text) for text in np.asarray(samples.x[rows]).reshape(-1)]
    # Of long texts only some are split.
    read = np.arange(0, len(texts), max(1, sum(map(len, texts)) // _MAX_CHARACTERS))
    numbers: dict[str, int] = {}
    words = [[numbers.setdefault(word, len(numbers)) for word in set(words_of(texts[row]))] for row in read.tolist()]
    places = np.repeat(np.arange(len(words)), [len(codes) for codes in words])
    known = Words(places, np.array([code for codes in words for code in codes], np.int64), list(numbers), read)
    distinct: dict[str, int] = {}
    codes = np.array([distinct.setdefault(text, len(distinct)) for text in texts])
    return column_of_words(samples.features[0] if samples.features else "text", codes, known)


def _words(rows: Array, raw: RawColumns, name: str) -> Words:
    """The words of the texts of some rows, of fewer where they have too many."""
    starts, lengths = (np.ascontiguousarray(rows[field]) for field in field_names(raw.kinds, name))
    samples = np.arange(0, len(rows), max(1, -(-int(lengths.sum()) // _MAX_WORDS)))
    column = raw.columns[name]
    assert column.words is not None
    places, codes = codes_in(column.words, [starts[samples], lengths[samples]])
    held = codes >= 0
    width = max(1, len(column.values))
    pairs = np.unique(places[held] * np.int64(width) + codes[held])
    return Words(pairs // width, pairs % width, column.values, samples)


def _category(name: str, values: Array, texts: Sequence[str]) -> ScannedColumn:
    """A category, whose codes number the texts of the sampled rows only."""
    known = ~np.isnan(values)
    distinct, codes = np.unique(values[known].astype(np.int64), return_inverse=True)
    numbers = np.full(len(values), -1, np.int32)
    numbers[known] = codes.reshape(-1)
    return ScannedColumn(name, "text", numbers, [texts[code] for code in distinct])


_MIN_ROWS = 10
"""Minimum number of rows with a word, or a missing value, and of rows without."""
_MAX_VIEWED_WORDS = 5_000
_PARTS = {"year": "Y", "month": "M", "day": "D", "hour": "h"}
_WEEK = 7
_MAX_DISTINCT = 256
_PURE = 0.99
"""The share of the rows with, or without, a value that have one class, from which the column reveals it."""
_PURER = 0.1
"""The rows of other classes among them, relative to those expected, up to which the class is not just frequent."""
_MIN_EXPECTED = 15
"""The rows of other classes that chance would put among them, so that few of them mean something."""
_COVERED, _VALUE_COVERED = 0.5, 0.9
"""The share of the rows of the class that these are; that of rows with, or without, one value or word of many."""
_MAX_FREQUENT = 20
"""The most frequent values of a column that are looked at one by one."""


class ViewScore(NamedTuple):
    """How well a part of a column predicts the label, and what it is, after "by"."""

    score: float
    by: str


def best_view(column: ScannedColumn, label: Label) -> ViewScore | None:
    """The part of a column that predicts the label best; None if it has no parts."""
    scores = [ViewScore(column_score(view, label), by) for by, view in _views(column)]
    if column.words is not None and label.classes:
        scores += _word_score(column.words, label)
    return max(scores, key=lambda view: view.score, default=None)


class PureRows(NamedTuple):
    """The rows with a property of a column, nearly all of which have one class.

    Attributes:
        where: The property, after "where it".
        value: The class.
        rows: The number of rows.
        share: The share of them that has the class.
        covered: The share of the rows of the class that is among them.
    """

    where: Message
    value: int
    rows: int
    share: float
    covered: float


def pure_rows(column: ScannedColumn, label: Label) -> PureRows | None:
    """The rows with, or without, a value of a column that imply a class, and are most rows of this class."""
    if not label.classes:
        return None
    if column.words is not None:
        label = label._replace(values=label.values[column.words.samples])
    totals = np.bincount(label.values, minlength=label.classes)
    for where, inside, least in _properties(column, label):
        value, rows = int(inside.argmax()), int(inside.sum())
        hits = int(inside[value])
        expected = rows * (1 - int(totals[value]) / len(label.values))
        is_pure = hits >= _PURE * rows and rows - hits <= _PURER * expected and expected >= _MIN_EXPECTED
        if is_pure and hits >= least * totals[value]:
            return PureRows(where, value, rows, hits / rows, hits / int(totals[value]))
    return None


def _properties(column: ScannedColumn, label: Label) -> Iterator[tuple[Message, Array, float]]:
    """Properties of rows: what they are called, the rows with each by class, and the share of a class that means much.

    Of texts, `label` has the class of each of those whose words are known.
    """
    if column.words is not None:
        words = column.words
        pairs = words.codes * np.int64(label.classes) + label.values[words.rows]
        counts = np.bincount(pairs, minlength=len(words.texts) * label.classes).reshape(-1, label.classes)
        for word in _usable_words(counts.sum(axis=1), len(label.values)).tolist():
            yield fmt('has the word "{}"', words.texts[word]), counts[word], _VALUE_COVERED
        return
    missing, totals = _missing(column), np.bincount(label.values, minlength=label.classes)
    if _has_sides(missing):
        inside = np.bincount(label.values[~missing], minlength=label.classes)
        yield Message("is filled"), inside, _COVERED
        yield Message("is missing"), totals - inside, _COVERED
    if column.kind not in ("number", "text"):
        return
    distinct, codes = np.unique(column.values[~missing], return_inverse=True)
    pairs = codes.reshape(-1) * np.int64(label.classes) + label.values[~missing]
    counts = np.bincount(pairs, minlength=len(distinct) * label.classes).reshape(-1, label.classes)
    sizes = counts.sum(axis=1)
    frequent = [
        place for place in np.argsort(-sizes, kind="stable")[:_MAX_FREQUENT].tolist() if sizes[place] >= _MIN_ROWS
    ]
    shown = [f'"{column.texts[int(value)]}"' if column.is_coded else f"{value:.6g}" for value in distinct[frequent]]
    for name, place in zip(shown, frequent):
        yield fmt("is {}", name), counts[place], _VALUE_COVERED
    for name, place in zip(shown, frequent):
        yield fmt("is not {}", name), totals - counts[place], _VALUE_COVERED


def _missing(column: ScannedColumn) -> Array:
    return np.asarray(column.values < 0 if column.is_coded else np.isnan(column.values))


def _has_sides(missing: Array) -> bool:
    """Whether enough values are missing, and enough are not."""
    return _MIN_ROWS <= int(missing.sum()) <= len(missing) - _MIN_ROWS


def _views(column: ScannedColumn) -> Iterator[tuple[str, ScannedColumn]]:
    missing = _missing(column)
    if _has_sides(missing):
        yield "whether it is missing", ScannedColumn(column.name, "number", missing.astype(np.float64))
    if column.kind == "date" and not missing.all():
        for part, values in _date_parts(column.values, missing):
            yield f"its {part}", ScannedColumn(column.name, "number", values)


def _date_parts(times: Array, missing: Array) -> Iterator[tuple[str, Array]]:
    """The parts of dates that have several values; -1 where the date is missing."""
    moments = np.where(missing, 0, times).astype(np.int64).astype("datetime64[us]")
    cut = {part: moments.astype(f"datetime64[{unit}]") for part, unit in _PARTS.items()}
    numbers = {
        "year": cut["year"].astype(np.int64),
        "month": cut["month"].astype(np.int64) % 12,
        "day of the month": (cut["day"] - cut["month"].astype("datetime64[D]")).astype(np.int64),
        "day of the week": cut["day"].astype(np.int64) % _WEEK,
        "hour": (cut["hour"] - cut["day"].astype("datetime64[h]")).astype(np.int64),
    }
    for part, values in numbers.items():
        if 1 < len(np.unique(values[~missing])) <= _MAX_DISTINCT:
            yield part, np.where(missing, -1, values).astype(np.float64)


def _usable_words(counts: Array, texts: int) -> Array:
    """The most frequent words that some texts have and some have not, by how many texts have each."""
    usable = np.flatnonzero((counts >= _MIN_ROWS) & (counts <= texts - _MIN_ROWS))
    return np.asarray(usable[np.argsort(-counts[usable], kind="stable")][:_MAX_VIEWED_WORDS])


def _word_score(words: Words, label: Label) -> list[ViewScore]:
    """The score of one word per class, that of the class in which it is most frequent compared with all others."""
    truth = label.values[words.samples]
    counts = np.bincount(words.codes, minlength=len(words.texts))
    usable = _usable_words(counts, len(truth))
    present = np.unique(truth)
    if not len(usable) or len(present) < 2:
        return []
    number = np.full(len(words.texts), -1)
    number[usable] = np.arange(len(usable))
    kept = number[words.codes] >= 0
    rows, codes = words.rows[kept], number[words.codes[kept]]
    scores: list[float] = []
    chosen: list[int] = []
    for learned, scored in halves_of(len(truth)):
        guesses, best = _by_words(rows, codes, len(usable), truth, learned, present)
        scores.append(over_chance(guesses[scored], truth[scored], label.classes)[0])
        chosen = chosen or best
    shown = " and ".join(f'"{words.texts[usable[word]]}"' for word in chosen[:2])
    return [ViewScore(sum(scores) / len(scores), f"single words such as {shown}")]


def _by_words(
    rows: Array, codes: Array, count: int, truth: Array, learned: Array, classes: Array
) -> tuple[Array, list[int]]:
    """The class of each row by the word of each class, learned from some rows; and these words."""
    inside = np.zeros(len(truth), bool)
    inside[learned] = True
    own = inside[rows]
    everywhere = np.bincount(codes[own], minlength=count)
    margins, best = [], []
    for class_index in classes.tolist():
        size = int((truth[learned] == class_index).sum())
        within = np.bincount(codes[own & (truth[rows] == class_index)], minlength=count)
        margin = within / max(1, size) - (everywhere - within) / max(1, len(learned) - size)
        best.append(int(margin.argmax()))
        margins.append(float(margin.max()))
    guesses = np.full(len(truth), -1)
    for place in np.argsort(margins, kind="stable").tolist():
        guesses[rows[codes == best[place]]] = classes[place]
    rest = truth[learned][guesses[learned] < 0]
    guesses[guesses < 0] = np.bincount(rest if len(rest) else truth[learned]).argmax()
    return guesses, [best[place] for place in np.argsort(margins, kind="stable")[::-1]]
