"""TOML: values from the standard parser."""

from __future__ import annotations

import tomllib

_MANY_DOTS = 50_000


def parse(text: str) -> dict[str, object]:
    """The tree of a text; raises `ValueError` or `RecursionError`."""
    return tomllib.loads(text)


def is_costly(text: str, depth: int) -> bool:
    """Whether the standard parser might take much time or memory, so that the limits are looked at before.

    Its time grows with the square of the parts of a dotted key, and it takes more than a kilobyte for each table that
    keys and headers go through.
    """
    dots = text.count(".")
    return dots >= depth and (dots > _MANY_DOTS or max(line.count(".") for line in text.split("\n")) >= depth)
