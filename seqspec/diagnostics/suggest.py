"""Suggestions ("did you mean"): the word that was most likely meant for a wrong one, with its label and help."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import NamedTuple, TypedDict

from seqspec.diagnostics.snippet import Help, Setting

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
    from seqspec.diagnostics.other_words import other_word

    # `keras.layers.Dense` means `Dense`, and PyTorch's `Linear` does too.
    bare = wrong.rpartition(".")[2]
    other = other_word(bare)
    for meant in (bare, _fold(other) if other is not None else bare):
        if meant in folded:
            return folded[meant]
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


class Form(Enum):
    """How a suggested word is written: in the label, and in the help."""

    WORD = ("{}", "{}")
    STRING = ('"{}"', '"{}"')
    REFERENCE = ("{}", '"${}"')
    SHELL = ("'{}'", "'{}'")
    LAYER = ("{}", '"{}"')
    CUSTOM = ('"{}"', "{}")
    PLACEHOLDER = ("{{{}}}", "{{{}}}")


class SuggestionArguments(TypedDict):
    """What a violation is given of a suggestion."""

    label: str | None
    help: str | Help | None
    suggestion: str | None


class Suggestion(NamedTuple):
    """What was most likely meant.

    Attributes:
        word: The known word; None where nothing is near.
        form: How it is written.
        otherwise: The help where nothing is near.
    """

    word: str | None
    form: Form = Form.WORD
    otherwise: str | Help | None = None

    @property
    def label(self) -> str | None:
        """The words beside the caret."""
        return None if self.word is None else f"did you mean {self.form.value[0].format(self.word)}?"

    @property
    def help(self) -> str | Help | None:
        """What to write instead."""
        if self.word is not None and self.form is Form.CUSTOM:
            return Help("write ", Setting("custom", self.word))
        return self.otherwise if self.word is None else f"write {self.form.value[1].format(self.word)}"

    @property
    def help_text(self) -> str | None:
        """The same as text, where no document is at hand whose format counts."""
        found = self.help
        return None if found is None else str(found)

    def arguments(self) -> SuggestionArguments:
        """The suggestion as keyword arguments of a `Violation`."""
        return {"label": self.label, "help": self.help, "suggestion": self.word}


def suggest(
    wrong: str, candidates: Iterable[str], otherwise: str | Help | None = None, form: Form = Form.WORD
) -> Suggestion:
    """What was most likely meant for a wrong word.

    Args:
        wrong: The word as written.
        candidates: The words that are known there.
        otherwise: The help where none of them is near.
        form: How the word is written.
    """
    return Suggestion(nearest(wrong, candidates), form, otherwise)
