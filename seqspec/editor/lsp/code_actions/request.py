"""Code action requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.core.api.check import Report
from seqspec.core.api.diagnostics import Diagnostic, Path
from seqspec.core.api.syntax import TextEdit
from seqspec.editor.lsp.bound_references import Binders
from seqspec.editor.lsp.code_actions.source import EditableSource, source_of
from seqspec.editor.lsp.completion_context import innermost
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

Choose = Callable[[Report], list[Diagnostic]]
"""Returns the findings of a report that its configuration selects."""


@dataclass(eq=False)
class CodeActionRequest:
    """A code action request: a document, the selection and the requested kinds.

    Args:
        snapshot: The document.
        uri: Its URI.
        codec: The position encoding of the client.
        choose: Selects the reported findings of the document.
        start: The start offset of the selection.
        end: The end offset of the selection; equal to `start` for a cursor.
        only: The requested kinds; None for all.
        others: The other open documents by URI, each with the function that selects its findings.
        resolves: Whether the client can resolve the edits of an action later.
    """

    snapshot: Snapshot
    uri: str
    codec: PositionCodec
    choose: Choose
    start: int
    end: int
    only: Sequence[str] | None = None
    others: Iterable[tuple[str, Snapshot, Choose]] = ()
    resolves: bool = field(kw_only=True, default=False)

    def wants(self, kind: str) -> bool:
        """Whether actions of a kind are requested, by this kind or a parent kind."""
        return self.only is None or any(
            not requested or f"{kind}.".startswith(f"{requested}.") for requested in self.only
        )

    @cached_property
    def text(self) -> PositionMap:
        """The text of the document."""
        return PositionMap(self.snapshot.text, self.codec)

    @cached_property
    def found(self) -> list[Diagnostic]:
        """The reported findings of the document."""
        return self.choose(self.snapshot.result.report)

    @property
    def source(self) -> EditableSource:
        """The editable text of the document, which must be readable."""
        return source_of(self.snapshot.document)

    @property
    def editable(self) -> bool:
        """Whether the document can be parsed and expanded, so that its text corresponds to its tree."""
        document = self.snapshot.document
        return document.is_editable and self.snapshot.result.expansion.usable

    def touches(self, start: int, end: int) -> bool:
        """Whether the selection overlaps a range of the text."""
        return start <= self.end and self.start <= end

    @cached_property
    def inner(self) -> tuple[Path, str] | None:
        """The path of the smallest value or key that contains the selection, and which of the two it is."""
        return innermost(self.snapshot.document, self.start, self.end)

    @property
    def variables(self) -> Binders:
        """The names of all variables, including inherited ones."""
        return {name: ("vars", name) for name in self.snapshot.declared.variables}

    def edit(self, replacements: Iterable[TextEdit]) -> types.WorkspaceEdit:
        """The workspace edit for replacements in the document."""
        edits = [types.TextEdit(self.text.range(r.start, r.end), r.text) for r in replacements]
        return types.WorkspaceEdit(changes={self.uri: edits})
