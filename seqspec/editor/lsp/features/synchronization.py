"""Document synchronization, and changes of workspace folders and files."""

from __future__ import annotations

from lsprotocol import types
from pygls import uris

from seqspec.editor.lsp.server import Server


def register(server: Server) -> None:
    """Registers the handlers of these messages."""
    feature = server.feature

    @feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
        ls.documents.folders = ls.index.folders()
        ls.documents.scan()

    @feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        ls.documents.put(document.uri, document.text, document.version)

    @feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        document = ls.workspace.get_text_document(params.text_document.uri)
        ls.documents.put(params.text_document.uri, document.source, document.version)

    @feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        ls.documents.close(params.text_document.uri)

    @feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        ls.documents.saved(uris.to_fs_path(params.text_document.uri) or "")

    @feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        await ls.documents.changed(params.changes)
