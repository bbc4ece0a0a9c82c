"""Checks the documents of the workspace that are not open, one after another in the background."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable

_LOG = logging.getLogger("seqspec")
_MIN_WITH_PROGRESS = 50
"""The number of documents from which progress is shown."""

Progress = Callable[[int, int], Awaitable[None]]
"""Receives the number of checked documents and the total."""


class BackgroundQueue:
    """The queue of files to check.

    Args:
        check: Checks a file that is not open.
        progress: Shows the progress of a long queue; at its end, both numbers are equal.
    """

    def __init__(self, check: Callable[[str], Awaitable[None]], progress: Progress) -> None:
        self._check = check
        self._progress = progress
        self._waiting: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None

    def later(self, files: Iterable[str]) -> None:
        """Adds files to the queue; a queued file is not added twice."""
        self._waiting.update(dict.fromkeys(files))
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._work())

    def end(self) -> None:
        """Stops the queue."""
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
    """Whether a path is a folder or inside it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
