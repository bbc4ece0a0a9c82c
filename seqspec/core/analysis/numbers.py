"""Formatting of numbers in messages."""

from __future__ import annotations


def short(number: float) -> str:
    """A number with at most six digits; also handles very large integers."""
    try:
        return f"{number:g}"
    except OverflowError:
        return f"1e{len(str(abs(number))) - 1}" if number > 0 else f"-1e{len(str(abs(number))) - 1}"
