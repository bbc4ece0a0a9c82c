"""Values that are not of the kind of their column, not declared, or too many: errors while a table is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from seqspec.core.api.data import BooleanColumn, CategoryColumn, Column, DateColumn, NumberColumn
from seqspec.core.api.diagnostics import TreeFix, Violation, fix_setting
from seqspec.core.api.language import escaped
from seqspec.core.api.messages import SHOWN, Message, Setting, counted, fmt, quote_value, shorten_list, suggest
from seqspec.training.data.column_findings.doubtful import counts_as_missing
from seqspec.training.data.column_findings.words import CORRECT, MAX_LISTED, column_path, counts_text, quoted
from seqspec.training.data.column_findings.wrong_dates import wrong_date
from seqspec.training.data.encoding.base import ColumnReader, RawColumn
from seqspec.training.data.encoding.booleans import BOOLEANS
from seqspec.training.data.encoding.categories import MAX_VALUES, CategoryReader, category_key, is_integer_key
from seqspec.training.data.encoding.dates import DateReader, is_iso
from seqspec.training.data.encoding.raw import RawReader
from seqspec.training.data.encoding.texts import TextReader
from seqspec.training.data.encoding.values import InvalidCells
from seqspec.training.data.samples import ReadContext
from seqspec.training.data.tables.cells import DECIMAL_HELP, is_number, kind_of
from seqspec.training.data.tables.number_text import decimal_of, is_digits_and_marks, is_measure, split_unit, unit_of
from seqspec.training.errors import DataError

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
