"""The columns that a source names, and those that its table does not have."""

from __future__ import annotations

import os
from collections.abc import Sequence

from seqspec.core.api.data import SeriesSource, TableSource, TextSource
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import suggest
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.tables.formats.base import DELIMITERS, delimiter_name
from seqspec.training.data.tables.table_files import DataTable, delimiter_help
from seqspec.training.errors import DataError

OTHER_KEYS = ("weight", "id", "ignore")
"""The keys of a table that name columns which are neither inputs nor labels."""


def named_columns(source: TableSource | TextSource | SeriesSource, keys: Sequence[str]) -> list[tuple[Path, str]]:
    """The columns that keys of a source name, each with its path in the source."""
    places: list[tuple[Path, str]] = []
    for key in keys:
        names = getattr(source, key)
        if isinstance(names, str):
            places.append(((key,), names))
        else:
            places += [((key, number), name) for number, name in enumerate(names or ())]
    return places


def require_columns(
    table: DataTable,
    source: TableSource | TextSource | SeriesSource,
    keys: Sequence[str],
    context: ReadContext,
    others: Sequence[Violation] = (),
) -> None:
    """Raises `DataError` for columns of the source's keys, or of the split, that the table does not have.

    `others` are violations for columns that are declared elsewhere.
    """
    named = [((*context.path, *key), name) for key, name in named_columns(source, keys)]
    wanted = [*named, *((path, name) for name, path in context.columns.items())]
    lacking = [(path, name) for path, name in wanted if not table.has(name)]
    names = table.names_for_messages(context.access) if lacking else []
    missing = [_missing_column(table, names, name, context, path) for path, name in lacking]
    violations = [*others, *missing]
    if violations and len(table.names) == 1 and not isinstance(source, TextSource):
        violations = _other_delimiter(table.names[0], source, context) or violations
    if violations:
        raise DataError(violations)


def _missing_column(table: DataTable, names: Sequence[str], name: str, context: ReadContext, path: Path) -> Violation:
    meant, listed = suggest(name, names), f"columns are {', '.join(names[:20])}"
    lacks = f'{os.path.basename(table.files[0])} has no column "{name}"'
    if context.trained and "label" in path:
        message = f"{lacks}, the label that predictions are compared with"
        return Violation("data-column", message, path=path, help=f"add the column; its {listed}" if names else None)
    message = f"{lacks}, which the model needs" if context.trained else f'unknown column "{name}"'
    known = None if meant.word or not names else f"{'its' if context.trained else 'the'} {listed}"
    return Violation("data-column", message, path=path, label=meant.label, help=known)


def _other_delimiter(header: str, source: TableSource | SeriesSource, context: ReadContext) -> list[Violation]:
    """The violation for a file that is read with the wrong delimiter."""
    own = source.dialect.delimiter or ","
    other_delimiter = next((delimiter for delimiter in DELIMITERS if delimiter in header and delimiter != own), None)
    if other_delimiter is None:
        return []
    # The header is not quoted: the file may not be a table.
    message = f"{source.path} has a single column: its values are not separated by {delimiter_name(own)}"
    return [context.violation("data-column", message, "path", help=delimiter_help(other_delimiter, context))]
