"""The server: what a client may ask.

One thread takes messages. Another answers requests and works out the findings of what is open; a third checks the
documents of the workspace that no one has open.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcContentModified, JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer

from seqspec import __version__
from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.lsp import features
from seqspec.lsp.client_index import ClientIndex
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.lsp.features import rename
from seqspec.lsp.preload import warm
from seqspec.lsp.protocol import Protocol
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text
from seqspec.lsp.workspace import Workspace

if TYPE_CHECKING:
    from seqspec.linter.program import ProgramReport

_LOG = logging.getLogger("seqspec")
FEATURES = [import_module(f"{features.__name__}.{module.name}") for module in iter_modules(features.__path__)]
"""The requests that a client can send: all modules of `seqspec.lsp.features`."""

_WATCHED = ("**/*.toml", "**/*.json", "**/.gitignore")


class Server(LanguageServer):
    """A language server for documents in TOML and JSON."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("seqspec", __version__, protocol_cls=Protocol)
        self.documents = Workspace(self.text_document_publish_diagnostics, self._warn, self._progressed)
        self.index = ClientIndex(self)
        self._progress: str | None = None
        # pygls reports every fault in its own words and with its traceback; `report_server_error` reports it once.
        logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)

    def known(self, uri: str) -> tuple[Snapshot, Text] | None:
        """The newest text of a document; None for a file that is not one of ours."""
        opened = self.documents.known(uri)
        return (opened.snapshot, opened.text) if opened is not None else None

    def program(self, uri: str) -> tuple[ProgramReport, Text] | None:
        """The report of a Python program with Keras models; None for another file."""
        found = self.documents.program(uri)
        return (found[0], found[1].text) if found is not None else None

    def findings(self, snapshot: Snapshot) -> list[Diagnostic]:
        """What is wrong with a document and to be reported of."""
        return self.documents.findings(snapshot)

    def asked(self, uri: str, place: types.Range, only: Sequence[str] | None) -> CodeActionRequest | None:
        """The code action request for a range; None for a file that is not one of ours."""
        opened = self.documents.known(uri)
        if opened is None:
            return None
        snapshot, text, documents = opened.snapshot, opened.text, self.documents
        said = self.client_capabilities.text_document
        later = said.code_action.resolve_support if said and said.code_action else None
        return CodeActionRequest(
            snapshot,
            uri,
            documents.checker.codec,
            documents.checker.reporting(snapshot),
            text.offset(place.start),
            text.offset(place.end),
            only,
            [
                (other, each.snapshot, documents.checker.reporting(each.snapshot))
                for other, each in documents.open.items()
                if each is not opened
            ],
            resolves=later is not None and "edit" in later.properties,
        )

    def folders(self) -> list[str]:
        """The folders of the workspace that have a path."""
        paths = (uris.to_fs_path(folder.uri) for folder in self.workspace.folders.values())
        return [path for path in paths if path]

    def feature(self, feature_name: str, options: object = None) -> Callable[[Any], Any]:
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
        async def answer(ls: Server, params: object) -> Any:
            outdated = ls.protocol.outdated(params)
            answered = await ls.documents.work(lambda: None if outdated() else handler(ls, params))
            if outdated():
                raise JsonRpcContentModified
            return answered

        return answer

    def report_server_error(self, error: Exception, source: object) -> None:
        """Determines a fault on standard error and in the client's log. No message pops up, and the server goes on."""
        if isinstance(error, (JsonRpcContentModified, JsonRpcMethodNotFound, rename.RenameRefused)):
            return
        data = getattr(error, "data", None)
        lines = data.get("traceback", ()) if isinstance(data, dict) else ()
        _LOG.error("%s\n%s", error, "".join(lines))
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, f"seqspec: {error}"))

    def shutdown(self) -> None:
        """Ends the server."""
        self.documents.end()
        super().shutdown()  # type: ignore[no-untyped-call]  # pygls is untyped

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
            progress.end(self._progress, types.WorkDoneProgressEnd(message=f"{total} files"))
            self._progress = None
        elif done % 20 == 0:
            report = types.WorkDoneProgressReport(message=f"{done} of {total}", percentage=100 * done // total)
            progress.report(self._progress, report)


def make_server() -> Server:
    """A server that answers everything it is called."""
    server = Server()

    @server.feature(types.INITIALIZED)
    def initialized(ls: Server, params: types.InitializedParams) -> None:
        ls.documents.checker.codec = ls.workspace.position_codec
        workspace = ls.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace else None
        if watched and watched.dynamic_registration:
            watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
            # Of a folder that comes or goes, what is in it is not reported.
            watchers.append(types.FileSystemWatcher("**/*", types.WatchKind.Create | types.WatchKind.Delete))
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            ls.client_register_capability(
                types.RegistrationParams([types.Registration("seqspec-files", method, options)])
            )
        ls.documents.folders = ls.folders()
        ls.documents.begin(warm)

    for each in FEATURES:
        each.register(server)
    return server
