"""Fingerprints, which identify a finding across runs by its rule, file and position independent of lines."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic
    from seqspec.core.output.text import Lines

_MAX_LENGTH = 120


def place(diagnostic: Diagnostic) -> str:
    """Its JSON Pointer with `*` for indices, so that inserting a layer does not change it."""
    return "/".join("*" if part.isdecimal() else part for part in diagnostic.pointer.split("/"))


def marked(diagnostic: Diagnostic, line: Lines) -> str:
    """The text that the caret marks, where it is short and on one line: it distinguishes two mistakes at one place."""
    span = diagnostic.span
    if span is None or span.line != span.end_line or span.end_column - span.column > _MAX_LENGTH:
        return ""
    return line(diagnostic.file, span.line)[span.column - 1 : span.end_column - 1]


def fingerprint(diagnostic: Diagnostic, path: str, line: Lines) -> str:
    """The fingerprint of a finding, 128 bits in hexadecimal.

    Args:
        diagnostic: The finding.
        path: Its file, relative to the top of the project.
        line: Returns a line of a file.
    """
    parts = ("1", diagnostic.code, path, place(diagnostic), marked(diagnostic, line))
    return _digest("\0".join(parts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Unique:
    """Unique fingerprints of one run: a repeated one gets a number."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def of(self, print_: str) -> str:
        """The fingerprint, modified if it occurred before."""
        self._counts[print_] += 1
        count = self._counts[print_]
        return print_ if count == 1 else _digest(f"{print_}\0{count}")
