"""Text widths without a font, from DejaVu Sans, which is wider than typical fonts of viewers."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import east_asian_width

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
