"""Formats of dates as in `strptime`, and the parts of a date that can be inputs."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, TypeVar

from annotated_types import MinLen
from pydantic import AfterValidator

from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.snippet import Setting, quote_value
from seqspec.core.diagnostics.violation import Violation


def _date_format(value: str) -> str:
    try:
        if "%" not in value:
            raise ValueError
        date(2024, 3, 2).strftime(value)
    except ValueError:
        raise Violation(
            "bad-value",
            f"must be a format of strptime, got {quote_value(value, typed=False)}",
            help=fmt("write it as in {}", Setting("format", "%d/%m/%Y")),
        )
    return value


DateFormat = Annotated[str, AfterValidator(_date_format)]

CalendarPart = Literal["month", "season", "weekday", "weekend", "hour"]
"""The parts of a date that repeat themselves."""
DatePart = Literal["year", CalendarPart, "elapsed"]
DATE_PARTS: Mapping[DatePart, int] = {
    "year": 1, "month": 2, "season": 2, "weekday": 2, "weekend": 1, "hour": 2, "elapsed": 1,
}  # fmt: skip
"""The parts of a date, and the number of encoded values of each; two values are the sine and cosine of a cycle."""

_Part = TypeVar("_Part", bound=DatePart)


def _distinct(parts: list[_Part]) -> list[_Part]:
    for index, part in enumerate(parts):
        if part in parts[:index]:
            raise Violation("bad-value", f'repeats "{part}"', path=(index,), subject=(index,), help="remove it")
    return parts


CalendarParts = Annotated[list[CalendarPart], MinLen(1), AfterValidator(_distinct)]
DateParts = Annotated[list[DatePart], MinLen(1), AfterValidator(_distinct)]
