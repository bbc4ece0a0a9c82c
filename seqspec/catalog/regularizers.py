"""The classes of `keras.regularizers`."""

from __future__ import annotations

from seqspec.catalog.arguments import Declaration, arg
from seqspec.catalog.kinds import Choice, Number, Optional


class Regularizer(Declaration):
    """A penalty that a variable or an output adds to the loss."""


class L1(Regularizer):
    """The sum of absolute values times a factor."""

    l1: float = arg(Optional(Number(minimum=0)), "Factor on the penalty.", default=0.01)


class L2(Regularizer):
    """The sum of squares times a factor."""

    l2: float = arg(Optional(Number(minimum=0)), "Factor on the penalty.", default=0.01)


class L1L2(Regularizer):
    """Both penalties, each with its factor."""

    l1: float = arg(Optional(Number(minimum=0)), "Factor on the sum of absolute values.", default=0.0)
    l2: float = arg(Optional(Number(minimum=0)), "Factor on the sum of squares.", default=0.0)


class OrthogonalRegularizer(Regularizer):
    """A penalty on the rows or columns of a matrix that are not orthogonal."""

    factor: float = arg(Number(minimum=0), "Factor on the penalty.", default=0.01)
    mode: str = arg(Choice("rows", "columns"), "What should be orthogonal.", default="rows")


NAMES: dict[str, type[Declaration]] = {
    "L1": L1,
    "l1": L1,
    "L2": L2,
    "l2": L2,
    "L1L2": L1L2,
    "l1l2": L1L2,
    "OrthogonalRegularizer": OrthogonalRegularizer,
    "orthogonal_regularizer": OrthogonalRegularizer,
}
"""Every name that `keras.regularizers.get` reads."""


def typed(name: str) -> type[Declaration] | None:
    """The class for `l1_l2`, a name in `keras.regularizers` that `get` does not read."""
    return L1L2 if name == "l1_l2" else None


_BASE = ("is the base class and does nothing by itself", "name one of its subclasses")
REFUSED: dict[str, tuple[str, str]] = {"Regularizer": _BASE, "regularizer": _BASE}
"""The classes that a document cannot hold: why, and what to do instead."""
