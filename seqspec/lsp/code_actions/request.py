"""The request that the code actions answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.analysis.report import Report
from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.diagnostics.violation import Path
from seqspec.language.symbols.scopes import Binders
from seqspec.lsp.code_actions.source import Source, source_of
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text
from seqspec.syntax.edit.pieces import TextEdit

Choose = Callable[[Report], list[Diagnostic]]
"""Returns the findings of a report that are to be reported, by what applies to its document."""


class CodeActionRequest:
    """A code action request: a document, the selection and the requested kinds.

    Args:
        snapshot: The document.
        uri: Its address, as the client names it.
        codec: What counts the units of the client.
        choose: Returns the findings of a report that are to be reported of the document.
        start: The offset where the selection begins.
        end: The offset where it ends; the same as `start` where there is only a cursor.
        only: The kinds that are wanted; None for all.
        others: The other documents that are open, by their addresses, each with what returns its findings.
        resolves: Whether the client requires the edits of an action later, when someone chooses it.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        uri: str,
        codec: PositionCodec,
        choose: Choose,
        start: int,
        end: int,
        only: Sequence[str] | None = None,
        others: Iterable[tuple[str, Snapshot, Choose]] = (),
        *,
        resolves: bool = False,
    ) -> None:
        self.snapshot = snapshot
        self.uri = uri
        self.codec = codec
        self.choose = choose
        self.start = start
        self.end = end
        self.only = only
        self.others = others
        self.resolves = resolves

    def wants(self, kind: str) -> bool:
        """Whether actions of a kind are requested, by its name or that of a kind which it belongs to."""
        return self.only is None or any(not each or f"{kind}.".startswith(f"{each}.") for each in self.only)

    @cached_property
    def text(self) -> Text:
        """The text of the document."""
        return Text(self.snapshot.text, self.codec)

    @cached_property
    def found(self) -> list[Diagnostic]:
        """The findings of the document that are reported."""
        return self.choose(self.snapshot.result.report)

    @property
    def source(self) -> Source:
        """The text of the document as it is edited; only where it can be read."""
        return source_of(self.snapshot.document)

    @property
    def editable(self) -> bool:
        """Whether the document can be read and expanded, and its text says what its tree holds."""
        document = self.snapshot.document
        if not document.readable or document.violations or document.format not in ("toml", "json"):
            return False
        return self.snapshot.result.expansion.usable

    def touches(self, start: int, end: int) -> bool:
        """Whether the selection meets a stretch of the text."""
        return start <= self.end and self.start <= end

    @cached_property
    def inner(self) -> tuple[Path, str] | None:
        """The path of the smallest value, or key, that holds the whole selection, and which of the two it is."""
        best: tuple[int, Path, str] | None = None
        for path, (start, end, key_start, key_end) in self.snapshot.document.places().items():
            for first, last, anchor in ((key_start, key_end, "key"), (start, end, "value")):
                if path and 0 <= first <= self.start and self.end <= last and (best is None or last - first < best[0]):
                    best = (last - first, path, anchor)
        return None if best is None else best[1:]

    @property
    def variables(self) -> Binders:
        """The names of the variables, those that it inherits included, as they can be referred to."""
        return {name: ("vars", name) for name in self.snapshot.declared.variables}

    def edit(self, replacements: Iterable[TextEdit]) -> types.WorkspaceEdit:
        """Replacements in the document as a client takes them."""
        edits = [types.TextEdit(self.text.range(r.start, r.end), r.text) for r in replacements]
        return types.WorkspaceEdit(changes={self.uri: edits})
