"""Values of columns that cannot be read as declared, or only in doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from seqspec.core.api.data import BooleanColumn, CategoryColumn, Column, DateColumn, NumberColumn
from seqspec.core.api.diagnostics import Path, TreeFix, Violation, fix_setting
from seqspec.core.api.language import escaped
from seqspec.core.api.messages import SHOWN, Message, Setting, counted, fmt, quote_value, shorten, shorten_list, suggest
from seqspec.training.data.encoding.base import ColumnReader, RawColumn
from seqspec.training.data.encoding.booleans import BOOLEANS
from seqspec.training.data.encoding.categories import MAX_VALUES, CategoryReader, category_key, is_integer_key
from seqspec.training.data.encoding.date_formats import date_format
from seqspec.training.data.encoding.dates import NO_DATE, DateReader, is_iso
from seqspec.training.data.encoding.numbers import NumberReader
from seqspec.training.data.encoding.raw import RawReader
from seqspec.training.data.encoding.texts import TextReader
from seqspec.training.data.encoding.values import InvalidCells
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.tables.cells import DECIMAL_HELP, is_number, kind_of
from seqspec.training.data.tables.number_text import decimal_of, is_digits_and_marks, is_measure, split_unit, unit_of
from seqspec.training.errors import DataError

INVALID = "column-kind"
CORRECT = "correct these values, or leave them empty if they are missing"
MAX_FAR = 3
"""Rows with values far outside of the training range that are named."""
MAX_LISTED = 40
"""Maximum characters of a value in a message."""


def column_path(name: str) -> Path:
    """The path of a column in the expanded spec."""
    return ("data", "columns", name)


def column_warning(name: str, message: Message, help: str) -> Violation:
    """A warning about the values of a column."""
    return Violation("data-values", message, path=column_path(name), severity="warning", help=help)


def quoted(name: str) -> str:
    """A column in messages."""
    return f"`{shorten(name)}`"


def counts_text(counts: Mapping[str, int]) -> str:
    """Values with their counts, most frequent first: "gold" (9), "xl" (3)."""
    order = sorted(counts, key=lambda value: (-counts[value], value))
    shown = [f"{quote_value(text[:MAX_LISTED], typed=False)} ({counts[text]:,})" for text in order[: SHOWN + 1]]
    return shorten_list(shown)


def counts_as_missing(kind: Column) -> bool:
    """Whether cells that cannot be read count as missing."""
    return isinstance(kind, (NumberColumn, DateColumn)) and kind.invalid == "missing"


def doubtful_values(reader: RawReader, context: ReadContext) -> list[Violation]:
    """The findings of declared columns; a trained model accepts dates and categories as they are."""
    violations = [*_invalid_as_missing(reader), *_rounded_numbers(reader)]
    return violations if context.trained else [*violations, *_odd_dates(reader), *_alike_categories(reader)]


def _invalid_as_missing(reader: RawReader) -> Iterator[Violation]:
    """A note for each column with cells that cannot be read and count as missing."""
    for name, kind in reader.kinds.items():
        invalid = reader.readers[name].invalid
        if invalid.rows and counts_as_missing(kind):
            message = fmt(
                "{} of {} cannot be read as a {} and {} as missing: {}; first in row {:,}",
                counted(invalid.rows, "value"),
                quoted(name),
                kind.kind,
                "counts" if invalid.rows == 1 else "count",
                counts_text(invalid.counts),
                invalid.first + 1,
            )
            yield Violation(INVALID, message, path=column_path(name), severity="info")


def _rounded_numbers(reader: RawReader) -> Iterator[Violation]:
    """A finding for each column of numbers with integers that float32 rounds: a warning where it makes them equal."""
    for name, column in reader.readers.items():
        if isinstance(column, NumberReader) and column.rounded:
            message = fmt("{} has {} that float32 rounds", quoted(name), counted(column.rounded, "integer"))
            violation = column_warning(name, message, "if they are identifiers: put the column in id or ignore")
            yield violation if column.loses_digits else violation.replace(severity="info")


def _odd_dates(reader: RawReader) -> Iterator[Violation]:
    """A warning for each column of dates with dates that look like missing ones, or are after today."""
    for name, column in reader.readers.items():
        if not isinstance(column, DateReader):
            continue
        odd = column.days.finish()
        for day, rows in odd.sentinels.items():
            message = fmt("{} is {} in {}, far from all other dates", quoted(name), day, counted(rows, "row"))
            help = "if this means that the date is missing: leave these fields empty, and set missing of the column"
            yield column_warning(name, message, help)
        if odd.future:
            dates = counted(odd.future, "date")
            message = fmt("{} has {} after today, the last one {}", quoted(name), dates, str(odd.latest))
            help = "correct them if they have happened: a split by time tests the model with them"
            yield column_warning(name, message, help)


def _alike_categories(reader: RawReader) -> Iterator[Violation]:
    """A warning for each column of categories with values that differ only in the white space around them."""
    for name, column in reader.readers.items():
        if not isinstance(column, CategoryReader):
            continue
        raw = column.finish()
        counts = dict(zip(raw.values, map(int, raw.counts)))
        groups: dict[str, list[str]] = {}
        for value in counts:
            groups.setdefault(value.strip(), []).append(value)
        shown = {value: counts[value] for group in groups.values() if len(group) > 1 for value in group}
        if shown:
            message = fmt("{} has categories that differ only in white space: {}", quoted(name), counts_text(shown))
            help = "remove the white space from the file; until then each is a category of its own"
            yield column_warning(name, message, help)


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


_AS_TRAINED = (
    "write numbers as in the training data, with a decimal point and without thousands separators, or name the decimal "
    "mark of the file: --decimal ,"
)
_MAX_DECLARED = 30
"""Maximum number of values that a help lists."""
_LEARNED_VALUES, _LEARNED_WORDS, _WORDS_OF_TEXT = 50, 200, 5
"""The values and words that a help suggests to learn, and from how many words on a value is a text."""


def declaration(name: str, values: Iterable[object]) -> Setting:
    """The entry of `[data.columns]` for a column of texts with these distinct values."""
    texts = sorted({str(value) for value in values})
    if texts and {text.lower() for text in texts} <= set(BOOLEANS):
        return Setting(name, "boolean")
    if texts and all(map(is_iso, texts)):
        return Setting(name, "date")
    if 0 < len(texts) <= _MAX_DECLARED and max(map(len, texts)) <= MAX_LISTED:
        return Setting(name, texts)
    units = {unit_of(text) for text in texts}
    if len(units) == 1 and (unit := units.pop()) is not None and is_measure(unit):
        return Setting(name, {"kind": "number", **escaped({"unit": unit})})
    words = sum(len(text.split()) for text in texts) / max(1, len(texts))
    text = words >= _WORDS_OF_TEXT
    return Setting(name, {"kind": "text" if text else "category", "top": _LEARNED_WORDS if text else _LEARNED_VALUES})


def require_kinds(reader: RawReader, context: ReadContext) -> None:
    """Raises `DataError` for values that are not of the kind of their column, or not declared, and for too many.

    A trained model encodes values that are not declared.
    """
    violations = []
    for name, kind in reader.kinds.items():
        column = reader.readers[name]
        if column.invalid.rows and not counts_as_missing(kind):
            violations.append(_wrong_kind(name, kind, column, reader.rows))
        elif isinstance(column, (CategoryReader, TextReader)) and column.too_many:
            noun = "values" if isinstance(kind, CategoryColumn) else "words"
            message = fmt("{} has more than {:,} distinct {}", quoted(name), MAX_VALUES, noun)
            help = "put it in ignore; if it identifies rows: in id"
            violations.append(Violation("column-kind", message, path=column_path(name), help=help))
        elif isinstance(kind, CategoryColumn) and kind.values is not None and not context.trained:
            violations += _undeclared(name, kind, column.finish())
    if violations and context.trained:
        # The help suggests changes of the spec, which come too late for a trained model.
        invalid = {
            name: reader.readers[name].invalid for name, kind in reader.kinds.items() if not counts_as_missing(kind)
        }
        wrong = [name for name, own in invalid.items() if own.rows and _is_written_otherwise(reader.kinds[name], own)]
        written = {*map(column_path, wrong)}
        violations = [
            violation.replace(help=_AS_TRAINED if violation.path in written else None, fix=None)
            for violation in violations
        ]
    if violations:
        raise DataError(violations)


def _is_written_otherwise(kind: Column, invalid: InvalidCells) -> bool:
    """Whether the first invalid value is a number with a decimal comma or thousands separators."""
    return isinstance(kind, NumberColumn) and is_digits_and_marks(str(invalid.examples[0]))


def _wrong_kind(name: str, kind: Column, column: ColumnReader, total: int) -> Violation:
    if isinstance(kind, DateColumn) and isinstance(column, DateReader):
        return wrong_date(name, kind, column, total)
    invalid = column.invalid
    example = invalid.examples[0]
    what = kind_of(example) if isinstance(kind, (NumberColumn, CategoryColumn)) else "other values"
    unit = "" if not isinstance(kind, NumberColumn) or kind.unit is None else f" in {kind.unit}"
    noun = {"number": f"a number{unit}", "boolean": "a boolean", "category": "a category"}.get(kind.kind, "text")
    message = fmt(
        "{} has {} in {:,} of {}, such as {} (row {:,}): it cannot be {}",
        quoted(name),
        what,
        invalid.rows,
        counted(total, "row"),
        quote_value(str(example)[:MAX_LISTED], typed=False),
        invalid.first + 1,
        noun,
    )
    help: str
    fix: TreeFix | None = None
    if isinstance(kind, NumberColumn) and (written := _number_help(name, kind, invalid, total)) is not None:
        help, fix = written
    elif isinstance(kind, NumberColumn) and kind.unit is None and (unit_in_text := unit_of(str(example))) is not None:
        declared = {**kind.to_tree(), **escaped({"unit": unit_in_text})}
        help = fmt("if the values have this unit, declare it: {}", Setting(name, declared))
        fix = fix_setting(declared, column_path(name))
    elif isinstance(kind, BooleanColumn) and all(map(is_number, invalid.counts)):
        help = fmt("declare it: {}", Setting(name, "number"))
        fix = fix_setting("number", column_path(name))
    elif what in ("lists", "objects", "bytes"):
        help = "put it in ignore, or store it as columns of their own"
    elif invalid.rows == total:
        setting = declaration(name, invalid.counts)
        help = fmt("declare it: {}", setting)
        fix = fix_setting(setting.value, column_path(name))
    elif invalid.rows * 2 < total:
        help = CORRECT
    else:
        category = Setting(name, {"kind": "category", "top": _LEARNED_VALUES})
        help = fmt("correct these values, or declare it: {}", category)
    return Violation("column-kind", message, path=column_path(name), help=help, fix=fix)


def _number_help(name: str, kind: NumberColumn, invalid: InvalidCells, total: int) -> tuple[str, TreeFix | None] | None:
    """The help and the fix for numbers with another decimal mark or unit than declared; None for other values."""
    texts = [str(example) for example in (*invalid.examples[:1], *invalid.counts)]
    units = {split_unit(text)[1] for text in texts}
    plain = _is_written_otherwise(kind, invalid)
    if not plain and (kind.unit is None or None in units):
        return None
    if not plain and invalid.rows * 2 < total:
        return CORRECT, None
    if not plain and units != {kind.unit}:
        # A category would make names of these numbers.
        if len(units) > 1:
            return "convert the values to one unit, and declare it as unit", None
        declared = {**kind.to_tree(), **escaped({"unit": units.pop()})}
        return fmt("declare their unit: {}", Setting(name, declared)), fix_setting(declared, column_path(name))
    mark = decimal_of(texts) if invalid.rows * 2 >= total else None
    return DECIMAL_HELP if mark is None else fmt("set {} in [data.source]", Setting("decimal", mark)), None


def _undeclared(name: str, kind: CategoryColumn, column: RawColumn) -> list[Violation]:
    """The violation for values that are not among those declared, if there are any."""
    known = {category_key(value) for value in kind.values or ()}
    rest = {value: int(count) for value, count in zip(column.values, column.counts) if value not in known}
    if not rest:
        return []
    first = min(place for value, place in zip(column.values, column.first) if value not in known)
    total = sum(rest.values())
    rows, values = counted(total, "row"), f"{'has' if total == 1 else 'have'} a value of {quoted(name)}"
    message = fmt("{} {} that is not declared: {}; first in row {:,}", rows, values, counts_text(rest), first + 1)
    return [Violation("undeclared-value", message, path=column_path(name), help=_values_help(kind, list(rest)))]


def _values_help(kind: CategoryColumn, rest: Sequence[str]) -> str:
    assert kind.values is not None
    meant = _meant(kind.values, rest)
    if len(rest) + len(kind.values) > _MAX_DECLARED or not isinstance(kind.values[0], (str, int)):
        return Message(f"{meant}learn the values: ", Setting("top", _LEARNED_VALUES), " instead of values")
    integers = not isinstance(kind.values[0], str) and all(map(is_integer_key, rest))
    values = [*kind.values, *(int(value) if integers else value for value in rest)]
    them = "it" if len(rest) == 1 else "them"
    return Message(f"{meant}add {them}: ", Setting("values", values), ", or learn the values with top")


def _meant(known: Sequence[object], rest: Sequence[str]) -> str:
    """The question whether values mean declared ones that are close; empty if none is."""
    words = [value for value in known if isinstance(value, str)]
    pairs = [(value, word) for value in rest[:_MAX_DECLARED] if (word := _close(value, words)) is not None]
    if not pairs:
        return ""
    if len(rest) == 1:
        return f"did you mean {pairs[0][1]}? Correct it, or "
    shown = [f"{word} for {quote_value(value[:MAX_LISTED], typed=False)}" for value, word in pairs[: SHOWN + 1]]
    return f"did you mean {shorten_list(shown)}? Correct them, or "


def _close(value: str, words: Sequence[str]) -> str | None:
    """The word that is close to a value; values that differ in digits, such as grade_1 and grade_2, are others."""
    word = suggest(value.strip(), words).word
    return word if word is not None and _digits(value) == _digits(word) else None


def _digits(text: str) -> list[str]:
    return re.findall(r"\d", text)
