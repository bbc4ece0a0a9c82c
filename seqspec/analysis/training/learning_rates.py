"""Typical learning rates of each optimizer, and the limits beyond which training fails."""

from __future__ import annotations

from math import inf

_ADAM = ("1e-4 to 1e-2", 0.001)
_USUAL: dict[str, tuple[str, float]] = {
    "SGD": ("1e-3 to 0.1", 0.01),
    "RMSprop": ("1e-4 to 1e-2", 0.001),
    "Adadelta": ("1.0", 1.0),
    "Adagrad": ("1e-3 to 0.1", 0.01),
    "Ftrl": ("1e-3 to 0.1", 0.01),
    "Lion": ("1e-5 to 1e-3", 0.0003),
    "Muon": ("1e-3 to 0.02", 0.001),
    "ScheduleFreeAdamW": ("1e-3 to 1e-2", 0.0025),
}

HIGHEST: dict[str, float] = {
    "SGD": 0.5,
    "RMSprop": 0.05,
    "Adam": 0.03,
    "AdamW": 0.03,
    "Nadam": 0.03,
    "Adamax": 0.05,
    "Lamb": 0.1,
    "Lion": 0.01,
    "Muon": 0.2,
    "ScheduleFreeAdamW": 0.1,
    "Adagrad": 1.5,
    "Adadelta": 20.0,
}
"""Learning rates from which training usually diverges."""

LOWEST: dict[str, float] = {
    "SGD": 1e-5,
    "RMSprop": 1e-5,
    "Adam": 1e-5,
    "AdamW": 1e-5,
    "Nadam": 1e-5,
    "Adamax": 1e-5,
    "Adagrad": 1e-5,
    "Adadelta": 1e-3,
    "Lamb": 1e-5,
    "Lion": 1e-7,
    "Ftrl": 1e-5,
}
"""Learning rates below which newly initialized weights hardly change."""


def is_moderate(kind: str, rate: object, momentum: float) -> bool:
    """Whether a learning rate is a number that suits almost every model, regardless of the training."""
    if not isinstance(rate, (int, float)) or momentum >= 1:
        return False
    if kind == "SGD":
        return rate > 1e-3 and rate / (1 - momentum) < 0.1
    return LOWEST.get(kind, 0) < rate < HIGHEST.get(kind, inf)


def usual(kind: str) -> str:
    """The typical range of an optimizer as text."""
    return _USUAL.get(kind, _ADAM)[0]


def start(kind: str) -> float:
    """A learning rate to start with."""
    return _USUAL.get(kind, _ADAM)[1]
