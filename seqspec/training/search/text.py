"""Values of parameters and objectives as text."""

from __future__ import annotations

import json


def shown(value: object) -> str:
    """A value of a parameter or an objective, in a line of text."""
    if isinstance(value, float):
        # A size, which is the objective.
        is_size = value.is_integer() and value >= 1000
        return f"{value:,.0f}" if is_size else f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return value if isinstance(value, str) else json.dumps(value)
