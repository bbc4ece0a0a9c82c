"""The server: what a client may ask.

One thread takes messages. Another answers requests and works out the findings of what is open; a third checks the
documents of the workspace that nobody has open.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from uuid import uuid4

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcContentModified, JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer

from seqspec import __version__
from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.linter.explain import explanation
from seqspec.lsp.code_actions.fix_all import KIND, fixed
from seqspec.lsp.code_actions.offers import KINDS, actions
from seqspec.lsp.code_actions.request import Asked
from seqspec.lsp.features.completion import TRIGGERS, complete
from seqspec.lsp.features.formatting import formatting
from seqspec.lsp.features.hover import hover
from seqspec.lsp.features.inlay_hints import hints, lenses
from seqspec.lsp.features.model_view import view
from seqspec.lsp.navigator import Refused
from seqspec.lsp.navigator import register as navigate
from seqspec.lsp.preload import warm
from seqspec.lsp.protocol import Protocol
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text
from seqspec.lsp.workspace import Checks

_LOG = logging.getLogger("seqspec")
_WATCHED = ("**/*.toml", "**/*.json", "**/.gitignore")


class Server(LanguageServer):
    """A language server for documents in TOML and JSON."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("seqspec", __version__, protocol_cls=Protocol)
        self.checks = Checks(self.text_document_publish_diagnostics, self._warn, self._progressed)
        self._progress: str | None = None
        # pygls tells every fault in its own words and with its traceback; `report_server_error` tells it once.
        logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)

    def known(self, uri: str) -> tuple[Snapshot, Text] | None:
        """The newest text of a document; None for a file that is none of ours."""
        opened = self.checks.known(uri)
        return (opened.snapshot, opened.text) if opened is not None else None

    def findings(self, snapshot: Snapshot) -> list[Diagnostic]:
        """What is wrong with a document and to be told of."""
        return self.checks.findings(snapshot)

    def asked(self, uri: str, place: types.Range, only: Sequence[str] | None) -> Asked | None:
        """A question for what can be done at a place; None for a file that is none of ours."""
        opened = self.checks.known(uri)
        if opened is None:
            return None
        snapshot, text, checks = opened.snapshot, opened.text, self.checks
        said = self.client_capabilities.text_document
        later = said.code_action.resolve_support if said and said.code_action else None
        return Asked(
            snapshot,
            uri,
            checks.codec,
            checks.choosing(snapshot),
            text.offset(place.start),
            text.offset(place.end),
            only,
            [(other, each, checks.choosing(each)) for other, each in checks.all_open() if each is not snapshot],
            resolves=later is not None and "edit" in later.properties,
        )

    def folders(self) -> list[str]:
        """The folders of the workspace that have a path."""
        paths = (uris.to_fs_path(folder.uri) for folder in self.workspace.folders.values())
        return [path for path in paths if path]

    def feature(self, feature_name: str, options: Any | None = None) -> Callable[[Any], Any]:
        """Registers a handler. A request is answered beside the thread that takes messages, or not at all where it was
        cancelled or its document has changed since.
        """
        register = super().feature(feature_name, options)
        method = types.METHOD_TO_TYPES.get(feature_name, (None, Any))
        if method[1] is None:
            return register

        def registered(handler: Callable[[Server, Any], Any]) -> Callable[[Server, Any], Any]:
            register(self._beside(handler))
            return handler

        return registered

    def _beside(self, handler: Callable[[Server, Any], Any]) -> Callable[[Server, Any], Any]:
        @wraps(handler)
        async def answer(ls: Server, params: Any) -> Any:
            outdated = ls.protocol.outdated(params)
            answered = await ls.checks.work(lambda: None if outdated() else handler(ls, params))
            if outdated():
                raise JsonRpcContentModified
            return answered

        return answer

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Tells a fault on standard error and in the client's log. No message pops up, and the server goes on."""
        if isinstance(error, (JsonRpcContentModified, JsonRpcMethodNotFound, Refused)):
            return
        data = getattr(error, "data", None)
        lines = data.get("traceback", ()) if isinstance(data, dict) else ()
        _LOG.error("%s\n%s", error, "".join(lines))
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, f"seqspec: {error}"))

    def shutdown(self) -> None:
        """Ends the server."""
        self.checks.end()
        super().shutdown()  # type: ignore[no-untyped-call]

    def _warn(self, words: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, words))

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
            progress.end(self._progress, types.WorkDoneProgressEnd(message=f"{total} documents"))
            self._progress = None
        elif done % 20 == 0:
            report = types.WorkDoneProgressReport(message=f"{done} of {total}", percentage=100 * done // total)
            progress.report(self._progress, report)


def make_server() -> Server:
    """A server that answers everything it is asked."""
    server = Server()
    feature = server.feature

    @feature(types.INITIALIZED)
    def initialized(ls: Server, params: types.InitializedParams) -> None:
        ls.checks.codec = ls.workspace.position_codec
        workspace = ls.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace else None
        if watched and watched.dynamic_registration:
            watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
            # Of a folder that comes or goes, what is in it is not told.
            watchers.append(types.FileSystemWatcher("**/*", types.WatchKind.Create | types.WatchKind.Delete))
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            ls.client_register_capability(
                types.RegistrationParams([types.Registration("seqspec-files", method, options)])
            )
        ls.checks.folders = ls.folders()
        ls.checks.begin(warm)

    @feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
        ls.checks.folders = ls.folders()
        ls.checks.scan()

    @feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        ls.checks.put(document.uri, document.text, document.version)

    @feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        document = ls.workspace.get_text_document(params.text_document.uri)
        ls.checks.put(params.text_document.uri, document.source, document.version)

    @feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        ls.checks.close(params.text_document.uri)

    @feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        ls.checks.saved(uris.to_fs_path(params.text_document.uri) or "")

    @feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        await ls.checks.changed(params.changes)

    @feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=TRIGGERS))
    def completion(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
        found = ls.known(params.text_document.uri)
        if found is None:
            return None
        snapshot, text = found
        asked = ls.client_capabilities.text_document
        item = asked.completion.completion_item if asked and asked.completion else None
        offset = text.offset(params.position)
        return types.CompletionList(False, complete(snapshot, text, offset, bool(item and item.snippet_support)))

    @feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(ls: Server, params: types.HoverParams) -> types.Hover | None:
        found = ls.known(params.text_document.uri)
        return hover(*found, found[1].offset(params.position)) if found else None

    @feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def inlay_hint(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint] | None:
        found = ls.known(params.text_document.uri)
        if found is None:
            return None
        snapshot, text = found
        return hints(snapshot, text, text.offset(params.range.start), text.offset(params.range.end))

    @feature(types.TEXT_DOCUMENT_CODE_LENS)
    def code_lens(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens] | None:
        found = ls.known(params.text_document.uri)
        return list(lenses(*found)) if found else None

    @feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True))
    def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
        asked = ls.asked(params.text_document.uri, params.range, params.context.only)
        return list(actions(asked)) if asked else None

    @feature(types.CODE_ACTION_RESOLVE)
    def code_action_resolve(ls: Server, action: types.CodeAction) -> types.CodeAction:
        data = action.data if isinstance(action.data, dict) else {}
        nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
        asked = ls.asked(str(data.get("uri", "")), nowhere, None)
        if asked is not None and action.kind == KIND:
            action.edit = fixed(asked)
        return action

    @feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatted(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        found = ls.known(params.text_document.uri)
        return formatting(*found) if found else None

    # Navigation
    navigate(server)

    # The playground

    @feature("seqspec/model")
    def model(ls: Server, params: Any) -> dict[str, Any] | None:
        found = ls.known(str(getattr(getattr(params, "textDocument", None), "uri", "")))
        return view(found[0], ls.findings(found[0]), ls.checks.codec) if found else None

    @feature("seqspec/explain")
    def explain(ls: Server, params: Any) -> dict[str, Any] | None:
        explained = explanation(str(getattr(params, "code", "")))
        return {**explained.to_dict(), "output": explained.output} if explained is not None else None

    return server
