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
_NOT_EXPORTED = {"int8": ("openvino", "litert"), "float8": ("onnx", "openvino", "litert", "tfjs")}
"""The formats that cannot hold a matrix product of each mode. Keras surprise: OpenVINO computes int8 without an error,
and wrongly.
"""


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


def unsupported_quantization(entry: LayerReport, mode: str, format: str) -> bool:
    """Whether a format cannot hold a layer that is quantized; embeddings, which only look up rows, are in all."""
    return entry.type in _FLOAT8 and format in _NOT_EXPORTED.get(mode, ())


def _leaves(layers: Sequence[LayerReport]) -> Iterator[LayerReport]:
    for entry in layers:
        if entry.type in _HOLDERS:
            yield from _leaves(entry.layers)
        else:
            yield entry
