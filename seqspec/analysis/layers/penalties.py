"""The factors of weight penalties."""

from __future__ import annotations

from typing import Any


def factors_of(penalty: Any) -> tuple[float, float]:
    """The L1 and L2 factors; zeros for other penalties."""
    kind = type(penalty).__name__
    if kind not in ("L1", "L2", "L1L2"):
        return 0.0, 0.0
    return getattr(penalty, "l1", 0.0) or 0.0, getattr(penalty, "l2", 0.0) or 0.0
