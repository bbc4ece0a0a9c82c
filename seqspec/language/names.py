"""Names: the nearest right word for a wrong one, and the names that Keras makes of classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_WORD_START = r"(.)([A-Z][a-z]+)"
_CAPITAL_AFTER_SMALL = r"([a-z])([A-Z])"

_MAX_COMPARISONS = 100_000
"""Known words that one check compares with wrong ones: thousands of mistakes among thousands of names cost no more."""

_comparisons_left: ContextVar[list[int] | None] = ContextVar("comparisons left", default=None)


@contextmanager
def bounded_suggestions() -> Iterator[None]:
    """Bounds the work of `nearest` inside; words beyond the bound only get a suggestion that differs in case."""
    if _comparisons_left.get() is not None:
        yield
        return
    token = _comparisons_left.set([_MAX_COMPARISONS])
    try:
        yield
    finally:
        _comparisons_left.reset(token)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, or None where nothing is near.

    Letter case, `_` and `-` do not count: `maxpooling2d` is nearest to `MaxPooling2D`. Of the words that need the
    fewest edits (a letter more, less, other, or two exchanged) the one that shares most of its letters in order wins.
    """
    if len(word) > 80:
        return None
    left = _comparisons_left.get()
    if left is not None and left[0] < -_MAX_COMPARISONS:
        return None
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(_fold(candidate), candidate)
    wrong = _fold(word)
    if wrong in folded:
        return folded[wrong]
    if left is not None:
        left[0] -= len(folded)
        if left[0] < 0:
            return None
    from difflib import SequenceMatcher, get_close_matches

    close = get_close_matches(wrong, folded, n=5, cutoff=0.65)
    if not close:
        return None
    best = min(close, key=lambda c: (_edits(wrong, c), -SequenceMatcher(None, wrong, c).ratio()))
    return folded[best] if _edits(wrong, best) <= max(1, (len(wrong) + 1) // 3) else None


def same_word(a: str, b: str) -> bool:
    """Whether two words differ in nothing but letter case, `_` and `-`."""
    return _fold(a) == _fold(b)


def _edits(a: str, b: str) -> int:
    """The least number of single-letter edits and exchanges of neighbours between two words."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                row[j] = min(row[j], older[j - 2] + 1)
    return row[-1]


def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")


def snake_case(class_name: str) -> str:
    """`Conv2D` → `conv2d`, `BatchNormalization` → `batch_normalization`: the stem of Keras's automatic names."""
    spaced = re.sub(_WORD_START, r"\1_\2", class_name)
    return re.sub(_CAPITAL_AFTER_SMALL, r"\1_\2", spaced).lower()


def is_name(text: str) -> bool:
    """Whether a layer can have this name: Keras turns names into paths."""
    return _NAME.fullmatch(text) is not None and text not in (".", "..")
