"""What is only worked out once, worked out before anybody waits for it: modules, names, explanations."""

from __future__ import annotations

import gc

from pygls.workspace import PositionCodec

from seqspec.lsp.features.completion import complete
from seqspec.lsp.features.hover import hover
from seqspec.lsp.features.inlay_hint import hints
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text
from seqspec.syntax.limits import LIMITS

_DOCUMENT = """seqspec = 1
[model]
input = [4]
layers = [{ type = "Dense", units = 2, activation = "rel" }, ]
[compile]
optimizer = "adam"
loss = "mse"
"""


def warm() -> None:
    """Asks once for everything that an editor requires."""
    snapshot, text = Snapshot(_DOCUMENT, "", None, None, LIMITS), Text(_DOCUMENT, PositionCodec())
    for mark in ("activation", "units", 'rel"', "]\n[", "adam", 'mse"'):
        offset = _DOCUMENT.index(mark)
        complete(snapshot, text, offset)
        hover(snapshot, text, offset)
    hints(snapshot, text, 0, len(_DOCUMENT))
    assert snapshot.diagnostics
    # It stays for as long as the server runs: no one needs to look through it for what can be thrown away.
    gc.collect()
    gc.freeze()
