"""The types of shapes, value ranges and units in tables about data."""

import re
from typing import Annotated

from annotated_types import Len

from seqspec.core.catalog.keras_object import bad_argument
from seqspec.core.catalog.markers import NEUTRAL, Expects, Offers
from seqspec.core.catalog.types import Number, read_by
from seqspec.core.catalog.validation import validate, wrong_type
from seqspec.core.diagnostics.message import Setting, fmt, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import UNNAMED, Dim, Shape, Size

_DIMENSION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHAPE = 'a list of dimensions such as [28, 28, 1] or ["T", 64]'


def _sample_shape(value: object) -> Shape:
    if not isinstance(value, (list, tuple)):
        raise wrong_type(_SHAPE, value)
    return tuple(_size(entry, index) for index, entry in enumerate(value))


def _size(entry: object, index: int) -> Size:
    if isinstance(entry, Dim) or (type(entry) is int and entry >= 0):
        return entry
    if entry is None or entry in (UNNAMED, "none"):
        return Dim()
    if isinstance(entry, str) and _DIMENSION.fullmatch(entry):
        return Dim(entry)
    raise Violation(
        "wrong-type",
        fmt("must contain integers or names for unknown dimensions, got {}", quote_value(entry)),
        path=(index,),
    )


class Sizes:
    """Marks a shape: sizes, and names for unknown ones."""


SampleShape = Annotated[Shape, *read_by(_sample_shape, _SHAPE, Sizes(), NEUTRAL)]
"""The shape of one sample: sizes, and names for unknown ones."""


def _range(value: object) -> tuple[float, float]:
    low, high = validate(_Pair, value)
    if low > high:
        raise Violation("bad-value", f"must have the minimum first, got [{low}, {high}]")
    return low, high


_Pair = Annotated[list[Number], Len(2, 2)]


class Bounds:
    """Marks a pair of a minimum and a maximum value."""


Range = Annotated[tuple[float, float], *read_by(_range, "a list of the minimum and maximum value"), Bounds(), NEUTRAL]
"""The minimum and the maximum value."""


Unit = Annotated[str, Expects("a unit"), Offers("€", "%", "kg")]


def require_unit(unit: str | None) -> None:
    """Raises `Violation` for the value of a key `unit` that cannot be beside a number."""
    if unit is None or (unit and unit == unit.strip() and not unit[0].isdigit() and unit[0] not in "+-.,"):
        return
    raise bad_argument(
        "unit",
        f"must be what is written beside a number, got {quote_value(unit, typed=False)}",
        help=fmt("write it as in {}", Setting("unit", "kg")),
    )
