"""Units of numbers, as tables have them beside the numbers."""

from typing import Annotated

from pydantic import AfterValidator

from seqspec.core.diagnostics.quote import quote_value
from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.violation import Violation


def _unit(value: str) -> str:
    if not value.strip() or value != value.strip() or value[0].isdigit() or value[0] in "+-.,":
        raise Violation(
            "bad-value",
            f"must be what is written beside a number, got {quote_value(value, typed=False)}",
            help=Help("write it as in ", Setting("unit", "kg")),
        )
    return value


Unit = Annotated[str, AfterValidator(_unit)]
