"""From changes of a document to edits of its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.diagnostic import Edit
from seqspec.core.diagnostics.tree_fix import TreeEdit
from seqspec.core.syntax.edit.pieces import Pieces, TextEdit, applied
from seqspec.core.syntax.edit.style import representable
from seqspec.core.syntax.edit.trees import CannotEdit, changed, is_single, steps
from seqspec.core.syntax.formatter.nodes import equal_trees
from seqspec.core.syntax.parser import parse_tree

if TYPE_CHECKING:
    from seqspec.core.syntax.document import Document
    from seqspec.core.syntax.edit.json_edit import JsonEditor
    from seqspec.core.syntax.edit.toml_edit import TomlEditor


def edits_of(document: Document, changes: Sequence[TreeEdit]) -> tuple[Edit, ...]:
    """The edits of a document's text that make changes of its tree; nothing else of the text is touched.

    The paths of all changes are of the document as it is written, before any of them. Raises `CannotEdit` where the
    text cannot be changed so.
    """
    return DocumentEditor(document).edits(changes)


class DocumentEditor:
    """Makes edits of one document; what it reads of the text serves for all of them.

    Attributes:
        spent: A measure of the work that was done, in characters of the text.
    """

    def __init__(self, document: Document) -> None:
        self.spent = 0
        self._document = document
        self._editor: JsonEditor | TomlEditor | None = None

    def edits(self, changes: Sequence[TreeEdit]) -> tuple[Edit, ...]:
        """The edits that make changes, as `edits_of` returns them. Raises `CannotEdit`."""
        document = self._document
        text = document.text
        if text is None or not document.readable or document.violations or document.format not in ("toml", "json"):
            raise CannotEdit("the spec has no editable text")
        changes = [change._replace(value=representable(change.value, document.format)) for change in changes]
        tree: object = document.tree
        if len(changes) == 1 and is_single(tree, changes[0]):
            if self._editor is None:
                self._editor = editor_of(text, tree, document)
            self.spent += len(text) // 100
            edits = self._editor.replacements(changes[0])
        else:
            self.spent += 4 * len(text) * len(changes)
            edits = self._several(text, changes)
        return tuple(Edit(document.span_at(r.start, r.end), r.text) for r in edits)

    def _several(self, text: str, changes: Sequence[TreeEdit]) -> list[TextEdit]:
        document = self._document
        pieces = Pieces(text)
        working = changed(document.tree, ())
        for change in steps(working, changes):
            pieces.apply(editor_of(pieces.text, working, document).replacements(change))
        try:
            tree = _parse(pieces.text, document.format)
        except (ValueError, RecursionError) as error:
            raise CannotEdit(f"the edited text would be invalid: {error}") from None
        if not equal_trees(tree, working):
            raise CannotEdit("the edited text would have a different meaning")
        return pieces.replacements()


def editor_of(text: str, tree: object, document: Document) -> JsonEditor | TomlEditor:
    """What makes the edits of a text, which holds a tree, in the format of a document. Raises `CannotEdit`."""
    syntax = document.syntax() if text == document.text else parse_tree(text, document.format, document.depth)
    if not syntax.complete:
        raise CannotEdit(syntax.faults[-1].message)
    if document.format == "json":
        from seqspec.core.syntax.edit.json_edit import JsonEditor

        return JsonEditor(syntax, tree)
    from seqspec.core.syntax.edit.toml_edit import TomlEditor

    return TomlEditor(syntax, tree)


def _parse(text: str, format: str) -> object:
    if format == "json":
        from seqspec.core.syntax.parser import parse as parse_json

        return parse_json(text)
    from seqspec.core.syntax.toml_parse import parse

    return parse(text)


def apply_edits(document: Document, edits: Iterable[Edit]) -> str:
    """The text of a document after edits that do not overlap."""
    return applied(document.text or "", [replacement(document, edit) for edit in edits])


def replacement(document: Document, edit: Edit) -> TextEdit:
    """An edit by offsets in the document's text."""
    span = edit.span
    return TextEdit(document.offset(span.line, span.column), document.offset(span.end_line, span.end_column), edit.text)
