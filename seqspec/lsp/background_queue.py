"""The documents of the workspace that no editor has open, checked one after another beside everything else."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable

_LOG = logging.getLogger("seqspec")
_MIN_WITH_PROGRESS = 50
"""Documents that are worth a progress bar."""

Progress = Callable[[int, int], Awaitable[None]]
"""Receives how many documents are done, of how many."""


class BackgroundQueue:
    """The queue of files to check.

    Args:
        check: Checks a file that no editor has open.
        progress: Shows how far a long queue has come; asked with as many done as there are at its end.
    """

    def __init__(self, check: Callable[[str], Awaitable[None]], progress: Progress) -> None:
        self._check = check
        self._progress = progress
        self._waiting: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None

    def later(self, files: Iterable[str]) -> None:
        """Puts files into the queue; one that waits already is checked once."""
        self._waiting.update(dict.fromkeys(files))
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._work())

    def end(self) -> None:
        """Checks nothing more."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _work(self) -> None:
        done, shown = 0, False
        while self._waiting:
            file = next(iter(self._waiting))
            del self._waiting[file]
            if len(self._waiting) >= _MIN_WITH_PROGRESS or shown:
                shown = True
                await self._progress(done, done + len(self._waiting) + 1)
            try:
                await self._check(file)
            except Exception:
                # An internal error must not end the server.
                _LOG.exception("%s was not checked", file)
            done += 1
        if shown:
            await self._progress(done, done)


def inside(path: str, folder: str) -> bool:
    """Whether a path is a folder or something in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
