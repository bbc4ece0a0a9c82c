"""Texts that are written differently and may mean the same."""

from __future__ import annotations

from collections.abc import Iterable


def folded(text: str) -> str:
    """What texts have in common that differ only in case or white space, such as Basic and "basic "."""
    return " ".join(text.split()).casefold()


def alike(texts: Iterable[str]) -> dict[str, list[str]]:
    """The texts that differ from another one only in case or white space, by what they have in common."""
    groups: dict[str, list[str]] = {}
    for text in texts:
        groups.setdefault(folded(text), []).append(text)
    return {common: group for common, group in groups.items() if len(group) > 1}
