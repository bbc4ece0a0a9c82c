"""The protocol, where pygls leaves a request without an answer or counts the lines of a text in its own way."""

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

from seqspec.lsp.edits import edited

_ASKED: ContextVar[TextDocument | None] = ContextVar("asked", default=None)
"""The text that the message at hand is about, as it was when the message came."""


class Protocol(LanguageServerProtocol):
    """The language server protocol. A text that changes becomes another `TextDocument`."""

    def structure_message(self, data: dict[str, Any]) -> object:
        """A message from what was sent; one that is not one is answered with the reason, and returns None."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            return None

    def handle_message(self, message: Any) -> None:
        """Takes a message; remembers the text that it is about."""
        if not hasattr(message, "jsonrpc"):
            return
        if self._shutdown and hasattr(message, "id") and hasattr(message, "method"):
            refusal = JsonRpcInvalidRequest("the server was shut down")
            self._send_response(message.id, error=refusal.to_response_error())
            return
        _ASKED.set(self._text_of(getattr(message, "params", None)))
        super().handle_message(message)

    def outdated(self, params: object) -> Callable[[], bool]:
        """Determines, as often as asked, whether the text that a request is about is another one than when it came."""
        asked = _ASKED.get()
        return lambda: self._text_of(params) is not asked

    def _text_of(self, params: object) -> TextDocument | None:
        document = getattr(params, "text_document", None) or getattr(params, "textDocument", None)
        if self._workspace is None or document is None:
            return None
        found: TextDocument | None = self._workspace.text_documents.get(unquote(str(getattr(document, "uri", ""))))
        return found

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Generator[Any, Any, None]:
        """Takes the edits of a text that is open; of another one nothing is known that they could change."""
        known = self._text_of(params)
        if known is None:
            return
        text = edited(known.source, params.content_changes, self.workspace.position_codec)
        uri, version = params.text_document.uri, params.text_document.version
        self.workspace.put_text_document(types.TextDocumentItem(uri, known.language_id or "", version, text))
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None
