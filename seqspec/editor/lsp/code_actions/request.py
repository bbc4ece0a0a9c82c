"""Code action requests, and the editable text of a document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.core.api.check import Report
from seqspec.core.api.diagnostics import Diagnostic, Path, TreeEdit
from seqspec.core.api.syntax import (
    Document,
    JsonEditor,
    NodeKind,
    Style,
    TextEdit,
    TomlEditor,
    applied,
    at_path,
    editor_of,
    edits_of,
    is_single,
    new_line,
    replacement,
)
from seqspec.editor.lsp.bound_references import Binders
from seqspec.editor.lsp.completion_context import innermost
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

_BLANK = re.compile(r"[ \t]*")


class EditableSource:
    """The editable text of a readable document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = document.text or ""
        self.syntax = document.syntax
        self.tree: Any = document.tree

    @cached_property
    def editor(self) -> JsonEditor | TomlEditor:
        """The editor of the text."""
        return editor_of(self.text, self.tree, self.document)

    @cached_property
    def style(self) -> Style:
        """The style of tables in the text."""
        return self.syntax.style(self.text)

    @cached_property
    def new_line(self) -> str:
        """Its line ending."""
        return new_line(self.text)

    def at(self, path: Path) -> Any:
        """The value at a path; `MISSING` if there is none."""
        return at_path(self.tree, path)

    def place(self, path: Path) -> tuple[int, int]:
        """The offsets of the value at a path."""
        start, end, *_ = self.document.places()[path]
        return start, end

    def spelled(self, path: Path) -> str | None:
        """The text of a value on one line; None for several lines or a header."""
        start, end = self.place(path)
        spelling = self.text[start:end]
        if not spelling or "\n" in spelling or self.kind(path) not in ("inline", "array", "scalar"):
            return None
        return spelling

    def kind(self, path: Path) -> NodeKind:
        """The syntax node kind of an existing value."""
        node = self.document.syntax_tree().find(path)
        assert node is not None
        return node.kind

    def may_comment(self, path: Path) -> bool:
        """Whether a value may contain comments."""
        start, end = self.place(path)
        spelling = self.text[start:end]
        return self.syntax.has_comments and "\n" in spelling and "#" in spelling

    def spell(self, value: object) -> str:
        """The text of a new value. Raises `CannotEdit` if it cannot be written."""
        return self.style.value(self.syntax.representable(value))

    def changed(self, changes: Sequence[TreeEdit]) -> list[TextEdit]:
        """The text edits for tree edits. Raises `CannotEdit`."""
        if len(changes) == 1 and is_single(self.tree, changes[0]):
            return self.editor.replacements(changes[0]._replace(value=self.syntax.representable(changes[0].value)))
        return [replacement(self.document, edit) for edit in edits_of(self.document, changes)]

    def indent(self, offset: int) -> str:
        """The indentation of an offset at the start of a line; empty for another offset."""
        line = self.text.rfind("\n", 0, offset) + 1
        return self.text[line:offset] if self.begins_line(offset) else ""

    def moved(self, start: int, end: int, indent: str, edits: Iterable[TextEdit] = ()) -> str:
        """A range of the text with edits applied, reindented to the given indent."""
        inner = [TextEdit(edit.start - start, edit.end - start, edit.text) for edit in edits]
        moved_text = applied(self.text[start:end], inner)
        # A multi-line string would change if it is reindented.
        if "\n" not in moved_text or '"""' in moved_text or "'''" in moved_text:
            return moved_text
        line = self.text.rfind("\n", 0, start) + 1
        before = _BLANK.match(self.text, line)
        assert before is not None
        first, *lines = moved_text.split("\n")
        return "\n".join([first, *(indent + other_line.removeprefix(before[0]) for other_line in lines)])

    def begins_line(self, offset: int) -> bool:
        """Whether only white space precedes an offset on its line."""
        line = self.text.rfind("\n", 0, offset) + 1
        return not self.text[line:offset].strip(" \t")


@lru_cache(maxsize=2)
def source_of(document: Document) -> EditableSource:
    """The editable text of a document; cached, because the cursor moves more often than the text changes."""
    return EditableSource(document)


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
