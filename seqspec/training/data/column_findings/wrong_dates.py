"""Dates in another format than declared, and the format that they have."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seqspec.core.api.data import DateColumn
from seqspec.core.api.diagnostics import Violation, fix_setting
from seqspec.core.api.messages import Setting, counted, fmt, quote_value
from seqspec.training.data.column_findings.words import CORRECT, MAX_LISTED, column_path, quoted
from seqspec.training.data.encoding.date_formats import date_format
from seqspec.training.data.encoding.dates import NO_DATE, DateReader, is_iso
from seqspec.training.data.encoding.values import InvalidCells

_DAY_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})\b")


def wrong_date(name: str, kind: DateColumn, column: DateReader, total: int) -> Violation:
    """The error for dates that cannot be read, with the format that they have if it is known."""
    invalid = column.invalid
    texts = list(invalid.counts)
    example = quote_value(texts[0][:MAX_LISTED], typed=False)
    where = fmt(" (row {:,})", invalid.first + 1)
    rows = fmt(" in {:,} of {}", invalid.rows, counted(total, "row"))
    few = invalid.rows < column.dates
    if kind.format is not None:
        message = fmt(
            "{} has {}{}{}, which does not match the format {}",
            quoted(name),
            example,
            rows if few else "",
            where,
            kind.format,
        )
        path = (*column_path(name), "format")
        return Violation("date-format", message, path=path, help=CORRECT if few else _iso_help(texts))
    format, reading = _other_format(texts)
    parsed = _rows_in_format(invalid, format) if format is not None else 0
    if parsed <= column.dates:
        message = fmt(
            "{} has {}{}{}, which is not an ISO 8601 date such as 2024-01-31", quoted(name), example, rows, where
        )
        written = fmt("set {} as the dates are written, or correct the values", Setting("format", "%d/%m/%Y"))
        return Violation("date-format", message, path=column_path(name), help=CORRECT if few else written)
    if reading is not None and reading[1] != reading[3]:
        one, other = _spoken(reading[1], reading[3]), _spoken(reading[3], reading[1])
        message = fmt("{}: {}{} may be {} or {}", quoted(name), example, where, one, other)
    else:
        message = fmt("{}: {}{} is not an ISO 8601 date such as 2024-01-31", quoted(name), example, where)
    declared = {**kind.to_tree(), "format": format}
    fix = None if reading is not None else fix_setting(declared, column_path(name))
    rest = column.dates + invalid.rows - parsed
    verb = "does" if rest == 1 else "do"
    others = f"; {counted(rest, 'row')} {verb} not match it: correct {'it' if rest == 1 else 'them'}" if rest else ""
    help = fmt("declare the format: {}{}", Setting(name, declared), others)
    return Violation("date-format", message, path=column_path(name), help=help, fix=fix)


def _other_format(texts: Sequence[str]) -> tuple[str | None, re.Match[str] | None]:
    """The format of dates such as 31/12/2024, and the first one if day and month may be exchanged in all of them."""
    matches = [match for text in texts if (match := _DAY_FIRST.match(text))]
    if len(matches) < len(texts):
        # Other formats are known where nothing but the order of its parts can be meant.
        other = date_format(texts, [1] * len(texts), "")
        return None if other is None or other.ambiguous else other.format, None
    mark, year = matches[0][2], "%Y" if len(matches[0][4]) == 4 else "%y"
    month_first = any(int(match[3]) > 12 for match in matches)
    day_first = any(int(match[1]) > 12 for match in matches)
    format = f"%m{mark}%d{mark}{year}" if month_first else f"%d{mark}%m{mark}{year}"
    if matches[0].end() < len(texts[0]):
        clock = texts[0][matches[0].end() :]
        format += f"{clock[0]}%H:%M" + (":%S" if clock.count(":") == 2 else "")
    return format, None if month_first or day_first else matches[0]


def _rows_in_format(invalid: InvalidCells, format: str) -> int:
    """The rows with a date of a format; values that were not kept count as dates."""
    texts = list(invalid.counts)
    days, _ = DateReader(format).read([*texts], 0)
    return invalid.rows - sum(invalid.counts[text] for text, day in zip(texts, days) if day == NO_DATE)


def _iso_help(texts: Sequence[str]) -> str | None:
    return "remove format: these are ISO 8601 dates" if all(map(is_iso, texts)) else None


_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"]  # fmt: skip


def _spoken(day: str, month: str) -> str:
    return f"{int(day)} {_MONTHS[int(month) - 1]}" if 1 <= int(month) <= 12 else f"{day}/{month}"
