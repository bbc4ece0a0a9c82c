"""What `.gitignore` files leave out, in a repository and outside of one, without asking git."""

from __future__ import annotations

import os

from seqspec.project.patterns import Patterns, readable


class GitIgnore:
    """The `.gitignore` files above and below a folder that is walked.

    Within a repository those from its top downwards count, and `.git/info/exclude`; elsewhere those from the walked
    folder downwards. Where the walked folder is ignored itself, it was named on purpose: what is above it is not asked.
    """

    def __init__(self, start: str) -> None:
        self._start = start
        self._files: dict[str, Patterns | None] = {}
        self._top = repository(start) or start
        self._shared = _read(os.path.join(self._top, ".git", "info", "exclude"), self._top)
        if self._start != self._top and self.ignores(start, folder=True):
            self._top = start
            self._shared = None

    def ignores(self, path: str, folder: bool = False) -> bool:
        """Whether a file or folder, named by its absolute path, is left out; the closest `.gitignore` decides."""
        at = os.path.dirname(path)
        while True:
            patterns = self._of(at)
            verdict = patterns.verdict(path, folder) if patterns is not None else None
            if verdict is not None:
                return verdict
            if at == self._top or at == os.path.dirname(at):
                break
            at = os.path.dirname(at)
        return self._shared is not None and self._shared.matches(path, folder)

    def _of(self, folder: str) -> Patterns | None:
        if folder not in self._files:
            self._files[folder] = _read(os.path.join(folder, ".gitignore"), folder)
        return self._files[folder]


def repository(folder: str) -> str | None:
    """The top of the git repository that a folder is in; None outside of one."""
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _read(file: str, base: str) -> Patterns | None:
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:
            lines = stream.read().splitlines()
    except (OSError, ValueError):
        return None
    useful = [line for line in lines if line.strip() and not line.startswith("#")]
    # git passes over a line that is no pattern, and so does this.
    return Patterns(base, [line for line in useful if readable(line)]) if useful else None
