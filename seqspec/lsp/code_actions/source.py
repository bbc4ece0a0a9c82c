"""The text of a document while it is edited: where values are, how they are spelled, single changes of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any

from seqspec.diagnostics.tree_fix import Change
from seqspec.diagnostics.violation import Path
from seqspec.syntax.document import Document
from seqspec.syntax.edit.brackets import new_line
from seqspec.syntax.edit.edits import editor_of, edits_of, replacement
from seqspec.syntax.edit.json_edit import JsonEditor
from seqspec.syntax.edit.pieces import TextEdit, applied
from seqspec.syntax.edit.style import Style, representable
from seqspec.syntax.edit.toml_edit import TomlEditor
from seqspec.syntax.edit.trees import at_path, is_single
from seqspec.syntax.tree import NodeKind

_BLANK = re.compile(r"[ \t]*")


class Source:
    """The text of a document that can be read."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = document.text or ""
        self.format = document.format
        self.tree: Any = document.tree

    @cached_property
    def editor(self) -> JsonEditor | TomlEditor:
        """What makes single edits of the text."""
        return editor_of(self.text, self.tree, self.document)

    @cached_property
    def style(self) -> Style:
        """How the text writes its tables."""
        return Style(self.text, self.format)

    @cached_property
    def new_line(self) -> str:
        """How its lines end."""
        return new_line(self.text)

    def at(self, path: Path) -> Any:
        """The value at a path; `MISSING` if there are none."""
        return at_path(self.tree, path)

    def place(self, path: Path) -> tuple[int, int]:
        """The offsets of the value at a path."""
        start, end, *_ = self.document.places()[path]
        return start, end

    def spelled(self, path: Path) -> str | None:
        """The words of a value as its author wrote them on one line; None where they have several, or a header."""
        start, end = self.place(path)
        words = self.text[start:end]
        if not words or "\n" in words or self.kind(path) not in ("inline", "array", "scalar"):
            return None
        return words

    def kind(self, path: Path) -> NodeKind:
        """How a value that is there is written."""
        node = self.document.syntax().find(path)
        assert node is not None
        return node.kind

    def may_comment(self, path: Path) -> bool:
        """Whether comments may be within a value."""
        start, end = self.place(path)
        words = self.text[start:end]
        return self.format == "toml" and "\n" in words and "#" in words

    def spell(self, value: object) -> str:
        """The words of a value. Raises `CannotEdit` for one that cannot be written."""
        return self.style.value(representable(value, self.format))

    def changed(self, changes: Sequence[Change]) -> list[TextEdit]:
        """The edits that make changes of the tree. Raises `CannotEdit`."""
        if len(changes) == 1 and is_single(self.tree, changes[0]):
            return self.editor.replacements(changes[0]._replace(value=representable(changes[0].value, self.format)))
        return [replacement(self.document, edit) for edit in edits_of(self.document, changes)]

    def indent(self, offset: int) -> str:
        """The white space before what begins a line; nothing for what is further after."""
        line = self.text.rfind("\n", 0, offset) + 1
        return self.text[line:offset] if self.begins_line(offset) else ""

    def moved(self, start: int, end: int, indent: str, edits: Iterable[TextEdit] = ()) -> str:
        """A stretch of the text, with edits in it made, as it is written where its first line has an indent."""
        inner = [TextEdit(edit.start - start, edit.end - start, edit.text) for edit in edits]
        words = applied(self.text[start:end], inner)
        # A string over several lines means another one where it is moved.
        if "\n" not in words or '"""' in words or "'''" in words:
            return words
        line = self.text.rfind("\n", 0, start) + 1
        before = _BLANK.match(self.text, line)
        assert before is not None
        first, *lines = words.split("\n")
        return "\n".join([first, *(indent + each.removeprefix(before[0]) for each in lines)])

    def begins_line(self, offset: int) -> bool:
        """Whether nothing but white space is before an offset on its line."""
        line = self.text.rfind("\n", 0, offset) + 1
        return not self.text[line:offset].strip(" \t")


@lru_cache(maxsize=2)
def source_of(document: Document) -> Source:
    """The text of a document; kept for the next question, as a cursor moves more often than a text changes."""
    return Source(document)
