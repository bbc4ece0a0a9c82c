"""Path patterns in the syntax of `.gitignore`, relative to a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any


class Patterns:
    """Patterns in the syntax of `.gitignore`.

    Attributes:
        base: The absolute folder that the patterns are relative to; None for plain names, which apply in any folder.
        lines: The patterns; the last match takes precedence, `!` negates.
    """

    def __init__(self, base: str | None, lines: Sequence[str]) -> None:
        self.base = base
        self.lines = tuple(lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Patterns) and (self.base, self.lines) == (other.base, other.lines)

    __hash__ = None  # type: ignore[assignment]  # unhashable

    def __repr__(self) -> str:
        return f"Patterns({self.base!r}, {list(self.lines)!r})"

    @cached_property
    def _spec(self) -> Any:
        # Imported when patterns are first used: checking given files needs none.
        from pathspec import GitIgnoreSpec

        spec = GitIgnoreSpec.from_lines(self.lines)
        return GitIgnoreSpec([_bounded(pattern) for pattern in spec.patterns])

    def verdict(self, path: str, folder: bool = False) -> bool | None:
        """True if the last match of an absolute path includes it, False if that negates it, None without a match."""
        if not self.lines:
            return None
        inside = os.path.basename(path) if self.base is None else relative(path, self.base)
        if inside is None or inside == ".":
            return None
        verdict: bool | None = self._spec.check_file(inside + "/" if folder else inside).include
        return verdict

    def matches(self, path: str, folder: bool = False) -> bool:
        """Whether an absolute path matches."""
        return bool(self.verdict(path, folder))


def relative(path: str, base: str) -> str | None:
    """The path relative to a folder, with forward slashes; None if it is outside.

    Both are absolute, or the folder is empty
    and contains nothing.
    """
    if not base:
        return None
    try:
        inside = os.path.relpath(path, base)
    except ValueError:  # on another drive
        return None
    if inside == os.pardir or inside.startswith(os.pardir + os.sep):
        return None
    return inside.replace(os.sep, "/")


_STAR = "[^/]*"
_MAX_FOLDERS = 2
"""The maximum number of `**` in a pattern: each multiplies the number of ways to match a path."""


def _bounded(pattern: Any) -> Any:
    """An equivalent `pathspec` pattern whose matching time is not exponential in the number of stars.

    For the text between two stars, the first match is as good as any later one, so backtracking is useless: all stars
    but the last of a segment become atomic.
    """
    regex = getattr(pattern, "regex", None)
    if regex is None or regex.pattern.count(_STAR) < 3:
        return pattern
    start, *pieces = regex.pattern.split(_STAR)
    out = start
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        plain = "(" not in piece and ")" not in piece
        out += f"{_STAR}{piece}" if last or not plain else f"(?>{_STAR}?{piece})"
    pattern.regex = re.compile(out, regex.flags)
    return pattern


def _folders(line: str) -> int:
    return line.rstrip().removesuffix("/**").removesuffix("/**/").count("**")


def is_valid_pattern(line: str) -> bool:
    """Whether a line is a valid pattern."""
    if _folders(line) > _MAX_FOLDERS:
        return False
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def pattern_error(line: str) -> str | None:
    """The error in a pattern of a configuration; None if it is valid."""
    if not line.strip():
        return "patterns must not be empty"
    if line.startswith(("../", "/../")) or line == "..":
        return "patterns must not lead outside the folder of the configuration"
    if _folders(line) > _MAX_FOLDERS:
        return f"a pattern has ** at most {_MAX_FOLDERS} times before its end"
    return None if is_valid_pattern(line) else f"invalid pattern {line}"
