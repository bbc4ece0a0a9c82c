"""How the start values of the weights scale the signal, as far as it is known before training."""

from __future__ import annotations

from typing import Any


def constant_of(initializer: Any) -> float | None:
    """The one value that an initializer gives to every weight; None for all others."""
    kind = type(initializer).__name__
    if kind == "Zeros":
        return 0.0
    if kind == "Ones":
        return 1.0
    if kind == "Constant" and isinstance(initializer.value, (int, float)):
        return float(initializer.value)
    return None
