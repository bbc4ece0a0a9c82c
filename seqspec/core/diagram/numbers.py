"""Formatting of numbers in diagrams: short ones, and exact ones for tables."""

from __future__ import annotations

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
