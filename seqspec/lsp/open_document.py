"""A text that an editor has open."""

from __future__ import annotations

from pygls.workspace import PositionCodec

from seqspec.analysis.lazy import lazy
from seqspec.lsp.settings import Project
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text


class Opened:
    """A text at one version.

    Args:
        snapshot: What is known of it.
        project: Says what applies to it.
        codec: What counts the units of the client.
    """

    def __init__(self, snapshot: Snapshot, project: Project, codec: PositionCodec) -> None:
        self.snapshot = snapshot
        self._project = project
        self._codec = codec

    @lazy
    def text(self) -> Text:
        """Its lines as the client counts them."""
        return Text(self.snapshot.text, self._codec)

    @lazy
    def is_ours(self) -> bool:
        """Whether it is a document."""
        snapshot = self.snapshot
        return self._project.means(snapshot.file, snapshot.text, snapshot.document.format)
