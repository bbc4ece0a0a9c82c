"""The entry of a rule in the table of codes."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """What all findings of one rule share; `severity` is the usual one, and a finding may have another."""

    code: str
    name: str
    severity: str
    summary: str


def family(code: str) -> str:
    """The digit of a code of seqspec's own, which says what it is about; empty for the code of another package."""
    return code[3] if code.startswith("SEQ") else ""
