"""Checkpoint file names with placeholders for `str.format`."""

from __future__ import annotations

from collections.abc import Sequence
from string import Formatter

_MAX_DIGITS = 4
"""The number of digits in a format width up to which it is evaluated, to bound memory."""


def placeholder_names(path: str) -> list[str]:
    """The names of the placeholders; empty if the text is not a valid format string."""
    try:
        return [_name(field) for _, field, _, _ in Formatter().parse(path) if field]
    except ValueError:
        return []


def placeholder_mistake(path: str, names: Sequence[str]) -> tuple[str, str] | None:
    """Why a path cannot be formatted with these names: the invalid placeholder, if it has a name, and a message.

    `epoch` and `batch` are integers, all others are floats.
    """
    try:
        fields = [(field, spec) for _, field, spec, _ in Formatter().parse(path) if field is not None]
    except ValueError:
        return "", "unbalanced brace; write it twice for a literal one"
    for field, spec in fields:
        name = _name(field)
        if not name or name.isdecimal():
            return "", f"{{{field}}} has no name"
        if name not in names:
            return name, f"unknown name {{{name}}}"
        if field != name or any(len(part) > _MAX_DIGITS for part in _numbers(spec or "")):
            continue
        try:
            format(1 if name in ("epoch", "batch") else 0.5, spec or "")
        except ValueError:
            kind = "an integer" if name in ("epoch", "batch") else "a float"
            return "", f'{{{name}}} is {kind} and does not support the format "{(spec or "")[:20]}"'
    return None


def _name(field: str) -> str:
    """The name before attributes and indices."""
    return field.partition(".")[0].partition("[")[0]


def _numbers(spec: str) -> list[str]:
    return "".join(letter if letter.isdecimal() else " " for letter in spec).split()
