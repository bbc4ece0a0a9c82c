"""Makes a server with all features."""

from __future__ import annotations

import gc
from importlib import import_module
from pkgutil import iter_modules

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.core.api.files import LIMITS
from seqspec.editor.lsp import features
from seqspec.editor.lsp.features.completion import complete
from seqspec.editor.lsp.features.hover import hover
from seqspec.editor.lsp.features.inlay_hint import hints
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot

FEATURES = [import_module(f"{features.__name__}.{module.name}") for module in iter_modules(features.__path__)]
"""The requests that a client can send: all modules of `seqspec.editor.lsp.features`."""

_WATCHED = ("**/*.toml", "**/*.json", "**/.gitignore")


def make_server() -> Server:
    """Creates a server with all features."""
    server = Server()

    @server.feature(types.INITIALIZED)
    def initialized(ls: Server, params: types.InitializedParams) -> None:
        ls.documents.checker.codec = ls.workspace.position_codec
        workspace = ls.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace else None
        if watched and watched.dynamic_registration:
            watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
            # The client does not report the files in created or deleted folders.
            watchers.append(types.FileSystemWatcher("**/*", types.WatchKind.Create | types.WatchKind.Delete))
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            ls.client_register_capability(
                types.RegistrationParams([types.Registration("seqspec-files", method, options)])
            )
        ls.documents.folders = ls.index.folders()
        ls.documents.begin(preload)

    for feature in FEATURES:
        feature.register(server)
    return server


_DOCUMENT = """seqspec = 1
[model]
input = [4]
layers = [{ type = "Dense", units = 2, activation = "rel" }, ]
[compile]
optimizer = "adam"
loss = "mse"
"""


def preload() -> None:
    """Computes everything that requests need once."""
    snapshot, text = Snapshot(_DOCUMENT, "", None, None, LIMITS), PositionMap(_DOCUMENT, PositionCodec())
    for mark in ("activation", "units", 'rel"', "]\n[", "adam", 'mse"'):
        offset = _DOCUMENT.index(mark)
        complete(snapshot, text, offset)
        hover(snapshot, text, offset)
    hints(snapshot, text, 0, len(_DOCUMENT))
    assert snapshot.diagnostics
    # These objects live as long as the server, so garbage collection need not scan them.
    gc.collect()
    gc.freeze()
