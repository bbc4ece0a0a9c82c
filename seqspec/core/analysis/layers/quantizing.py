"""Which layers `Model.quantize` changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.export_formats import EXPORT_FORMATS
from seqspec.core.catalog.objects import CustomUse
from seqspec.core.document.outputs import Quantize


def quantizable_layers(layers: Sequence[LayerReport], mode: str) -> list[LayerReport] | None:
    """The layers that can be quantized; None if unknown, as for custom layers."""
    if any("base_model" in entry.traits or isinstance(entry.layer, CustomUse) for entry in _leaves(layers)):
        return None
    trait = "dense" if mode == "float8" else "quantizable"
    return [entry for entry in _leaves(layers) if trait in entry.traits]


def quantized_layers(layers: Sequence[LayerReport], quantize: Quantize) -> list[LayerReport] | None:
    """The quantizable layers whose names match the filters; None if unknown, as for invalid patterns."""
    import re

    from seqspec.core.language.regex import search

    able = quantizable_layers(layers, quantize.mode) or []
    if quantize.filters is None:
        return able
    patterns = [quantize.filters] if isinstance(quantize.filters, str) else quantize.filters
    quantized: list[LayerReport] = []
    try:
        for entry in able:
            matches = [search(pattern, entry.name) for pattern in patterns]
            if any(matches):
                quantized.append(entry)
            elif None in matches:
                return None
    except re.error:
        return None
    return quantized


def unsupported_quantization(entry: LayerReport, mode: str, format: str) -> bool:
    """Whether a format does not support a quantized layer; all formats support embeddings, which only look up rows."""
    return "dense" in entry.traits and quantization_error(mode, format) is not None


def quantization_error(mode: str, format: str) -> str | None:
    """What is wrong with the matrix products of a mode in a format, after the name of the layer; None if nothing."""
    declared = EXPORT_FORMATS[format]
    outcome = declared.wrong_quantizations.get(mode)
    return None if outcome is None else f"quantized to {mode} {outcome} {declared.title}"


def _leaves(layers: Sequence[LayerReport]) -> Iterator[LayerReport]:
    for entry in layers:
        if entry.layers:
            yield from _leaves(entry.layers)
        else:
            yield entry
