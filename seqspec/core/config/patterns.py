"""Path patterns in the syntax of `.gitignore`, and the files of them that git applies."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from seqspec.core.syntax.limits import is_outside, nearest_folder_with, read_file


@dataclass
class Patterns:
    """Patterns in the syntax of `.gitignore`.

    Attributes:
        base: The absolute folder that the patterns are relative to; None for plain names, which apply in any folder.
        lines: The patterns; the last match takes precedence, `!` negates.
    """

    base: str | None
    lines: Sequence[str]

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


_MAX_BYTES = 1 << 20
"""The maximum size of a file of patterns; a larger one is skipped, like an unreadable one."""


class GitIgnore:
    """The `.gitignore` files above and below a folder that is walked.

    In a repository, the files from its top downwards apply, its `info/exclude`, and the user's `core.excludesFile`;
    elsewhere the files from the searched folder downwards. If the searched folder is ignored itself, it was given
    explicitly, so patterns above it are not applied.
    """

    def __init__(self, start: str) -> None:
        self._start = start
        self._files: dict[str, Patterns | None] = {}
        top = repository(start)
        self._top = top or start
        shared = [os.path.join(_common_folder(top), "info", "exclude"), _own_excludes(top)] if top is not None else []
        self._shared = [_read(file, self._top) for file in shared]
        if self._start != self._top and self.ignores(start, folder=True):
            self._top = start
            self._shared = []

    def ignores(self, path: str, folder: bool = False) -> bool:
        """Whether a file or folder, as an absolute path, is ignored; the closest `.gitignore` takes precedence."""
        at = os.path.dirname(path)
        while True:
            patterns = self._of(at)
            verdict = patterns.verdict(path, folder) if patterns is not None else None
            if verdict is not None:
                return verdict
            if at == self._top or at == os.path.dirname(at):
                break
            at = os.path.dirname(at)
        verdicts = (patterns.verdict(path, folder) for patterns in self._shared if patterns is not None)
        return next((verdict for verdict in verdicts if verdict is not None), False)

    def _of(self, folder: str) -> Patterns | None:
        if folder not in self._files:
            self._files[folder] = _read(os.path.join(folder, ".gitignore"), folder, self._top)
        return self._files[folder]


def repository(folder: str) -> str | None:
    """The top of the git repository of a folder; None outside of a repository."""
    return nearest_folder_with(folder, ".git")


def _common_folder(top: str) -> str:
    """The git directory that all work trees share; in a linked work tree, `.git` is a file that refers to it."""
    dot_git = os.path.join(top, ".git")
    try:
        if os.path.isfile(dot_git):
            dot_git = os.path.join(top, _line(dot_git).removeprefix("gitdir:").strip())
            return os.path.join(dot_git, _line(os.path.join(dot_git, "commondir")))
    except (OSError, ValueError):
        pass
    return dot_git


def _line(file: str) -> str:
    return os.fsdecode(read_file(file, _MAX_BYTES)).split("\n", 1)[0]


@cache
def _own_excludes(top: str) -> str:
    """The file of the user's patterns, git's `core.excludesFile`, from the configuration files that git reads.

    Git itself is not started, which could be a program of the current folder on Windows. Its `include` is not followed.
    """
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    named = os.environ.get("GIT_CONFIG_GLOBAL")
    files = [os.path.join(_common_folder(top), "config")]
    files += [named] if named is not None else [os.path.expanduser("~/.gitconfig"), os.path.join(home, "git", "config")]
    if os.environ.get("GIT_CONFIG_NOSYSTEM", "").lower() not in ("1", "true", "yes", "on"):
        files.append(os.environ.get("GIT_CONFIG_SYSTEM", "/etc/gitconfig"))
    values = map(_excludes_file, files)
    value = next((value for value in values if value is not None), os.path.join(home, "git", "ignore"))
    return os.path.join(top, os.path.expanduser(value))


_SECTION = re.compile(r"\s*\[([^\]]*)\]")
_EXCLUDES_FILE = re.compile(r'\s*excludesfile\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^"#;]*))', re.I)


def _excludes_file(file: str) -> str | None:
    """The last value of `core.excludesFile` in a configuration file of git; None if it has none."""
    try:
        lines = os.fsdecode(read_file(file, _MAX_BYTES)).splitlines()
    except (OSError, ValueError):
        return None
    value, section = None, ""
    for line in lines:
        header = _SECTION.match(line)
        if header is not None:
            section, line = header[1].strip().lower(), line[header.end() :]
        setting = _EXCLUDES_FILE.match(line) if section == "core" else None
        if setting is not None:
            value = re.sub(r"\\(.)", r"\1", setting[1]) if setting[1] is not None else setting[2].strip()
    return value


def _read(file: str, base: str, top: str | None = None) -> Patterns | None:
    """The patterns of a file; with `top`, only if no link leads out of that folder."""
    if top is not None and os.path.islink(file) and is_outside(file, top):
        return None
    try:
        lines = read_file(file, _MAX_BYTES).decode("utf-8", "replace").splitlines()
    except (OSError, ValueError):
        return None
    useful = [line for line in lines if line.strip() and not line.startswith("#")]
    # git skips invalid patterns too.
    return Patterns(base, [line for line in useful if is_valid_pattern(line)]) if useful else None
