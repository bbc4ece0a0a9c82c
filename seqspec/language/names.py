"""Names: the nearest right word for a wrong one, and the names that Keras makes of classes."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD_START = re.compile(r"(.)([A-Z][a-z]+)")
_CAPITAL_AFTER_SMALL = re.compile(r"([a-z])([A-Z])")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, or None where nothing is near.

    Letter case, `_` and `-` do not count: `maxpooling2d` is nearest to `MaxPooling2D`.
    """
    from difflib import get_close_matches

    if len(word) > 80:
        return None
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(_fold(candidate), candidate)
    if _fold(word) in folded:
        return folded[_fold(word)]
    close = get_close_matches(_fold(word), folded, n=1, cutoff=0.7)
    return folded[close[0]] if close else None


def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")


def snake_case(class_name: str) -> str:
    """`Conv2D` → `conv2d`, `BatchNormalization` → `batch_normalization`: the stem of Keras's automatic names."""
    spaced = _WORD_START.sub(r"\1_\2", class_name)
    return _CAPITAL_AFTER_SMALL.sub(r"\1_\2", spaced).lower()
