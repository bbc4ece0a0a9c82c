"""TOML: values from the standard parser."""

from __future__ import annotations

import tomllib
from typing import Any


def parse(text: str) -> dict[str, Any]:
    """The tree of a text; raises `ValueError` or `RecursionError`."""
    return tomllib.loads(text)


def may_have_long_keys(text: str, depth: int) -> bool:
    """Whether some line has so many dots that a dotted key could be deeper than a document may be.

    The standard parser takes time that grows with the square of their number, so they are looked for before.
    """
    return text.count(".") >= depth and max(line.count(".") for line in text.split("\n")) >= depth
