"""The entry of a rule in the table of codes."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """The code of a rule; `severity` is the default, which a finding can override."""

    code: str
    name: str
    severity: str
    summary: str


FAMILIES = {
    "0": "document",
    "1": "names and values",
    "2": "shapes",
    "3": "head",
    "4": "architecture",
    "5": "training",
    "6": "data",
    "7": "cost",
    "8": "portability",
    "9": "training data",
}
"""The families of the built-in codes, by the first digit of a code."""


def family(code: str) -> str:
    """The first digit of a built-in code, which is its family; empty for the code of a plugin."""
    return code[3] if code.startswith("SEQ") else ""
