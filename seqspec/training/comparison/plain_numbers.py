"""Numbers of results in words: with four digits, and large ones in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LEAST, _MOST = 9999.5, 1e12


def plain(value: float) -> str:
    """A number with four digits; a large one as 190,312, not as 1.903e+05."""
    return f"{value:,.0f}" if _LEAST <= abs(value) < _MOST else f"{value:.4g}"


def with_unit(text: str, unit: str | None) -> str:
    """A number with the unit of the labels."""
    return text if unit is None else f"{text} {unit}"


def difference_text(comparison: Mapping[str, Any]) -> str:
    """The largest difference; where outputs are large, in parts of them: random inputs can make any number of a log."""
    difference, of_value = comparison["difference"], comparison.get("of_value")
    if of_value is None or of_value >= difference / 2:
        return f"{difference:.2g}"
    return f"{of_value:.2g} of the value ({difference:.2g})"
