"""The language server without its features, which import it.

One thread receives messages. Another one answers requests and checks open documents; a third one checks the other
documents of the workspace.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcInvalidRequest, JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method
from pygls.workspace import TextDocument

from seqspec import __version__
from seqspec.core.api.diagnostics import Diagnostic
from seqspec.editor.lsp.code_actions.request import CodeActionRequest
from seqspec.editor.lsp.document_index import ClientIndex
from seqspec.editor.lsp.position_map import PositionMap, apply_content_changes
from seqspec.editor.lsp.snapshot import Snapshot
from seqspec.editor.lsp.workspace import Workspace

if TYPE_CHECKING:
    from seqspec.core.api.check import ModelsReport


_ASKED: ContextVar[TextDocument | None] = ContextVar("asked", default=None)
"""The version of the document of the current message when it was received."""


class Protocol(LanguageServerProtocol):
    """The protocol of pygls, but every request is answered, and line ends are those of seqspec.

    A changed document is a new `TextDocument`.
    """

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


_LOG = logging.getLogger("seqspec")


class FeatureRefusal(JsonRpcException):
    """A request that a feature refuses; the client shows the message."""

    def __init__(self, message: str) -> None:
        super().__init__(message, types.LSPErrorCodes.RequestFailed.value)


class Server(LanguageServer):
    """A language server for documents in TOML and JSON."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("seqspec", __version__, protocol_cls=Protocol)
        self.documents = Workspace(self.text_document_publish_diagnostics, self._warn, self._progressed)
        self.index = ClientIndex(self, self.documents)
        self._progress: str | None = None
        # pygls logs every error with a traceback; `report_server_error` logs it once.
        logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)

    def find(self, uri: str) -> tuple[Snapshot, PositionMap] | None:
        """The latest version of a document; None for a file that is not a spec."""
        opened = self.documents.find(uri)
        return (opened.snapshot, opened.text) if opened is not None else None

    def program(self, uri: str) -> tuple[ModelsReport, PositionMap] | None:
        """The report of a Python program with Keras models; None for another file."""
        opened = self.documents.program(uri)
        return (opened[0], opened[1].text) if opened is not None else None

    def findings(self, snapshot: Snapshot) -> list[Diagnostic]:
        """The reported findings of a document."""
        return self.documents.findings(snapshot)

    def code_action_request(
        self, uri: str, selected_range: types.Range, only: Sequence[str] | None
    ) -> CodeActionRequest | None:
        """The code action request for a range; None for a file that is not a spec."""
        opened = self.documents.find(uri)
        if opened is None:
            return None
        snapshot, text, documents = opened.snapshot, opened.text, self.documents
        capabilities = self.client_capabilities.text_document
        later = capabilities.code_action.resolve_support if capabilities and capabilities.code_action else None
        return CodeActionRequest(
            snapshot,
            uri,
            documents.checker.codec,
            documents.checker.reporting(snapshot),
            text.offset(selected_range.start),
            text.offset(selected_range.end),
            only,
            [
                (other, other_document.snapshot, documents.checker.reporting(other_document.snapshot))
                for other, other_document in documents.open.items()
                if other_document is not opened
            ],
            resolves=later is not None and "edit" in later.properties,
        )

    def feature(self, feature_name: str, options: object = None) -> Callable[[Any], Any]:
        """Registers a handler.

        A request is answered in another thread than the one that receives messages, and dropped if it was cancelled or
        its document has changed.
        """
        register = super().feature(feature_name, options)
        method = types.METHOD_TO_TYPES.get(feature_name, (None, Any))
        if method[1] is None:
            return register

        def registered(handler: Callable[[Server, Any], Any]) -> Callable[[Server, Any], Any]:
            register(self._in_background(handler))
            return handler

        return registered

    def _in_background(self, handler: Callable[[Server, object], object]) -> Callable[[Server, object], object]:
        @wraps(handler)
        async def answer(ls: Server, params: object) -> object:
            outdated = ls.protocol.outdated(params)
            answered = await ls.documents.work(lambda: None if outdated() else handler(ls, params))
            if outdated():
                raise JsonRpcContentModified
            return answered

        return answer

    def report_server_error(self, error: Exception, source: object) -> None:
        """Logs an error to standard error and to the client's log, without a popup."""
        if isinstance(error, (JsonRpcContentModified, JsonRpcMethodNotFound, FeatureRefusal)):
            return
        data = getattr(error, "data", None)
        lines = data.get("traceback", ()) if isinstance(data, dict) else ()
        _LOG.error("%s\n%s", error, "".join(lines))
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, f"seqspec: {error}"))

    def shutdown(self) -> None:
        """Ends the server."""
        self.documents.end()
        super().shutdown()  # type: ignore[no-untyped-call]  # pygls is untyped

    def _warn(self, message: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, message))

    async def _progressed(self, done: int, total: int) -> None:
        window = self.client_capabilities.window
        if window is None or not window.work_done_progress:
            return
        progress = self.work_done_progress
        if self._progress is None:
            self._progress = str(uuid4())
            await progress.create_async(self._progress)
            progress.begin(self._progress, types.WorkDoneProgressBegin("seqspec: checking the workspace", percentage=0))
        elif done == total:
            progress.end(self._progress, types.WorkDoneProgressEnd(message=f"{total} files"))
            self._progress = None
        elif done % 20 == 0:
            report = types.WorkDoneProgressReport(message=f"{done} of {total}", percentage=100 * done // total)
            progress.report(self._progress, report)
