"""Fills caches in advance: modules, names, descriptions."""

from __future__ import annotations

import gc

from pygls.workspace import PositionCodec

from seqspec.core.syntax.limits import LIMITS
from seqspec.editor.lsp.features.completion import complete
from seqspec.editor.lsp.features.hover import hover
from seqspec.editor.lsp.features.inlay_hint import hints
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

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
