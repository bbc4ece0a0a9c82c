"""The documents that an editor has open, each checked a moment after the last keystroke."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING

from pygls.workspace import PositionCodec

from seqspec.lsp.settings import Project
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

if TYPE_CHECKING:
    from seqspec.linter.program import ProgramReport

_LOG = logging.getLogger("seqspec")
_WAIT_SHARE = 2.0
_MAX_WAIT_SECONDS = 1.0
"""A check waits for `_WAIT_SHARE` times as long as the one before it took, at most for so many seconds."""


class OpenDocument:
    """A text at one version.

    Args:
        snapshot: What is known of it.
        project: Says what applies to it.
        codec: Counts the units of the client.
    """

    def __init__(self, snapshot: Snapshot, project: Project, codec: PositionCodec) -> None:
        self.snapshot = snapshot
        self._project = project
        self._codec = codec

    @cached_property
    def text(self) -> Text:
        """Its lines as the client counts them."""
        return Text(self.snapshot.text, self._codec)

    @cached_property
    def is_ours(self) -> bool:
        """Whether it is a document of seqspec."""
        snapshot = self.snapshot
        return not snapshot.file.endswith(".py") and self._project.means(
            snapshot.file, snapshot.text, snapshot.document.format
        )

    @cached_property
    def program(self) -> ProgramReport | None:
        """The report of a Python program that may hold a Keras model; None for another text."""
        snapshot = self.snapshot
        if not self._project.means_program(snapshot.file, snapshot.text):
            return None
        from seqspec.linter.check import lint
        from seqspec.linter.program import check_program

        return check_program(snapshot.document, lint, policy=snapshot.policy, limits=snapshot.limits)


class OpenDocuments:
    """The open texts by their addresses.

    Args:
        check: Checks a text and publishes what it finds; returns the seconds that this took, None where the text
            changed meanwhile.
    """

    def __init__(self, check: Callable[[str, OpenDocument], Awaitable[float | None]]) -> None:
        self._check = check
        self._open: dict[str, OpenDocument] = {}
        self._pending: dict[str, asyncio.Task[None]] = {}
        self._seconds: dict[str, float] = {}

    def __contains__(self, uri: str) -> bool:
        return uri in self._open

    def get(self, uri: str) -> OpenDocument | None:
        """The newest text of a document; None where it is not open."""
        return self._open.get(uri)

    def items(self) -> list[tuple[str, OpenDocument]]:
        """The texts with their addresses."""
        return list(self._open.items())

    def put(self, uri: str, opened: OpenDocument) -> None:
        """Takes a new text of a document, and checks it once no one has typed for a moment."""
        self._open[uri] = opened
        self._stop(uri)
        self._pending[uri] = asyncio.get_running_loop().create_task(self._check_later(uri))

    def close(self, uri: str) -> OpenDocument | None:
        """Forgets the text of a document, and returns it."""
        self._stop(uri)
        self._seconds.pop(uri, None)
        return self._open.pop(uri, None)

    def end(self) -> None:
        """Checks nothing more."""
        for uri in list(self._pending):
            self._stop(uri)

    def _stop(self, uri: str) -> None:
        task = self._pending.pop(uri, None)
        if task is not None:
            task.cancel()

    async def _check_later(self, uri: str) -> None:
        await asyncio.sleep(min(_WAIT_SHARE * self._seconds.get(uri, 0.0), _MAX_WAIT_SECONDS))
        try:
            seconds = await self._check(uri, self._open[uri])
        except Exception:
            # An internal error must not end the server.
            _LOG.exception("%s was not checked", uri)
            return
        if seconds is not None:
            self._seconds[uri] = seconds
