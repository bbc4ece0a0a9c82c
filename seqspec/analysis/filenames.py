"""Names of checkpoints with placeholders, as Python's `str.format` fills them."""

from __future__ import annotations

from collections.abc import Sequence
from string import Formatter

_LONGEST = 4
"""Digits of a width that are tried; more would only fill memory."""


def keys(path: str) -> list[str]:
    """The names of the placeholders; none where the text cannot be read."""
    try:
        return [_name(field) for _, field, _, _ in Formatter().parse(path) if field]
    except ValueError:
        return []


def mistake(path: str, names: Sequence[str]) -> tuple[str, str] | None:
    """Why a name cannot be filled from numbers called `names`: the placeholder at fault, if it is one, and the words.

    `epoch` and `batch` are whole numbers, all others are fractions.
    """
    try:
        fields = [(field, spec) for _, field, spec, _ in Formatter().parse(path) if field is not None]
    except ValueError:
        return "", "a brace is open or closed that has no partner; double it where it is meant as it stands"
    for field, spec in fields:
        name = _name(field)
        if not name or name.isdecimal():
            return "", f"{{{field}}} names nothing"
        if name not in names:
            return name, f"{{{name}}} is not known"
        if field != name or any(len(part) > _LONGEST for part in _numbers(spec or "")):
            continue
        try:
            format(1 if name in ("epoch", "batch") else 0.5, spec or "")
        except ValueError:
            kind = "a whole number" if name in ("epoch", "batch") else "a fraction"
            return "", f'{{{name}}} is {kind}, which has no format "{(spec or "")[:20]}"'
    return None


def _name(field: str) -> str:
    """The name before attributes and indices."""
    return field.partition(".")[0].partition("[")[0]


def _numbers(spec: str) -> list[str]:
    return "".join(letter if letter.isdecimal() else " " for letter in spec).split()
