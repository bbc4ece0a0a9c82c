"""The nearest right word for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable


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
