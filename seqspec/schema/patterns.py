"""The strings of the language as regular expressions, in the part of them that every editor's engine reads.

No look-around, no flags, no named groups: one engine has none of these. A pattern is searched for, not matched, so
each alternative carries its own anchors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

REFERENCE = r"^\$[A-Za-z_{]"
"""A whole value: `"$name"`, `"$name[0]"`, `"${name}"`."""

INSIDE = r"\$\{"
"""A reference inside a longer string: `"float${bits}"`."""

NONE = "^none$"

_DIGITS = "[0-9]+(?:\\.[0-9]+)?"
FRACTION = rf"^\s*[+-]?{_DIGITS}\s*/\s*(?:0*[1-9][0-9]*(?:\.[0-9]+)?|0+\.0*[1-9][0-9]*)\s*$"
"""Two numbers and one slash, the lower one not zero."""

DIMENSION = r"^[A-Za-z_][A-Za-z0-9_]*$|^\?$"
"""An unknown size, by a name or without."""

VARIABLE = r"^[A-Za-z_][A-Za-z0-9_-]*$|^x-"
"""What a variable or parameter may be called."""

LAYER_NAME = r"^\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*$|^\.\.\.+$"
"""A name that Keras can make a path of: any but `.` and `..`."""

CLASS_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$|^x-"
IMPORT = r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"

_CLAUSE = r"\s*(?:(?:===|~=|==|!=|<=|>=|<|>)\s*v?[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}(?:\.\*)?)\s*"
VERSIONS = f"^{_CLAUSE}(?:,{_CLAUSE})*$"
"""A range of versions of Keras."""

PAIR_OF_NUMBERS = r"^\s*\+?[0-9]+\s*,\s*\+?[0-9]+\s*$"

_QUOTED = r"'(?:[^'\\]|\\.)*'" + r'|"(?:[^"\\]|\\.)*"'
_DEEPEST = rf"""(?:[^'"]|{_QUOTED})*"""
_INNER = rf"""(?:[^'"()\[\]]|{_QUOTED}|[(\[]{_DEEPEST}[)\]])*"""
ARGUMENTS = rf"""\((?:[^'"()\[\]]|{_QUOTED}|[(\[]{_INNER}[)\]])*\)"""
"""What is after the name in a shorthand: brackets and quotes that are closed."""


def one_of(words: Iterable[str], folded: bool = False) -> str:
    """Exactly one of the words, in any letter case where `folded`.

    The words themselves come first even then: a pattern is also what a message shows.
    """
    listed = list(words)
    plain = f"^(?:{alternatives(listed)})$"
    return f"{plain}|^(?:{alternatives(listed, folded)})$" if folded else plain


def alternatives(words: Iterable[str], folded: bool = False) -> str:
    """The words as the inside of a group."""
    return "|".join(fold(word) if folded else escaped(word) for word in words)


def fold(word: str) -> str:
    """A word in any letter case."""
    return "".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else escaped(c) for c in word)


def escaped(word: str) -> str:
    """A word that stands for itself; no more is escaped than must be, since some engines refuse it."""
    return re.sub(r"[\\^$.*+?()[\]{}|/]", r"\\\g<0>", word)


def either(patterns: Iterable[str]) -> str:
    """Any of several patterns."""
    return "|".join(dict.fromkeys(patterns))
