"""Layer names: those given by the author, and the others derived from type and order as in Keras."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.catalog.layer import Layer
from seqspec.language.names import snake_case


def layer_names(layers: Sequence[Layer | None]) -> list[str]:
    """One name per layer: `conv2d`, `conv2d_1`, ...; numbers already used by an explicit name are skipped."""
    given = ["" if layer is None else layer.name for layer in layers]
    taken = set(given)
    counts: dict[str, int] = {}
    names = []
    for layer, chosen in zip(layers, given):
        if layer is None or chosen:
            names.append(chosen or "")
            continue
        stem = _stem(type(layer).__name__)
        while True:
            count = counts.get(stem, 0)
            counts[stem] = count + 1
            name = f"{stem}_{count}" if count else stem
            if name not in taken:
                break
        names.append(name)
    return names


_STEMS: dict[str, str] = {}


def _stem(class_name: str) -> str:
    stem = _STEMS.get(class_name)
    if stem is None:
        stem = _STEMS[class_name] = snake_case(class_name)
    return stem
