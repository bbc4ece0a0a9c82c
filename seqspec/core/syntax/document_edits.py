"""Converts edits of a document's tree to edits of its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.diagnostic import Edit, TreeEdit
from seqspec.core.syntax.edit.pieces import Pieces, TextEdit, applied
from seqspec.core.syntax.edit.trees import CannotEdit, changed, is_single, steps
from seqspec.core.syntax.formatter.nodes import equal_trees

if TYPE_CHECKING:
    from seqspec.core.syntax.document import Document
    from seqspec.core.syntax.edit.text_edit import JsonEditor, TomlEditor


def edits_of(document: Document, changes: Sequence[TreeEdit]) -> tuple[Edit, ...]:
    """The edits of a document's text for changes of its tree; the rest of the text is unchanged.

    All paths refer to the document as written. Raises `CannotEdit`.
    """
    return DocumentEditor(document).edits(changes)


class DocumentEditor:
    """Creates edits of one document, whose text is parsed once.

    Attributes:
        spent: The work so far, as a number of characters that were scanned.
    """

    def __init__(self, document: Document) -> None:
        self.spent = 0
        self._document = document
        self._editor: JsonEditor | TomlEditor | None = None

    def edits(self, changes: Sequence[TreeEdit]) -> tuple[Edit, ...]:
        """The edits that make changes, as `edits_of` returns them. Raises `CannotEdit`."""
        document = self._document
        text = document.text
        if text is None or not document.is_editable:
            raise CannotEdit("the spec has no editable text")
        changes = [change._replace(value=document.syntax.representable(change.value)) for change in changes]
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
            tree = document.syntax.parse(pieces.text)
        except (ValueError, RecursionError) as error:
            raise CannotEdit(f"the edited text would be invalid: {error}") from None
        if not equal_trees(tree, working):
            raise CannotEdit("the edited text would have a different meaning")
        return pieces.replacements()


def editor_of(text: str, tree: object, document: Document) -> JsonEditor | TomlEditor:
    """The editor of a version of a document's text, given its values. Raises `CannotEdit`."""
    syntax = document.syntax
    syntax_tree = document.syntax_tree() if text == document.text else syntax.parse_tree(text, document.depth)
    if not syntax_tree.complete:
        raise CannotEdit(syntax_tree.faults[-1].message)
    return syntax.editor(syntax_tree, tree)


def apply_edits(document: Document, edits: Iterable[Edit]) -> str:
    """The text of a document after edits that do not overlap."""
    return applied(document.text or "", [replacement(document, edit) for edit in edits])


def replacement(document: Document, edit: Edit) -> TextEdit:
    """An edit by offsets in the document's text."""
    span = edit.span
    return TextEdit(document.offset(span.line, span.column), document.offset(span.end_line, span.end_column), edit.text)
