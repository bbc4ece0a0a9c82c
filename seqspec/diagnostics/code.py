"""What a rule is called, how much it weighs, and which documents it is for."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """What is the same for every finding of one rule.

    `severity` is the usual one: a finding may say another. `needs` says what a document must have for a rule to be
    asked: words with a space between, alternatives with a bar. A word is the name of a table, of a class of Keras, of a
    group of classes (`dropout`, `regression-loss`), or of an argument that is written somewhere, be it only its last
    part: see `analysis.words`.
    """

    code: str
    name: str
    severity: str
    summary: str
    needs: str = ""


def family(code: str) -> str:
    """The digit of a code of seqspec's own, which says what it is about; empty for the code of another package."""
    return code[3] if code.startswith("SEQ") else ""
