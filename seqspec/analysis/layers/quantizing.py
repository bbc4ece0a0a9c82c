"""Which layers `Model.quantize` changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.analysis.layer_report import LayerReport
from seqspec.catalog.index import APPLICATIONS
from seqspec.catalog.objects import CustomUse
from seqspec.document.outputs import Quantize

_LAYERS = frozenset({"Dense", "EinsumDense", "Embedding", "ReversibleEmbedding"})
_FLOAT8 = frozenset({"Dense", "EinsumDense"})
_HOLDERS = frozenset({"Sequential", "TimeDistributed"})


def quantizable_layers(layers: Sequence[LayerReport], mode: str) -> list[LayerReport] | None:
    """The layers that can be quantized; None if unknown, as for custom layers."""
    if any(entry.type in APPLICATIONS or isinstance(entry.layer, CustomUse) for entry in _leaves(layers)):
        return None
    kinds = _FLOAT8 if mode == "float8" else _LAYERS
    return [entry for entry in _leaves(layers) if entry.type in kinds]


def quantized_layers(layers: Sequence[LayerReport], quantize: Quantize) -> list[LayerReport] | None:
    """The quantizable layers whose names match the filters; None if unknown, as for invalid patterns."""
    import re

    from seqspec.language.regex import search

    able = quantizable_layers(layers, quantize.mode) or []
    if quantize.filters is None:
        return able
    patterns = [quantize.filters] if isinstance(quantize.filters, str) else quantize.filters
    found: list[LayerReport] = []
    try:
        for entry in able:
            matches = [search(pattern, entry.name) for pattern in patterns]
            if any(matches):
                found.append(entry)
            elif None in matches:
                return None
    except re.error:
        return None
    return found


def _leaves(layers: Sequence[LayerReport]) -> Iterator[LayerReport]:
    for entry in layers:
        if entry.type in _HOLDERS:
            yield from _leaves(entry.layers)
        else:
            yield entry
