"""The strings of the language as regular expressions, in the syntax that the engines of all editors support.

No look-around, flags or named groups, which one of the engines lacks. A pattern is searched, not matched, so each
alternative has its own anchors.
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
"""The name of a variable or parameter."""

LAYER_NAME = r"^\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*$|^\.\.\.+$"
"""A layer name: any valid path segment except `.` and `..`."""

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
"""The arguments of a shorthand, with balanced brackets and quotes."""


def one_of(names: Iterable[str], folded: bool = False) -> str:
    """Exactly one of the names; with `folded`, letter case is ignored.

    The names come first as written, because messages show the pattern.
    """
    listed = list(names)
    plain = f"^(?:{alternatives(listed)})$"
    return f"{plain}|^(?:{alternatives(listed, folded)})$" if folded else plain


def alternatives(names: Iterable[str], folded: bool = False) -> str:
    """The names as the inside of a group."""
    return "|".join(fold(name) if folded else escaped(name) for name in names)


def fold(name: str) -> str:
    """A word in any letter case."""
    return "".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else escaped(c) for c in name)


def escaped(name: str) -> str:
    """The word with only the necessary characters escaped, because some engines reject other escapes."""
    return re.sub(r"[\\^$.*+?()[\]{}|/]", r"\\\g<0>", name)


def either(patterns: Iterable[str]) -> str:
    """Any of several patterns."""
    return "|".join(dict.fromkeys(patterns))
