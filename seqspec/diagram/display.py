"""Values, sizes and tensors as a diagram shows them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from seqspec.catalog.layer import Layer
from seqspec.shapes.dims import Size

_SIZES = ("kernel_size", "pool_size", "strides", "dilation_rate", "size", "target_shape")


def shown(value: object) -> str:
    """A value as an explanation quotes it."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:79] + "…"


def arguments(layer: Layer | None, hidden: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What the author set, as words."""
    tree = layer.to_tree() if layer is not None else {}
    left_out = ("type", "custom", "name", *hidden)
    return [(key, _argument(key, given)) for key, given in tree.items() if key not in left_out]


def _argument(key: str, given: object) -> str:
    if key in _SIZES and isinstance(given, list):
        return " × ".join(map(str, given))
    return _words(given)


def _words(given: object) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, float):
        return f"{given:.6g}"
    if isinstance(given, dict) and isinstance(given.get("type"), str):
        inside = ", ".join(f"{key}={_words(inner)}" for key, inner in given.items() if key != "type")
        return f"{given['type']}({inside})" if inside else str(given["type"])
    if isinstance(given, list) and not all(isinstance(item, (int, float)) for item in given):
        return f"[{len(given)}]"
    return shown(given)


def word(declared: object) -> str | None:
    """A loss, an optimizer, ... as a call."""
    if declared is None:
        return None
    return _words(declared.to_tree() if hasattr(declared, "to_tree") else declared)


def each_word(declared: object) -> list[str]:
    """Each of what may be a table or lists of lists."""
    if isinstance(declared, dict):
        declared = list(declared.values())
    if isinstance(declared, (list, tuple)):
        return [found for item in declared for found in each_word(item)]
    found = word(declared)
    return [found] if found is not None else []


def public(size: Size | None) -> int | str | None:
    """A number; the formula of an unknown one as text; None where there is neither."""
    if size is None or isinstance(size, int):
        return size
    text = str(size)
    return None if "?" in text else text
