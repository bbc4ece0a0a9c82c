"""The server: documents as the client has them, and what it asks about them.

Findings are worked out a moment after the last keystroke, and for the newest text only; what is asked meanwhile is
answered first.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from seqspec import __version__
from seqspec.documents.limits import LIMITS
from seqspec.project.configuration import ConfigurationError, Configurations
from seqspec.project.recognise import has_key, is_named_document
from seqspec.project.settings import CONFIG_NAMES, Settings
from seqspec.rules.explain import explanation
from seqspec.server.actions import actions
from seqspec.server.completion import TRIGGERS, complete
from seqspec.server.diagnostics import chosen, of_configuration, policy_of, published
from seqspec.server.facts import hints, lenses
from seqspec.server.formatting import formatting
from seqspec.server.hover import hover
from seqspec.server.snapshot import Snapshot
from seqspec.server.text import Text
from seqspec.server.view import view

DELAY = 0.1
"""Seconds after a keystroke until findings are worked out."""


class Server(LanguageServer):
    """A language server for documents in TOML and JSON."""

    def __init__(self) -> None:
        super().__init__("seqspec", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self._open: dict[str, Snapshot] = {}
        self._pending: dict[str, asyncio.Task[None]] = {}
        self._background: set[asyncio.Task[None]] = set()
        # By the document that was checked: what was told, by the file that it stands in.
        self._told: dict[str, dict[str, list[types.Diagnostic]]] = {}
        self._configurations = Configurations()
        # Read once for a configuration, as a keystroke must not wait for files; by the name of the policy's file.
        self._policies: dict[str | None, tuple[Mapping[str, object] | None, str | None]] = {}

    # Documents

    def put(self, uri: str, source: str, version: int | None) -> None:
        """Takes a new text of a document."""
        file = uris.to_fs_path(uri) or uri
        settings, policy = self._settings(file)
        self._open[uri] = Snapshot(source, file, version, policy, settings.limits)
        self.later(uri)

    def close(self, uri: str) -> None:
        """Forgets the text of a document; its findings go on to be told where its file is part of the workspace."""
        self._open.pop(uri, None)
        self._tell(uri, {})

    def known(self, uri: str) -> tuple[Snapshot, Text] | None:
        """The newest text of a document; None for a file that is none of ours."""
        snapshot = self._open.get(uri)
        if snapshot is None or not _is_ours(snapshot, self._settings(snapshot.file)[0]):
            return None
        return snapshot, Text(snapshot.text, self.workspace.position_codec)

    def _settings(self, file: str) -> tuple[Settings, Mapping[str, object] | None]:
        try:
            settings = self._configurations.of_file(file)
        except ConfigurationError:
            return Settings(), None
        return settings, self._policy(settings)[0]

    def _policy(self, settings: Settings) -> tuple[Mapping[str, object] | None, str | None]:
        if settings.policy not in self._policies:
            self._policies[settings.policy] = policy_of(settings)
        return self._policies[settings.policy]

    # Findings

    def later(self, uri: str) -> None:
        """Works out the findings of a document once nobody has typed for a moment."""
        task = self._pending.pop(uri, None)
        if task is not None:
            task.cancel()
        self._pending[uri] = asyncio.get_running_loop().create_task(self._after(uri))

    async def _after(self, uri: str) -> None:
        await asyncio.sleep(DELAY)
        self._pending.pop(uri, None)
        self.check(uri)

    def check(self, uri: str) -> None:
        """Tells the findings of a document that is open."""
        found = self.known(uri)
        if found is None:
            self._tell(uri, {})
            return
        snapshot, _ = found
        self._tell(uri, self._findings(snapshot), snapshot.version)

    def _findings(self, snapshot: Snapshot) -> dict[str, list[types.Diagnostic]]:
        codec = self.workspace.position_codec
        try:
            settings = self._configurations.of_file(snapshot.file)
            _, fault = self._policy(settings)
            if fault is not None:
                self.window_show_message(types.ShowMessageParams(types.MessageType.Error, fault))
            return published(snapshot, chosen(snapshot, settings), codec)
        except ConfigurationError as error:
            return of_configuration(error, codec)

    def _tell(self, uri: str, found: dict[str, list[types.Diagnostic]], version: int | None = None) -> None:
        before = self._told.pop(uri, {})
        if found:
            self._told[uri] = found
        for other in {**before, **found}:
            together: list[types.Diagnostic] = []
            for told in self._told.values():
                together += [each for each in told.get(other, ()) if each not in together]
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(other, together, version if other == uri else None)
            )

    def configures(self, file: str) -> bool:
        """Whether a file says what applies to documents: a configuration, or a policy that one names."""
        policies = [os.path.realpath(policy) for policy in self._policies if policy is not None]
        return os.path.basename(file) in CONFIG_NAMES or os.path.realpath(file) in policies

    def reload(self) -> None:
        """Reads the configuration anew, and checks every document with it."""
        self._configurations = Configurations()
        self._policies.clear()
        for uri, snapshot in list(self._open.items()):
            self.put(uri, snapshot.text, snapshot.version)
        self.check_workspace()

    def check_workspace(self) -> None:
        """Begins to check the documents of the folders of the workspace that are not open."""
        for task in self._background:
            task.cancel()
        task = asyncio.get_running_loop().create_task(self._check_folders())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _check_folders(self) -> None:
        from seqspec.project.walk import walk

        for folder in list(self.workspace.folders):
            path = uris.to_fs_path(folder)
            if path is None:
                continue
            with contextlib.suppress(ConfigurationError, OSError):
                for file in walk(path, self._configurations, []):
                    await asyncio.sleep(0.001)
                    self._check_file(os.path.abspath(file))

    def _check_file(self, file: str) -> None:
        uri = uris.from_fs_path(file)
        if uri is None or uri in self._open:
            return
        try:
            with open(file, encoding="utf-8", newline="") as stream:
                text = stream.read(LIMITS.bytes + 1)
        except (OSError, ValueError):
            return
        settings, policy = self._settings(file)
        self._tell(uri, self._findings(Snapshot(text, file, None, policy, settings.limits)))


def _is_ours(snapshot: Snapshot, settings: Settings) -> bool:
    name = os.path.basename(snapshot.file)
    if name in CONFIG_NAMES:
        return False
    if is_named_document(name) or (settings.include is not None and settings.include.matches(snapshot.file)):
        return True
    return has_key(snapshot.text[: 1 << 16].encode("utf-8", "replace"), snapshot.document.format)


def make_server() -> Server:
    """A server that answers everything it is asked."""
    server = Server()
    feature = server.feature

    @feature(types.INITIALIZED)
    def initialized(ls: Server, params: types.InitializedParams) -> None:
        watched = ls.client_capabilities.workspace and ls.client_capabilities.workspace.did_change_watched_files
        if watched and watched.dynamic_registration:
            patterns = [f"**/{name}" for name in CONFIG_NAMES] + [
                "**/*.seqspec.toml",
                "**/*.seqspec.json",
                "**/*.schema.json",
            ]
            options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(p) for p in patterns])
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            ls.client_register_capability(
                types.RegistrationParams([types.Registration("seqspec-files", method, options)])
            )
        ls.check_workspace()

    @feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        ls.put(document.uri, document.text, document.version)

    @feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        document = ls.workspace.get_text_document(params.text_document.uri)
        ls.put(params.text_document.uri, document.source, params.text_document.version)

    @feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        ls.close(params.text_document.uri)

    @feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        if ls.configures(uris.to_fs_path(params.text_document.uri) or ""):
            ls.reload()

    @feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        ls.reload()

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

    @feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
        found = ls.known(params.text_document.uri)
        if found is None:
            return None
        snapshot, text = found
        settings, _ = ls._settings(snapshot.file)
        start, end = text.offset(params.range.start), text.offset(params.range.end)
        return list(actions(chosen(snapshot, settings), snapshot, text, params.text_document.uri, start, end))

    @feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatted(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        found = ls.known(params.text_document.uri)
        return formatting(*found) if found else None

    # The playground

    @feature("seqspec/model")
    def model(ls: Server, params: Any) -> dict[str, Any] | None:
        found = ls.known(str(getattr(getattr(params, "textDocument", None), "uri", "")))
        if found is None:
            return None
        snapshot, _ = found
        settings, _ = ls._settings(snapshot.file)
        return view(snapshot, chosen(snapshot, settings), ls.workspace.position_codec)

    @feature("seqspec/explain")
    def explain(ls: Server, params: Any) -> dict[str, Any] | None:
        explained = explanation(str(getattr(params, "code", "")))
        return {**explained.to_dict(), "output": explained.output} if explained is not None else None

    return server
