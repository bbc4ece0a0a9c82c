"""Formatting, as by `seqspec fmt`."""

from __future__ import annotations

from lsprotocol import types

from seqspec.core.api.spec import Unformattable, format_document
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def answer(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        target = ls.find(params.text_document.uri)
        return formatting(*target) if target else None


def formatting(snapshot: Snapshot, text: PositionMap) -> list[types.TextEdit]:
    """One edit of the whole text; none for an invalid or already formatted text."""
    document = snapshot.document
    if not document.readable or document.violations:
        return []
    try:
        formatted = format_document(document).text
    except Unformattable:
        return []
    if "\r\n" in text.text:
        formatted = formatted.replace("\n", "\r\n")
    return [] if formatted == text.text else [types.TextEdit(text.range(0, len(text.text)), formatted)]
