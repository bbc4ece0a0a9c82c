"""The canonical form of a document, as `seqspec fmt` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from seqspec.document.canonical import Unformattable, format_document
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

if TYPE_CHECKING:
    from seqspec.lsp.server import Server


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def answer(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        found = ls.known(params.text_document.uri)
        return formatting(*found) if found else None


def formatting(snapshot: Snapshot, text: Text) -> list[types.TextEdit]:
    """One edit of the whole text; none for a text that cannot be read or has its form already."""
    document = snapshot.document
    if not document.readable or document.violations:
        return []
    try:
        made = format_document(document).text
    except Unformattable:
        return []
    if "\r\n" in text.text:
        made = made.replace("\n", "\r\n")
    return [] if made == text.text else [types.TextEdit(text.range(0, len(text.text)), made)]
