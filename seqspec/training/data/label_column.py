"""A column of labels: numbers, or names of classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqspec.core.api.data import Regression, Target
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.language import escaped
from seqspec.core.api.messages import Setting, TableName, fmt, quote_value, shorten
from seqspec.training.data.samples import Array, ReadContext
from seqspec.training.data.shards import Column
from seqspec.training.data.tables.cells import (
    DECIMAL_HELP,
    arrow_texts,
    as_list,
    as_numbers,
    as_objects,
    is_missing,
    is_number,
    kind_of,
)
from seqspec.training.data.tables.number_text import decimal_of, is_digits_and_marks, unit_of
from seqspec.training.errors import DataError

_MAX_LABEL = 40
"""Characters of a label that are shown."""


class TextAfterNumbers(Exception):
    """A label is text, but earlier ones were read as numbers."""


class LabelColumn:
    """Collects a column of labels: numbers where all values are, else names of classes, None where one is missing.

    Args:
        name: The column.
        context: The context in which its table is read.
        shared: Texts that equal ones share, as in `as_objects`.
        as_text: Whether the values are known to be names.
    """

    def __init__(self, name: str, context: ReadContext, shared: dict[str, str], *, as_text: bool) -> None:
        self._name, self._context, self._shared, self._as_text = name, context, shared, as_text
        self._parts: list[Array] = []
        self._untrimmed = 0
        self._example = ""

    def add(self, values: Column, start: int) -> None:
        """Adds the rows from `start` on.

        Raises:
            TextAfterNumbers: The column has to be read again, with `as_text`.
            DataError: Labels are neither numbers nor names.
        """
        numbers = None if self._as_text else self._numbers(values, start)
        if numbers is None:
            self._as_text = True
            self._parts.append(self._names(as_list(values)))
            self._count_untrimmed(values)
        else:
            self._parts.append(numbers)

    def _numbers(self, values: Column, start: int) -> Array | None:
        """The values as numbers; None where they are names, from the first row on."""
        if not _is_bool(values):
            try:
                return _compact(as_numbers(values))
            except (ValueError, TypeError):
                pass
        if isinstance(self._context.target, Regression):
            raise _not_a_number(as_list(values), self._name, start, self._context)
        if start:
            raise TextAfterNumbers
        return None

    def _names(self, values: Sequence[object]) -> Array:
        kind = next((kind for kind in map(kind_of, values) if kind in ("lists", "objects", "bytes")), None)
        if kind is not None:
            message = f"column {self._name} has {kind}, not class names or numbers"
            raise self._context.error("data-labels", message, "label")
        texts = [None if is_missing(value) else str(value) for value in values]
        if _is_trimmed(self._context.target):
            texts = [None if text is None else text.strip() or None for text in texts]
        return as_objects(texts, self._shared)

    def _count_untrimmed(self, values: Column) -> None:
        if isinstance(values, list):
            untrimmed = [value for value in values if isinstance(value, str) and value != value.strip()]
        elif (texts := arrow_texts(values)) is None:
            return
        else:
            import pyarrow.compute as pc

            untrimmed = texts.filter(pc.not_equal(texts, pc.utf8_trim_whitespace(texts))).to_pylist()
        self._untrimmed += len(untrimmed)
        self._example = self._example or next(iter(untrimmed), "")

    def finish(self) -> Array:
        """The labels."""
        return np.concatenate(self._parts)

    def untrimmed(self) -> list[Violation]:
        """The finding in training for names with white space around them, if there are any."""
        if not self._untrimmed or self._context.trained or not _is_trimmed(self._context.target):
            return []
        have = "label has" if self._untrimmed == 1 else "labels have"
        shown = quote_value(self._example[:_MAX_LABEL], typed=False)
        message = f"{self._untrimmed:,} {have} white space around the name, such as {shown}: it does not count"
        return [self._context.violation("data-labels", message, "label", severity="info")]


def _is_trimmed(target: Target | None) -> bool:
    """Whether white space around class names does not count: unless it is that of declared names."""
    names = getattr(target, "names", None)
    return names is None or all(name == name.strip() for name in names)


def _not_a_number(values: Sequence[object], name: str, start: int, context: ReadContext) -> DataError:
    """The error for the first label that is not a number."""
    place = next((place for place, value in enumerate(values) if not is_number(value)), 0)
    shown = str(values[place])[:_MAX_LABEL]
    message = f"`{shorten(name)}` has {quote_value(shown, typed=False)} (row {start + place + 1:,}), not a number"
    unit = unit_of(shown)
    help: str = "correct it, or leave the cell empty"
    if unit is not None and unit != context.label_unit:
        condition = "" if context.label_unit is None else "if the labels have this unit, "
        setting = Setting("unit", escaped({"unit": unit})["unit"])
        help = fmt("{}set {} in {}", condition, setting, TableName(("target",)))
    elif is_digits_and_marks(shown) or decimal_of([shown]) == ",":
        help = DECIMAL_HELP
    return context.error("data-labels", message, "label", help=help)


def _compact(values: Array) -> Array:
    """Numbers as float32 if that is exact for all of them, since labels stay in memory while data is streamed."""
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    return short if np.array_equal(short, values, equal_nan=True) else values


def _is_bool(values: Column) -> bool:
    if isinstance(values, list):
        return any(isinstance(value, bool) for value in values)
    return str(values.type) == "bool"
