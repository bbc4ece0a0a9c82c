"""The editable text of a document: positions and spelling of values, and edits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any

from seqspec.core.api.diagnostics import Path, TreeEdit
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
