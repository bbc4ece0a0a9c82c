"""The LSP protocol with fixes for pygls: every request is answered, and line ends are handled as in seqspec."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidRequest
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method
from pygls.workspace import TextDocument

from seqspec.editor.lsp.position_map import apply_content_changes

_ASKED: ContextVar[TextDocument | None] = ContextVar("asked", default=None)
"""The version of the document of the current message when it was received."""


class Protocol(LanguageServerProtocol):
    """The language server protocol. A changed document is a new `TextDocument`."""

    def structure_message(self, data: dict[str, Any]) -> object:
        """Parses a message; an invalid one is answered with an error, and None is returned."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            return None

    def handle_message(self, message: Any) -> None:
        """Handles a message; records the version of its document."""
        if not hasattr(message, "jsonrpc"):
            return
        if self._shutdown and hasattr(message, "id") and hasattr(message, "method"):
            refusal = JsonRpcInvalidRequest("the server was shut down")
            self._send_response(message.id, error=refusal.to_response_error())
            return
        _ASKED.set(self._text_of(getattr(message, "params", None)))
        super().handle_message(message)

    def outdated(self, params: object) -> Callable[[], bool]:
        """Returns a function that checks whether the document of a request has changed since it was received."""
        asked = _ASKED.get()
        return lambda: self._text_of(params) is not asked

    def _text_of(self, params: object) -> TextDocument | None:
        document = getattr(params, "text_document", None) or getattr(params, "textDocument", None)
        if self._workspace is None or document is None:
            return None
        text_document: TextDocument | None = self._workspace.text_documents.get(
            unquote(str(getattr(document, "uri", "")))
        )
        return text_document

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(
        self, params: types.DidChangeTextDocumentParams
    ) -> Generator[object, object, None]:
        """Applies edits to an open document; edits of another one are ignored."""
        text_document = self._text_of(params)
        if text_document is None:
            return
        text = apply_content_changes(text_document.source, params.content_changes, self.workspace.position_codec)
        uri, version = params.text_document.uri, params.text_document.version
        self.workspace.put_text_document(types.TextDocumentItem(uri, text_document.language_id or "", version, text))
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None
