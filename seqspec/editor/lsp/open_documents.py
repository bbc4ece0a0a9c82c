"""The open documents, each checked shortly after the last edit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING

from pygls.workspace import PositionCodec

from seqspec.core.api.frontends import entry_of
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.settings import Project
from seqspec.editor.lsp.snapshot import Snapshot

if TYPE_CHECKING:
    from seqspec.core.api.check import ModelsReport


_LOG = logging.getLogger("seqspec")
_WAIT_SHARE = 2.0
_MAX_WAIT_SECONDS = 1.0
"""The maximum delay of a check, which is `_WAIT_SHARE` times the duration of the previous one."""


class OpenDocument:
    """One version of an open document.

    Args:
        snapshot: The version with its lazily computed facts.
        project: The configuration of the workspace.
        codec: The position encoding of the client.
    """

    def __init__(self, snapshot: Snapshot, project: Project, codec: PositionCodec) -> None:
        self.snapshot = snapshot
        self._project = project
        self._codec = codec

    @cached_property
    def text(self) -> PositionMap:
        """The position map of its text."""
        return PositionMap(self.snapshot.text, self._codec)

    @cached_property
    def is_ours(self) -> bool:
        """Whether it is a spec."""
        snapshot = self.snapshot
        return entry_of(snapshot.file) is None and self._project.is_document(
            snapshot.file, snapshot.text, snapshot.document.format
        )

    @cached_property
    def program(self) -> ModelsReport | None:
        """The report of a program that may contain a Keras model; None for another text."""
        snapshot = self.snapshot
        if not snapshot.document.has_positions or not self._project.has_models(snapshot.file, snapshot.text):
            return None
        from seqspec.core.api.check import ModelsReport

        report = snapshot.check(snapshot.document)
        return report if isinstance(report, ModelsReport) else None


class OpenDocuments:
    """The open documents by URI.

    Args:
        check: Checks a document and publishes its findings; returns the duration in seconds, or None if the text
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
        """The latest version of a document; None if it is not open."""
        return self._open.get(uri)

    def items(self) -> list[tuple[str, OpenDocument]]:
        """The open documents with their URIs."""
        return list(self._open.items())

    def put(self, uri: str, opened: OpenDocument) -> None:
        """Stores a new version of a document, and checks it after a delay without edits."""
        self._open[uri] = opened
        self._stop(uri)
        self._pending[uri] = asyncio.get_running_loop().create_task(self._check_later(uri))

    def close(self, uri: str) -> OpenDocument | None:
        """Removes a document and returns it."""
        self._stop(uri)
        self._seconds.pop(uri, None)
        return self._open.pop(uri, None)

    def end(self) -> None:
        """Stops all checks."""
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
