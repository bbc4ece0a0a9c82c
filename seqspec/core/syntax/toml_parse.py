"""Parses TOML with the standard parser."""

from __future__ import annotations

import tomllib

_MANY_DOTS = 50_000


def parse(text: str) -> dict[str, object]:
    """The tree of a text; raises `ValueError` or `RecursionError`."""
    return tomllib.loads(text)


def is_costly(text: str, depth: int) -> bool:
    """Whether the standard parser might need much time or memory, so that limits must be checked first.

    Its time is quadratic in the number of parts of a dotted key, and it needs more than a kilobyte per table in keys
    and headers.
    """
    dots = text.count(".")
    return dots >= depth and (dots > _MANY_DOTS or max(line.count(".") for line in text.split("\n")) >= depth)
