"""Values that can be read, and are likely wrong: findings while a table is read."""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.api.data import Column, DateColumn, NumberColumn
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import counted, fmt
from seqspec.training.data.column_findings.words import INVALID, column_path, column_warning, counts_text, quoted
from seqspec.training.data.encoding.categories import CategoryReader
from seqspec.training.data.encoding.dates import DateReader
from seqspec.training.data.encoding.numbers import NumberReader
from seqspec.training.data.encoding.raw import RawReader
from seqspec.training.data.samples import ReadContext


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
