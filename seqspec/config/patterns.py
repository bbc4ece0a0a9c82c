"""Patterns of paths, as `.gitignore` writes them, relative to a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any


class Patterns:
    """Lines in the language of `.gitignore`, which are in a folder.

    Attributes:
        base: The folder, absolute, that the patterns are relative to; None where they are names alone, of any folder.
        lines: The patterns; the last one that matches decides, `!` takes back.
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
        # Imported where patterns are first used: a check of files that are named needs none.
        from pathspec import GitIgnoreSpec

        spec = GitIgnoreSpec.from_lines(self.lines)
        return GitIgnoreSpec([_bounded(pattern) for pattern in spec.patterns])

    def verdict(self, path: str, folder: bool = False) -> bool | None:
        """True where the last line that matches an absolute path takes it, False where it takes it back, else None."""
        if not self.lines:
            return None
        inside = os.path.basename(path) if self.base is None else relative(path, self.base)
        if inside is None or inside == ".":
            return None
        verdict: bool | None = self._spec.check_file(inside + "/" if folder else inside).include
        return verdict

    def matches(self, path: str, folder: bool = False) -> bool:
        """Whether an absolute path is taken."""
        return bool(self.verdict(path, folder))


def relative(path: str, base: str) -> str | None:
    """The path within a folder, with forward slashes; None where it is outside. Both are absolute, or the folder is
    empty and holds nothing.
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
"""How often one pattern may say `**` before its end: each multiplies the ways in which a path can match."""


def _bounded(pattern: Any) -> Any:
    """A pattern of `pathspec` that matches the same in time that does not grow with the power of its stars.

    Between two stars the first place that matches is as good as any later one, so nothing is gained by going back:
    all stars but the last of a stretch become atomic.
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


def readable(line: str) -> bool:
    """Whether a line is a pattern that can be used."""
    if _folders(line) > _MAX_FOLDERS:
        return False
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def fault(line: str) -> str | None:
    """What is wrong with a pattern of a configuration; None where it can be used."""
    if not line.strip():
        return "patterns must not be empty"
    if line.startswith(("../", "/../")) or line == "..":
        return "patterns must not lead outside the folder of the configuration"
    if _folders(line) > _MAX_FOLDERS:
        return f"a pattern has ** at most {_MAX_FOLDERS} times before its end"
    return None if readable(line) else f"invalid pattern {line}"
