"""Formats of dates as in `strptime`."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator

from seqspec.core.diagnostics.quote import quote_value
from seqspec.core.diagnostics.snippet import Help, Setting
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
            help=Help("write it as in ", Setting("format", "%d/%m/%Y")),
        )
    return value


DateFormat = Annotated[str, AfterValidator(_date_format)]
