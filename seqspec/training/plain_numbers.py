"""Numbers of results in words: with four digits, and large ones in full."""

_LEAST, _MOST = 9999.5, 1e12


def plain(value: float) -> str:
    """A number with four digits; a large one as 190,312, not as 1.903e+05."""
    return f"{value:,.0f}" if _LEAST <= abs(value) < _MOST else f"{value:.4g}"


def with_unit(text: str, unit: str | None) -> str:
    """A number with the unit of the labels."""
    return text if unit is None else f"{text} {unit}"
