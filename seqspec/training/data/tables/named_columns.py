"""The columns that a source names, and those that its table does not have."""

from __future__ import annotations

import os
from collections.abc import Sequence

from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.sources import SeriesSource, TableSource, TextSource
from seqspec.training.data.samples import ReadContext
from seqspec.training.data.tables.formats.base import DELIMITERS, delimiter_name
from seqspec.training.data.tables.table_files import Table, delimiter_help
from seqspec.training.errors import DataError

OTHER_KEYS = ("weight", "id", "ignore")
"""The keys of a table that name columns which are neither inputs nor labels."""


def named_columns(source: TableSource | TextSource | SeriesSource, keys: Sequence[str]) -> list[tuple[Path, str]]:
    """The columns that keys of a source name, each with its path in the source."""
    found: list[tuple[Path, str]] = []
    for key in keys:
        names = getattr(source, key)
        if isinstance(names, str):
            found.append(((key,), names))
        else:
            found += [((key, number), name) for number, name in enumerate(names or ())]
    return found


def require_columns(
    table: Table,
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
    missing = [_missing_column(table, name, context, path) for path, name in wanted if not table.has(name)]
    violations = [*others, *missing]
    if violations and len(table.names) == 1 and not isinstance(source, TextSource):
        violations = _other_delimiter(table.names[0], source, context) or violations
    if violations:
        raise DataError(violations)


def _missing_column(table: Table, name: str, context: ReadContext, path: Path) -> Violation:
    meant, listed = suggest(name, table.names), f"columns are {', '.join(table.names[:20])}"
    lacks = f'{os.path.basename(table.files[0])} has no column "{name}"'
    if context.trained and "label" in path:
        message, help = f"{lacks}, the label that predictions are compared with", f"add the column; its {listed}"
        return Violation("data-column", message, path=path, help=help)
    message = f"{lacks}, which the model needs" if context.trained else f'unknown column "{name}"'
    known = None if meant.word else f"{'its' if context.trained else 'the'} {listed}"
    return Violation("data-column", message, path=path, label=meant.label, help=known)


def _other_delimiter(header: str, source: TableSource | SeriesSource, context: ReadContext) -> list[Violation]:
    """The violation for a file that is read with the wrong delimiter."""
    own = source.dialect.delimiter or ","
    found = next((delimiter for delimiter in DELIMITERS if delimiter in header and delimiter != own), None)
    if found is None:
        return []
    message = (
        f"{source.path} has a single column {header[:80]!r}: its values are not separated by {delimiter_name(own)}"
    )
    return [context.violation("data-column", message, "path", help=delimiter_help(found, context))]
