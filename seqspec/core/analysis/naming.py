"""Layer names: those given by the author, and the others derived from type and order as in Keras."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from seqspec.core.catalog.layer import Layer
from seqspec.core.language.names import numbered, snake_case


def layer_names(layers: Sequence[Layer | None]) -> list[str]:
    """One name per layer: `conv2d`, `conv2d_1`, ...; numbers already used by an explicit name are skipped."""
    given = ["" if layer is None else layer.name for layer in layers]
    taken = set(given)
    counts: dict[str, int] = {}
    names = []
    for layer, name in zip(layers, given):
        if layer is not None and not name:
            stem = _stem(type(layer).__name__)
            name = numbered(stem, counts)
            while name in taken:
                name = numbered(stem, counts)
        names.append(name or "")
    return names


_stem = lru_cache(maxsize=1024)(snake_case)
