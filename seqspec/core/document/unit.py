"""Units of numbers, as tables have them beside the numbers."""

from typing import Annotated

from seqspec.core.catalog.keras_object import bad_argument
from seqspec.core.catalog.markers import Expects, Offers
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.quote import quote_value
from seqspec.core.diagnostics.snippet import Setting

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
