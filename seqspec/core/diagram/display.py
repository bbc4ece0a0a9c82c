"""Text for values, numbers, sizes and tensors in a diagram."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.catalog.layer import Layer
from seqspec.core.diagnostics.snippet import quote_json
from seqspec.core.shapes.tensor import Size

_SIZES = ("kernel_size", "pool_size", "strides", "dilation_rate", "size", "target_shape")


def arguments(layer: Layer | None, hidden: Sequence[str] = ()) -> list[tuple[str, str]]:
    """The arguments that were written, as text."""
    tree = layer.to_tree() if layer is not None else {}
    left_out = ("type", "custom", "name", *hidden)
    return [(key, _argument(key, given)) for key, given in tree.items() if key not in left_out]


def _argument(key: str, given: object) -> str:
    if key in _SIZES and isinstance(given, list):
        return " × ".join(map(str, given))
    return _as_text(given)


def _as_text(given: object) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, float):
        return f"{given:.6g}"
    if isinstance(given, dict) and isinstance(given.get("type"), str):
        inside = ", ".join(f"{key}={_as_text(inner)}" for key, inner in given.items() if key != "type")
        return f"{given['type']}({inside})" if inside else str(given["type"])
    if isinstance(given, list) and not all(isinstance(item, (int, float)) for item in given):
        return f"[{len(given)}]"
    return quote_json(given)


def object_text(declared: object) -> str | None:
    """A loss, an optimizer, ... as a call."""
    if declared is None:
        return None
    return _as_text(declared.to_tree() if hasattr(declared, "to_tree") else declared)


def object_texts(declared: object) -> list[str]:
    """The entries of a table or of nested lists, as text."""
    if isinstance(declared, dict):
        declared = list(declared.values())
    if isinstance(declared, (list, tuple)):
        return [text for item in declared for text in object_texts(item)]
    text = object_text(declared)
    return [text] if text is not None else []


def public(size: Size | None) -> int | str | None:
    """A number, or the formula of an unknown one as text; None if unknown."""
    if size is None or isinstance(size, int):
        return size
    text = str(size)
    return None if "?" in text else text


_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(size: int | str | None) -> str:
    """1234567 → `1.23M`; a formula is kept as it is, with `·` for multiplication."""
    if size is None:
        return "unknown"
    if isinstance(size, str):
        return size.replace("*", "·")
    for unit, sign in _UNITS:
        if size >= unit:
            return f"{_digits(size / unit)}{sign}"
    return str(size)


def exact(size: int | str | None) -> str:
    """1234567 → `1,234,567`."""
    if size is None:
        return "unknown"
    return size if isinstance(size, str) else f"{size:,}"


def memory(size: int | str | None) -> str:
    """Bytes in binary units."""
    if size is None or isinstance(size, str):
        return "unknown" if size is None else f"{short(size)} B"
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{size} B" if unit == "B" else f"{_digits(value)} {unit}"
        value /= 1024
    return f"{_digits(value)} TiB"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
