"""The text in a diagram: values, numbers, sizes and tensors, and its width without a font."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width

from seqspec.core.catalog.layer import Layer
from seqspec.core.diagnostics.message import quote_json
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


_REGULAR = (
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
    84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61,
    69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59,
    82, 59, 59, 52, 64, 34, 64, 84,
)  # fmt: skip
"""Of the characters from the space on, in hundredths of the font size."""

_BOLD = 1.12
_MONO = 60.2
_ELSE = 70.0


def width(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """The width of a text in pixels, an upper bound for the usual sans-serif fonts."""
    return sum(_width(sign, mono) for sign in text) * size / 100 * (_BOLD if bold else 1)


def cut(text: str, room: float, size: float, *, bold: bool = False, mono: bool = False) -> str:
    """The text, truncated with an ellipsis if it is too wide."""
    if width(text, size, bold=bold, mono=mono) <= room:
        return text
    kept = text
    while kept and width(kept + "…", size, bold=bold, mono=mono) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def listed(parts: Iterable[str], room: float, size: float, most: int) -> list[str]:
    """The parts with dots between them, in at most `most` lines that break between parts; the last line is cut."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]} · {part}" if lines else part
        if lines and (len(lines) == most or width(longer, size) <= room):
            lines[-1] = longer
        else:
            lines.append(part)
    return [cut(line, room, size) for line in lines]


def wrapped(text: str, room: float, size: float, most: int) -> list[str]:
    """The text in at most `most` lines, the last one cut."""
    lines: list[str] = []
    line = ""
    words = text.split()
    for index, word in enumerate(words):
        longer = f"{line} {word}".strip()
        if line and width(longer, size) > room:
            if len(lines) == most - 1:
                return [*lines, cut(" ".join([line, *words[index:]]), room, size)]
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, cut(line, room, size)]


def _width(sign: str, mono: bool) -> float:
    if east_asian_width(sign) in "WF":
        return 120.0 if mono else 100.0
    if mono:
        return _MONO
    position = ord(sign) - 32
    return _REGULAR[position] if 0 <= position < len(_REGULAR) else 100.0 if sign == "…" else _ELSE
