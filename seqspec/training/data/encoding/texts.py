"""The kind `text`: the most frequent words, multi-hot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seqspec.core.api.data import TextColumn
from seqspec.training.data.encoding.base import (
    ColumnCodec,
    ColumnEncoding,
    ColumnReader,
    RawColumn,
    TrainingColumn,
    Write,
)
from seqspec.training.data.encoding.categories import MAX_VALUES
from seqspec.training.data.encoding.values import codes_of, one_chunk
from seqspec.training.data.stored import Array, Budget, Collector, Values
from seqspec.training.data.tables.cells import is_missing

if TYPE_CHECKING:
    from seqspec.training.data.shards import Column

PUNCTUATION = r"""[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']"""
"""What is removed: the punctuation of Keras's TextVectorization with `lower_and_strip_punctuation`."""
_SPACE = re.compile(r"[ \t\n\v\f\r]+")
_LOWER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})
_STRIP = re.compile(PUNCTUATION)


def words_of(text: str) -> list[str]:
    """The words of a text: A to Z in lower case, ASCII punctuation removed, split at ASCII white space.

    As Keras's TextVectorization, which leaves letters such as Ä as they are.
    """
    return [word for word in _SPACE.split(_STRIP.sub("", text.translate(_LOWER))) if word]


class TextReader(ColumnReader):
    """Texts as the place of their first word among the words of all texts, and their number of words."""

    fields = (np.int64, np.int32)

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._codes: dict[str, int] = {}
        self._words = Collector(budget, (), np.int32)
        self.too_many = False

    def read(self, column: Column, start: int) -> Sequence[Array]:
        lengths, codes, distinct = _tokens(column)
        known = np.full(len(distinct) + 1, -1, np.int32)
        get = self._codes.get
        known[:-1] = [get(word, -1) for word in distinct]
        for index in np.flatnonzero(known[:-1] < 0).tolist():
            if len(self._codes) >= MAX_VALUES:
                self.too_many = True
                break
            known[index] = self._codes[distinct[index]] = len(self._codes)
        at = self._words.length
        self._words.append(known[codes])
        starts = at + np.cumsum(lengths, dtype=np.int64) - lengths
        return [starts, lengths.astype(np.int32)]

    def finish(self) -> RawColumn:
        return RawColumn(list(self._codes), words=self._words.finish())


def _tokens(column: Column) -> tuple[Array, Array, Sequence[str]]:
    """The number of words of each text, and all words as codes and distinct words."""
    if isinstance(column, list):
        split = [[] if is_missing(text) else words_of(str(text)) for text in column]
        numbers: dict[str, int] = {}
        listed = [numbers.setdefault(word, len(numbers)) for words in split for word in words]
        return np.array([len(words) for words in split], np.int64), np.array(listed, np.int32), list(numbers)
    import pyarrow as pa
    import pyarrow.compute as pc

    column = one_chunk(column)
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        return _tokens(column.to_pylist())
    stripped = pc.replace_substring_regex(pc.ascii_lower(column), PUNCTUATION, "")
    lists = pc.ascii_split_whitespace(stripped)
    words = lists.flatten().dictionary_encode()
    codes = codes_of(words.indices)
    distinct = words.dictionary.to_pylist()
    ends = np.from_dlpack(lists.offsets).astype(np.int64)
    if "" in distinct:
        # White space at the ends of a text, or no word at all.
        kept = codes != distinct.index("")
        before = np.concatenate([[0], np.cumsum(kept)])
        return np.diff(before[ends - ends[0]]), codes[kept], distinct
    return np.diff(ends), codes, distinct


@dataclass(frozen=True)
class TextEncoding(ColumnEncoding):
    """One place for each word.

    Attributes:
        words: The words, in the order of their places.
        top: The number of places.
    """

    kind = "text"

    words: list[str]
    top: int

    @property
    def width(self) -> int:
        return self.top

    def bind(self, column: RawColumn) -> Write:
        place = {word: place for place, word in enumerate(self.words)}
        # Words that are not held have the code -1.
        places = np.array([place.get(word, -1) for word in column.values] + [-1], np.int32)
        assert column.words is not None
        words = column.words

        def write(fields: Sequence[Array], out: Array) -> None:
            rows, codes = codes_in(words, fields)
            word_places = places[codes]
            inside = word_places >= 0
            out[rows[inside], word_places[inside]] = 1

        return write


def codes_in(words: Values, fields: Sequence[Array]) -> tuple[Array, Array]:
    """The row and the code of each word of some texts."""
    starts, lengths = fields
    total = int(lengths.sum())
    rows = np.repeat(np.arange(len(lengths)), lengths)
    if not total:
        return rows, np.zeros(0, np.int32)
    before = np.cumsum(lengths, dtype=np.int64) - lengths
    return rows, np.asarray(words[np.arange(total) + np.repeat(starts - before, lengths)])


def fit_text(name: str, top: int, parts: Iterator[Sequence[Array]], column: RawColumn) -> TextEncoding:
    """The words that most training texts have; `parts` are the fields of the training set."""
    assert column.words is not None
    counts = np.zeros(len(column.values), np.int64)
    for fields in parts:
        rows, codes = codes_in(column.words, fields)
        held = codes >= 0
        pairs = np.sort(rows[held] * np.int64(max(1, len(counts))) + codes[held])
        # A word counts once per text.
        pairs = pairs[np.diff(pairs, prepend=-1) != 0]
        counts += np.bincount(pairs % max(1, len(counts)), minlength=len(counts))
    word_counts = Counter({column.values[code]: int(counts[code]) for code in np.flatnonzero(counts).tolist()})
    words = sorted(word_counts, key=lambda word: (-word_counts[word], word))[:top]
    return TextEncoding(name, "zeros", words, top)


def _learn(column: TrainingColumn[TextColumn]) -> TextEncoding:
    return fit_text(column.name, column.kind.top, column.parts(), column.raw)


CODEC = ColumnCodec[TextColumn](
    reader=TextReader,
    encoding=TextEncoding,
    read=lambda kind, budget, decimal: TextReader(budget),
    # A missing text is one without words.
    is_missing=lambda starts: np.zeros(len(starts), bool),
    learn=_learn,
)
