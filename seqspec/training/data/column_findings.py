"""What is reported about the columns of `[data.columns]`, with their data: one finding per column, for all sets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from seqspec.core.diagnostics.message import Message, Number, counted, fmt
from seqspec.core.diagnostics.snippet import Setting, TableName, quote_value, shorten, shorten_list
from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.tree_fix import TreeFix, fix_setting, remove, set_value
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.columns import BooleanColumn, CategoryColumn, Column, DateColumn, NumberColumn, TextColumn
from seqspec.core.language.references import escaped
from seqspec.training.data.cells import DECIMAL_HELP, is_number, kind_of
from seqspec.training.data.encoding.base import ColumnReader, RawColumn
from seqspec.training.data.encoding.booleans import BOOLEANS
from seqspec.training.data.encoding.categories import (
    MAX_VALUES,
    CategoryEncoding,
    CategoryReader,
    category_key,
    is_integer_key,
)
from seqspec.training.data.encoding.date_formats import date_format
from seqspec.training.data.encoding.dates import NO_DATE, DateReader, is_iso
from seqspec.training.data.encoding.encoder import Encoder, columns_of, missing_policy
from seqspec.training.data.encoding.numbers import NumberEncoding, NumberReader
from seqspec.training.data.encoding.raw import Kinds, RawColumns, RawReader, field_names, row_chunks
from seqspec.training.data.encoding.texts import TextReader
from seqspec.training.data.encoding.values import InvalidCells
from seqspec.training.data.far_values import SENTINEL_HELP, Distinct, isolated_sentinel, shown_number, usual_range
from seqspec.training.data.number_text import decimal_of, is_measure, split_unit, unit_of
from seqspec.training.data.point_thousands import THOUSANDS_HELP
from seqspec.training.data.related_columns import proportion, related_pairs
from seqspec.training.data.samples import ReadContext, Samples
from seqspec.training.data.stored import Array, Values
from seqspec.training.errors import DataError

K = TypeVar("K")
Condition = Callable[[RawColumns, Array], Array]
"""A mask of raw rows."""

INVALID = "column-kind"
_CORRECT = "correct these values, or leave them empty if they are missing"
_AS_TRAINED = (
    "write numbers as in the training data, with a decimal point and without thousands separators, or name the decimal "
    "mark of the file: --decimal ,"
)
_MAX_SHOWN = 5
_MAX_FAR = 3
"""Rows with values far outside of the training range that are named."""
_MAX_DECLARED = 30
"""Maximum number of values that a help lists."""
_LEARNED_VALUES, _LEARNED_WORDS, _WORDS_OF_TEXT = 50, 200, 5
"""The values and words that a help suggests to learn, and from how many words on a value is a text."""
_MAX_LISTED = 40
"""Maximum characters of a value in a message."""
_DAY_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})\b")
_COMPARED_ROWS = 20_000
_COMPARED_VALUES = 2**24
"""Maximum number of values of numbers that are compared in memory."""


def column_path(name: str) -> Path:
    """The path of a column in the expanded spec."""
    return ("data", "columns", name)


def declaration(name: str, values: Iterable[object]) -> Setting:
    """The entry of `[data.columns]` for a column of texts with these distinct values."""
    texts = sorted({str(value) for value in values})
    if texts and {text.lower() for text in texts} <= set(BOOLEANS):
        return Setting(name, "boolean")
    if texts and all(map(is_iso, texts)):
        return Setting(name, "date")
    if 0 < len(texts) <= _MAX_DECLARED and max(map(len, texts)) <= _MAX_LISTED:
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
    found = []
    for name, kind in reader.kinds.items():
        column = reader.readers[name]
        if column.invalid.rows and not _is_missing(kind):
            found.append(_wrong_kind(name, kind, column, reader.rows))
        elif isinstance(column, (CategoryReader, TextReader)) and column.too_many:
            noun = "values" if isinstance(kind, CategoryColumn) else "words"
            message = Message(_quoted(name), " has more than ", Number(MAX_VALUES, ","), f" distinct {noun}")
            help = "put it in ignore; if it identifies rows: in id"
            found.append(Violation("column-kind", message, path=column_path(name), help=help))
        elif isinstance(kind, CategoryColumn) and kind.values is not None and not context.trained:
            found += _undeclared(name, kind, column.finish())
    if found and context.trained:
        # The help suggests changes of the spec, which come too late for a trained model.
        invalid = {name: reader.readers[name].invalid for name, kind in reader.kinds.items() if not _is_missing(kind)}
        wrong = [name for name, own in invalid.items() if own.rows and _is_written_otherwise(reader.kinds[name], own)]
        written = {*map(column_path, wrong)}
        found = [each.replace(help=_AS_TRAINED if each.path in written else None, fix=None) for each in found]
    if found:
        raise DataError(found)


def _is_missing(kind: Column) -> bool:
    """Whether cells that cannot be read count as missing."""
    return isinstance(kind, (NumberColumn, DateColumn)) and kind.invalid == "missing"


def invalid_as_missing(reader: RawReader) -> Iterator[Violation]:
    """A note for each column with cells that cannot be read and count as missing."""
    for name, kind in reader.kinds.items():
        invalid = reader.readers[name].invalid
        if invalid.rows and _is_missing(kind):
            message = Message(
                counted(invalid.rows, "value"), " of ", _quoted(name), f" cannot be read as a {kind.kind} and ",
                "counts" if invalid.rows == 1 else "count", " as missing: ", _counts(invalid.counts),
                "; first in row ", Number(invalid.first + 1, ","),
            )  # fmt: skip
            yield Violation(INVALID, message, path=column_path(name), severity="info")


def rounded_numbers(reader: RawReader) -> Iterator[Violation]:
    """A finding for each column of numbers with integers that float32 rounds: a warning where it makes them equal."""
    for name, column in reader.readers.items():
        if isinstance(column, NumberReader) and column.rounded:
            message = fmt("{} has {} that float32 rounds", _quoted(name), counted(column.rounded, "integer"))
            found = _warning(name, message, "if they are identifiers: put the column in id or ignore")
            yield found if column.loses_digits else found.replace(severity="info")


def odd_dates(reader: RawReader) -> Iterator[Violation]:
    """A warning for each column of dates with dates that look like missing ones, or are after today."""
    for name, column in reader.readers.items():
        if not isinstance(column, DateReader):
            continue
        odd = column.days.finish()
        for day, rows in odd.sentinels.items():
            message = Message(_quoted(name), f" is {day} in ", counted(rows, "row"), ", far from all other dates")
            help = "if this means that the date is missing: leave these fields empty, and set missing of the column"
            yield _warning(name, message, help)
        if odd.future:
            dates = counted(odd.future, "date")
            message = fmt("{} has {} after today, the last one {}", _quoted(name), dates, str(odd.latest))
            help = "correct them if they have happened: a split by time tests the model with them"
            yield _warning(name, message, help)


def alike_categories(reader: RawReader) -> Iterator[Violation]:
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
            message = fmt("{} has categories that differ only in white space: {}", _quoted(name), _counts(shown))
            help = "remove the white space from the file; until then each is a category of its own"
            yield _warning(name, message, help)


def _warning(name: str, message: Message, help: str) -> Violation:
    """A warning about the values of a column."""
    return Violation("data-values", message, path=column_path(name), severity="warning", help=help)


def _quoted(name: str) -> str:
    return f"`{shorten(name)}`"


def _is_written_otherwise(kind: Column, invalid: InvalidCells) -> bool:
    """Whether the first invalid value is a number with a decimal comma or thousands separators."""
    return isinstance(kind, NumberColumn) and re.fullmatch(r"[-+]?[\d.,_\s]+", str(invalid.examples[0])) is not None


def _wrong_kind(name: str, kind: Column, column: ColumnReader, total: int) -> Violation:
    if isinstance(kind, DateColumn) and isinstance(column, DateReader):
        return _wrong_date(name, kind, column, total)
    invalid = column.invalid
    example = invalid.examples[0]
    what = kind_of(example) if isinstance(kind, (NumberColumn, CategoryColumn)) else "other values"
    unit = "" if not isinstance(kind, NumberColumn) or kind.unit is None else f" in {kind.unit}"
    noun = {"number": f"a number{unit}", "boolean": "a boolean", "category": "a category"}.get(kind.kind, "text")
    message = Message(
        _quoted(name), f" has {what} in ", Number(invalid.rows, ","), " of ", counted(total, "row"), ", such as ",
        quote_value(str(example)[:_MAX_LISTED], typed=False), " (row ", Number(invalid.first + 1, ","),
        f"): it cannot be {noun}",
    )  # fmt: skip
    help: str
    fix: TreeFix | None = None
    if isinstance(kind, NumberColumn) and (written := _number_help(name, kind, invalid, total)) is not None:
        help, fix = written
    elif isinstance(kind, NumberColumn) and kind.unit is None and (found := unit_of(str(example))) is not None:
        declared = {**kind.to_tree(), **escaped({"unit": found})}
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
        help = _CORRECT
    else:
        category = Setting(name, {"kind": "category", "top": _LEARNED_VALUES})
        help = fmt("correct these values, or declare it: {}", category)
    return Violation("column-kind", message, path=column_path(name), help=help, fix=fix)


def _number_help(name: str, kind: NumberColumn, invalid: InvalidCells, total: int) -> tuple[str, TreeFix | None] | None:
    """The help and the fix for numbers with another decimal mark or unit than declared; None for other values."""
    texts = [str(each) for each in (*invalid.examples[:1], *invalid.counts)]
    units = {split_unit(text)[1] for text in texts}
    plain = _is_written_otherwise(kind, invalid)
    if not plain and (kind.unit is None or None in units):
        return None
    if not plain and invalid.rows * 2 < total:
        return _CORRECT, None
    if not plain and units != {kind.unit}:
        # A category would make names of these numbers.
        if len(units) > 1:
            return "convert the values to one unit, and declare it as unit", None
        declared = {**kind.to_tree(), **escaped({"unit": units.pop()})}
        return fmt("declare their unit: {}", Setting(name, declared)), fix_setting(declared, column_path(name))
    mark = decimal_of(texts) if invalid.rows * 2 >= total else None
    return DECIMAL_HELP if mark is None else fmt("set {} in [data.source]", Setting("decimal", mark)), None


def _wrong_date(name: str, kind: DateColumn, column: DateReader, total: int) -> Violation:
    invalid = column.invalid
    texts = list(invalid.counts)
    example = quote_value(texts[0][:_MAX_LISTED], typed=False)
    where = fmt(" (row {:,})", invalid.first + 1)
    rows = fmt(" in {:,} of {}", invalid.rows, counted(total, "row"))
    few = invalid.rows < column.dates
    if kind.format is not None:
        message = Message(
            _quoted(name), " has ", example, rows if few else "", where,
            f", which does not match the format {kind.format}",
        )  # fmt: skip
        path = (*column_path(name), "format")
        return Violation("date-format", message, path=path, help=_CORRECT if few else _iso_help(texts))
    format, reading = _other_format(texts)
    parsed = _rows_in_format(invalid, format) if format is not None else 0
    if parsed <= column.dates:
        message = fmt(
            "{} has {}{}{}, which is not an ISO 8601 date such as 2024-01-31", _quoted(name), example, rows, where
        )
        written = fmt("set {} as the dates are written, or correct the values", Setting("format", "%d/%m/%Y"))
        return Violation("date-format", message, path=column_path(name), help=_CORRECT if few else written)
    if reading is not None and reading[1] != reading[3]:
        one, other = _spoken(reading[1], reading[3]), _spoken(reading[3], reading[1])
        message = Message(_quoted(name), ": ", example, where, f" may be {one} or {other}")
    else:
        message = fmt("{}: {}{} is not an ISO 8601 date such as 2024-01-31", _quoted(name), example, where)
    declared = {**kind.to_tree(), "format": format}
    fix = None if reading is not None else fix_setting(declared, column_path(name))
    rest = column.dates + invalid.rows - parsed
    verb = "does" if rest == 1 else "do"
    others = f"; {counted(rest, 'row')} {verb} not match it: correct {'it' if rest == 1 else 'them'}" if rest else ""
    help = fmt("declare the format: {}{}", Setting(name, declared), others)
    return Violation("date-format", message, path=column_path(name), help=help, fix=fix)


def _other_format(texts: Sequence[str]) -> tuple[str | None, re.Match[str] | None]:
    """The format of dates such as 31/12/2024, and the first one if day and month may be exchanged in all of them."""
    matches = [found for text in texts if (found := _DAY_FIRST.match(text))]
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


def _undeclared(name: str, kind: CategoryColumn, column: RawColumn) -> list[Violation]:
    """The violation for values that are not among those declared, if there are any."""
    known = {category_key(value) for value in kind.values or ()}
    rest = {value: int(count) for value, count in zip(column.values, column.counts) if value not in known}
    if not rest:
        return []
    first = min(place for value, place in zip(column.values, column.first) if value not in known)
    total = sum(rest.values())
    rows, values = counted(total, "row"), f"{'has' if total == 1 else 'have'} a value of {_quoted(name)}"
    message = fmt("{} {} that is not declared: {}; first in row {:,}", rows, values, _counts(rest), first + 1)
    return [Violation("undeclared-value", message, path=column_path(name), help=_values_help(kind, list(rest)))]


def _counts(counts: Mapping[str, int]) -> str:
    """Values with their counts, most frequent first: "gold" (9), "xl" (3)."""
    order = sorted(counts, key=lambda value: (-counts[value], value))
    shown = [f"{quote_value(text[:_MAX_LISTED], typed=False)} ({counts[text]:,})" for text in order[: _MAX_SHOWN + 1]]
    return shorten_list(shown, _MAX_SHOWN)


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
    shown = [f"{word} for {quote_value(value[:_MAX_LISTED], typed=False)}" for value, word in pairs[: _MAX_SHOWN + 1]]
    return f"did you mean {shorten_list(shown, _MAX_SHOWN)}? Correct them, or "


def _close(value: str, words: Sequence[str]) -> str | None:
    """The word that is close to a value; values that differ in digits, such as grade_1 and grade_2, are others."""
    word = suggest(value.strip(), words).word
    return word if word is not None and _digits(value) == _digits(word) else None


def _digits(text: str) -> list[str]:
    return re.findall(r"\d", text)


def unknown_values(encoder: Encoder, raw: RawColumns) -> tuple[list[str], list[Violation]]:
    """Notes about values that are encoded as zeros, and errors for those that `unknown = "error"` refuses."""
    notes, refused = [], []
    for encoding in encoder.encodings:
        if not isinstance(encoding, CategoryEncoding):
            continue
        column = raw.columns[encoding.name]
        if (others := encoding.many_others(column)) is not None:
            rows = f"{sum(others.values()):,} of {int(sum(column.counts)):,} rows"
            rare = f"another {encoding.name} than the frequent ones of training, where {encoding.other_share:.1%} have"
            notes.append(f"{rows} have {rare}: {_counts(others)}, encoded as other")
        counts = encoding.unknown_values(column)
        if not counts:
            continue
        total = sum(counts.values())
        verb = "has" if total == 1 else "have"
        message = fmt("{} {} an unknown {}: {}", counted(total, "row"), verb, encoding.name, _counts(counts))
        if encoding.unknown == "error":
            refused.append(Violation("undeclared-value", message, path=column_path(encoding.name)))
        else:
            notes.append(f"{message}, encoded as none")
    return notes, refused


def far_values(encoder: Encoder, samples: Samples) -> list[str]:
    """Notes about columns of numbers with values far outside of the training range."""
    raw = samples.raw
    assert raw is not None
    counts: dict[str, int] = {}
    shown: dict[str, list[str]] = {}
    start = 0
    encodings = [encoding for encoding in encoder.encodings if isinstance(encoding, NumberEncoding)]
    for part in row_chunks(samples.x):
        for encoding in encodings:
            [field] = field_names(raw.kinds, encoding.name)
            far = np.flatnonzero(encoding.is_far(part[field]))
            if len(far):
                counts[encoding.name] = counts.get(encoding.name, 0) + len(far)
                places = shown.setdefault(encoding.name, [])
                rest = far[: _MAX_FAR - len(places)].tolist()
                places += [f"{part[field][row]:g} in {samples.where(start + row)}" for row in rest]
        start += len(part)
    return [
        str(Message(
            counted(counts[encoding.name], "row"), " far outside of the training range of ", _quoted(encoding.name),
            f", {encoding.low:g} to {encoding.high:g}: {', '.join(shown[encoding.name])}"
            f"{', …' if counts[encoding.name] > len(shown[encoding.name]) else ''}; "
            "are the unit and the decimal sign those of the training data?",
        ))
        for encoding in encodings if encoding.name in counts
    ]  # fmt: skip


def like_thousands(encoder: Encoder, samples: Samples) -> tuple[list[str], list[Violation]]:
    """Notes about columns of numbers that look like thousands, and errors where that is all of their values."""
    notes, refused = [], []
    for encoding in encoder.encodings:
        found = samples.thousands.get(encoding.name)
        if (
            not isinstance(encoding, NumberEncoding)
            or found is None
            or not found.is_doubtful(encoding.low, encoding.high, encoding.typical)
        ):
            continue
        message = found.message(encoding.name, encoding.low, encoding.high, "training values")
        if found.is_below(encoding.low):
            refused.append(Violation("data-values", message, path=column_path(encoding.name), help=THOUSANDS_HELP))
        else:
            notes.append(f"{message}; {THOUSANDS_HELP}")
    return notes, refused


def missing_values(sets: Mapping[str, Samples], default: object) -> list[Violation]:
    """An error for each column that must not be missing and is, or that has infinite values."""
    kinds = next(each.raw for each in sets.values() if each.raw is not None).kinds
    conditions: dict[tuple[str, str], Condition] = {}
    for name, kind in kinds.items():
        if missing_policy(kind, default)[0] == "error":
            conditions[name, "missing"] = partial(RawColumns.missing, name=name)
        if isinstance(kind, NumberColumn) and kind.clip is None:
            conditions[name, "infinite"] = partial(_infinite, name=name)
    infinite = fmt("correct them, or limit them: {}", Setting("clip", [-1e6, 1e6]))
    return [
        _about_rows(name, what, rows, sets, _missing_help(name, kinds[name]) if what == "missing" else infinite)
        for (name, what), rows in _rows_where(sets, conditions).items()
    ]


def _infinite(raw: RawColumns, rows: Array, name: str) -> Array:
    [field] = field_names(raw.kinds, name)
    return np.asarray(np.isinf(rows[field]))


def _missing_help(name: str, kind: Column) -> Message:
    policy = "category" if isinstance(kind, CategoryColumn) else {"fill": "median", "flag": True}
    declared = {**kind.to_tree(), "missing": policy}
    return fmt("write {}, or leave the rows out: {}", Setting(name, declared), Setting("missing", "drop"))


def _rows_where(sets: Mapping[str, Samples], conditions: Mapping[K, Condition]) -> dict[K, list[tuple[str, Array]]]:
    """The rows of each set for which each condition is true, if it is true for any; the rows are read once."""
    found: dict[K, list[tuple[str, Array]]] = {}
    for name, samples in sets.items():
        assert samples.raw is not None
        rows: dict[K, list[Array]] = {key: [] for key in conditions}
        at = 0
        for part in row_chunks(samples.x) if conditions else ():
            for key, condition in conditions.items():
                if len(true := np.flatnonzero(condition(samples.raw, part))):
                    rows[key].append(at + true)
            at += len(part)
        for key, parts in rows.items():
            if parts:
                found.setdefault(key, []).append((name, np.concatenate(parts)))
    return {key: found[key] for key in conditions if key in found}


def _about_rows(
    name: str, what: str, found: Sequence[tuple[str, Array]], sets: Mapping[str, Samples], help: Message
) -> Violation:
    total = sum(len(rows) for _, rows in found)
    places = [sets[each].where(int(row)) for each, rows in found for row in rows[: _MAX_SHOWN + 1]]
    shown = shorten_list(places[: _MAX_SHOWN + 1], _MAX_SHOWN)
    message = fmt("{} has {}: {}", _quoted(name), counted(total, f"{what} value"), shown)
    return Violation("data-values", message, path=column_path(name), help=help)


def incomplete_rows(samples: Samples, default: object) -> Array:
    """A mask of the rows to drop for missing inputs."""
    assert samples.raw is not None
    bad = np.zeros(len(samples), bool)
    for [(_, rows)] in _missing_rows(samples, default, ("drop",)).values():
        bad[rows] = True
    return bad


def missing_by_row(samples: Samples, default: object) -> dict[int, list[str]]:
    """The columns that are missing in each row, and must not be in a prediction."""
    found: dict[int, list[str]] = {}
    for name, [(_, rows)] in _missing_rows(samples, default, ("error", "drop")).items():
        for row in rows.tolist():
            found.setdefault(row, []).append(_quoted(name))
    return found


def _missing_rows(samples: Samples, default: object, policies: Sequence[str]) -> dict[str, list[tuple[str, Array]]]:
    """The rows in which the columns with these policies are missing."""
    assert samples.raw is not None
    conditions: dict[str, Condition] = {
        name: partial(RawColumns.missing, name=name)
        for name, kind in samples.raw.kinds.items() if missing_policy(kind, default)[0] in policies
    }  # fmt: skip
    return _rows_where({"": samples}, conditions)


def dropped_values(samples: Samples, default: object) -> list[Violation]:
    """An error for each column whose missing values were dropped in training, and that is missing in a prediction."""
    assert samples.raw is not None
    kinds = samples.raw.kinds
    return [
        _about_rows(name, "missing", rows, {"": samples}, _missing_help(name, kinds[name]))
        for name, rows in _missing_rows(samples, default, ("drop",)).items()
    ]


def unusable(encoder: Encoder) -> list[Violation]:
    """Errors for columns from which nothing can be learned: fills without values, and variances beyond float32."""
    violations = []
    for encoding in encoder.encodings:
        fill = getattr(encoding, "fill", None)
        fills = fill if isinstance(fill, list) else [fill]
        if any(value is not None and np.isnan(value) for value in fills):
            message = f"no training row has a value of {_quoted(encoding.name)}"
            help = "put it in ignore"
            violations.append(Violation("data-values", message, path=column_path(encoding.name), help=help))
        elif isinstance(encoding, NumberEncoding) and not np.isfinite(encoding.variance):
            message = f"the values of {_quoted(encoding.name)} are too large for the scale {encoding.scale} in float32"
            help = fmt("limit them with clip, or set {}", Setting("scale", "log"))
            violations.append(Violation("data-values", message, path=column_path(encoding.name), help=help))
    return violations


def column_findings(
    encoder: Encoder, raw: RawColumns, train: Values, ignored: Sequence[str] | None = None
) -> list[Violation]:
    """Warnings and notes about columns of the training set that carry no information, and about related columns.

    `ignored` are the columns in `ignore` of the source, where a fix can add to them.
    """
    found: list[Violation] = []
    counts: dict[str, Array] = {}
    numbers: dict[str, Array] = {}
    constant: set[str] = set()
    width = sum(isinstance(kind, NumberColumn) for kind in raw.kinds.values())
    step = max(1, len(train) // _COMPARED_ROWS, len(train) * width // _COMPARED_VALUES)
    for name, [values, *others] in columns_of(raw.kinds, train):
        kind = raw.kinds[name]
        if isinstance(kind, CategoryColumn):
            counts[name] = np.bincount(values + 1, minlength=len(raw.columns[name].values) + 1)
        if not isinstance(kind, TextColumn) and len(values) > 1 and all(map(_is_constant, (values, *others))):
            constant.add(name)
        elif isinstance(kind, NumberColumn):
            numbers[name] = values[::step].copy()
            if kind.clip is None:
                found += _far_numbers(name, values)
    for name in constant:
        message = f"{_quoted(name)} has a single value in all training rows: its weights cannot be learned"
        help = "remove it, and put it in ignore of the source"
        fix = None if ignored is None or _is_start(name, raw.kinds) else _ignoring(name, ignored)
        found.append(Violation("uninformative-column", message, path=column_path(name), help=help, fix=fix))
    found += _categories(encoder, raw, counts, constant)
    return [*found, *_related(numbers, "all rows" if step == 1 else "all rows that were compared")]


def _far_numbers(name: str, values: Array) -> Iterator[Violation]:
    """A warning for a number in several training rows that is isolated from all others, else for few that are far."""
    if (sentinel := isolated_sentinel(numbers := Distinct.of(values))) is not None:
        rows = counted(numbers.rows_of(sentinel), "training row")
        message = Message(_quoted(name), f" is {shown_number(sentinel)} in ", rows, ", far from all others")
        yield _warning(name, message, SENTINEL_HELP)
    elif (usual := usual_range(numbers)) is not None:
        message = fmt("{} of {} far from all others", _far_text(numbers, usual, "training row"), _quoted(name))
        clip = Setting("clip", [int(end) if end == round(end) else end for end in usual])
        yield _warning(name, message, fmt("correct them, or limit them: {}", clip))


def _far_text(numbers: Distinct, usual: tuple[float, float], noun: str) -> Message:
    far = numbers.values[(numbers.values < usual[0]) | (numbers.values > usual[1])]
    rows = sum(map(numbers.rows_of, far.tolist()))
    shown = shorten_list([*map(shown_number, far.tolist())], _MAX_FAR)
    return Message(f"{shown} in ", counted(rows, noun))


def far_labels(samples: Samples, context: ReadContext) -> list[Violation]:
    """A warning for each column of labels with numbers that are far from all others."""
    y = samples.y
    if y is None or y.dtype.kind not in "fiu" or y.size != len(y) * max(1, len(samples.labels)):
        return []
    found = []
    for place, name in enumerate(samples.labels):
        numbers = Distinct.of(np.asarray(y).reshape(len(y), -1)[:, place])
        help = "correct them, or leave these cells empty"
        if (sentinel := isolated_sentinel(numbers)) is not None:
            text = Message(f"{shown_number(sentinel)} in ", counted(numbers.rows_of(sentinel), "label"))
            help = SENTINEL_HELP
        elif (usual := usual_range(numbers)) is not None:
            text = _far_text(numbers, usual, "label")
        else:
            continue
        message = fmt("{} of {} far from all others", text, _quoted(name))
        found.append(Violation("data-values", message, path=(*context.path, "label"), severity="warning", help=help))
    return found


def _is_start(name: str, kinds: Kinds) -> bool:
    """Whether another column counts from this one."""
    return any(isinstance(kind, DateColumn) and kind.since_ == name for kind in kinds.values())


def _ignoring(name: str, ignored: Sequence[str]) -> TreeFix:
    changes = (remove(column_path(name)), set_value(("data", "source", "ignore"), [*ignored, name]))
    return TreeFix(f"move {name} to ignore", changes)


def _is_constant(values: Array) -> bool:
    if values.dtype.kind == "f":
        known = values[~np.isnan(values)]
        return len(known) in (0, len(values)) and (not len(known) or bool((known == known[0]).all()))
    return bool((values == values[0]).all())


def _categories(
    encoder: Encoder, raw: RawColumns, counts: Mapping[str, Array], constant: set[str]
) -> Iterator[Violation]:
    """Declared values without a training row, and learned values with few."""
    for encoding in encoder.encodings:
        if not isinstance(encoding, CategoryEncoding) or encoding.name in constant:
            continue
        kind = raw.kinds[encoding.name]
        assert isinstance(kind, CategoryColumn)
        values = raw.columns[encoding.name].values
        rows = dict(zip(values, counts[encoding.name][1:].tolist()))
        if kind.values is not None:
            absent = [str(value) for value in kind.values if not rows.get(category_key(value))]
            if absent:
                shown = shorten_list([quote_value(value, typed=False) for value in absent], _MAX_SHOWN)
                message = f"no training row has the declared {'value' if len(absent) == 1 else 'values'} {shown} of "
                their, them = ("its", "it") if len(absent) == 1 else ("their", "them")
                help = f"{their} weights are never trained: remove {them}"
                yield Violation("uninformative-column", Message(message, _quoted(encoding.name)),
                                path=column_path(encoding.name), severity="info", help=help)  # fmt: skip
        elif kind.min_count is None:
            few = [value for value in encoding.values if rows.get(category_key(value), 0) < 5]
            if few:
                values = counted(len(few), "value")
                message = fmt("{} of {} with fewer than 5 training rows", values, _quoted(encoding.name))
                yield Violation(
                    "uninformative-column", message, path=column_path(encoding.name), severity="info",
                    help=fmt("let them share a place: {}", Setting("min_count", 5)),
                )  # fmt: skip


def _related(numbers: Mapping[str, Array], where: str) -> Iterator[Violation]:
    """Pairs of columns of numbers that are equal, or proportional up to rounding, in the rows that `where` names."""
    names = [name for name, values in numbers.items() if np.isfinite(values).sum() >= 3]
    if len(names) < 2:
        return
    matrix = np.stack([numbers[name] for name in names]).astype(np.float64)
    reported: set[str] = set()
    for first, second in related_pairs(matrix):
        known = np.isfinite(matrix[first])
        factor = None if names[second] in reported else proportion(matrix[first, known], matrix[second, known])
        if factor is None:
            continue
        reported.add(names[second])
        first_name = _quoted(names[first])
        equal = f"equals {first_name}" if abs(factor - 1) < 1e-9 else f"is {first_name} times {factor:.4g}"
        yield Violation(
            "same-column", f"{_quoted(names[second])} {equal} in {where}", path=column_path(names[second]),
            help="keep one of them, and put the other in ignore of the source",
        )  # fmt: skip


def unused_columns(kinds: Kinds, names: Sequence[str], used: set[str], path: Path) -> list[Violation]:
    """A note about columns of the table that are neither declared nor ignored."""
    rest = [name for name in names if name not in kinds and name not in used]
    if not rest:
        return []
    noun, them = ("a column that is", "it") if len(rest) == 1 else (f"{len(rest):,} columns that are", "them")
    message = f"the table has {noun} not used: {shorten_list([shorten(name) for name in rest], 8)}"
    help = Message(f"list {them} in ignore, or declare {them} in ", TableName(("data", "columns")))
    return [Violation("unused-column", message, path=path, help=help)]
