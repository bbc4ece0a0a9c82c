"""From changes of a document to edits of its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from seqspec.diagnostics.diagnostic import Edit
from seqspec.diagnostics.remedy import Change
from seqspec.documents.edit.pieces import Pieces, Replacement, applied
from seqspec.documents.edit.trees import CannotEdit, changed, steps
from seqspec.documents.edit.words import holdable
from seqspec.documents.form.nodes import same

if TYPE_CHECKING:
    from seqspec.documents.document import Document


def edits_of(document: Document, changes: Sequence[Change]) -> tuple[Edit, ...]:
    """The edits of a document's text that make changes of its tree; nothing else of the text is touched.

    The paths of all changes are of the document as it is written, before any of them. Raises `CannotEdit` where the
    text cannot be changed so.
    """
    text = document.text
    if text is None or not document.readable or document.problems or document.format not in ("toml", "json"):
        raise CannotEdit("the document has no text that can be edited")
    if document.format == "json":
        from seqspec.documents.edit.json_edit import replacements
        from seqspec.documents.json_parse import parse
    else:
        from seqspec.documents.edit.toml_edit import replacements
        from seqspec.documents.toml_parse import parse
    changes = [change._replace(value=holdable(change.value, document.format)) for change in changes]
    pieces = Pieces(text)
    working = changed(document.tree, ())
    for change in steps(working, changes):
        if not change.path:
            raise CannotEdit("the whole document cannot be changed at once")
        pieces.apply(replacements(pieces.text, working, change, document.depth))
    try:
        made = parse(pieces.text)
    except (ValueError, RecursionError) as error:
        raise CannotEdit(f"the text would not be read any more: {error}") from None
    if not same(made, working):
        raise CannotEdit("the text would hold something else")
    return tuple(Edit(document.stretch(r.start, r.end), r.text) for r in pieces.replacements())


def apply_edits(document: Document, edits: Iterable[Edit]) -> str:
    """The text of a document after edits that do not overlap."""
    return applied(document.text or "", [replacement(document, edit) for edit in edits])


def replacement(document: Document, edit: Edit) -> Replacement:
    """An edit by offsets in the document's text."""
    span = edit.span
    return Replacement(
        document.offset(span.line, span.column), document.offset(span.end_line, span.end_column), edit.text
    )
