"""Files that git ignores: by `.gitignore` files and by the user's git configuration."""

from __future__ import annotations

import os
from functools import cache

from seqspec.core.config.patterns import Patterns, is_valid_pattern
from seqspec.core.syntax.read import read_file

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
            self._files[folder] = _read(os.path.join(folder, ".gitignore"), folder)
        return self._files[folder]


def repository(folder: str) -> str | None:
    """The top of the git repository of a folder; None outside of a repository."""
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


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
    """The file of the user's patterns, git's `core.excludesFile`."""
    import subprocess

    command = ["git", "config", "--type=path", "--get", "core.excludesFile"]
    try:
        result = subprocess.run(
            command, check=False, cwd=top, stdin=subprocess.DEVNULL, capture_output=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        pass
    else:
        if result.returncode == 0:
            return os.path.join(top, os.fsdecode(result.stdout).rstrip("\n"))
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(home, "git", "ignore")


def _read(file: str, base: str) -> Patterns | None:
    try:
        lines = read_file(file, _MAX_BYTES).decode("utf-8", "replace").splitlines()
    except (OSError, ValueError):
        return None
    useful = [line for line in lines if line.strip() and not line.startswith("#")]
    # git skips invalid patterns too.
    return Patterns(base, [line for line in useful if is_valid_pattern(line)]) if useful else None
