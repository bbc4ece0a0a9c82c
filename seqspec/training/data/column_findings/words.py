"""How findings about columns name them and their values."""

from __future__ import annotations

from collections.abc import Mapping

from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import SHOWN, Message, quote_value, shorten, shorten_list

INVALID = "column-kind"
CORRECT = "correct these values, or leave them empty if they are missing"
MAX_FAR = 3
"""Rows with values far outside of the training range that are named."""
MAX_LISTED = 40
"""Maximum characters of a value in a message."""


def column_path(name: str) -> Path:
    """The path of a column in the expanded spec."""
    return ("data", "columns", name)


def column_warning(name: str, message: Message, help: str) -> Violation:
    """A warning about the values of a column."""
    return Violation("data-values", message, path=column_path(name), severity="warning", help=help)


def quoted(name: str) -> str:
    """A column in messages."""
    return f"`{shorten(name)}`"


def counts_text(counts: Mapping[str, int]) -> str:
    """Values with their counts, most frequent first: "gold" (9), "xl" (3)."""
    order = sorted(counts, key=lambda value: (-counts[value], value))
    shown = [f"{quote_value(text[:MAX_LISTED], typed=False)} ({counts[text]:,})" for text in order[: SHOWN + 1]]
    return shorten_list(shown)
