"""The rows of a table as samples whose inputs are the columns of `[data.columns]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import TableName, shorten, shorten_list
from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.sources import TableSource
from seqspec.training.data.column_findings.words import column_path
from seqspec.training.data.columns import (
    OTHER_KEYS,
    collect,
    label_selection,
    named_columns,
    require_columns,
    table_samples,
)
from seqspec.training.data.encoding.raw import Kinds
from seqspec.training.data.samples import ReadContext, Samples
from seqspec.training.data.table_files import Table, open_table


def read_encoded(source: TableSource, context: ReadContext) -> Samples:
    """The rows of a table; `x` are raw rows of the columns `context.kinds`, to be encoded after the split."""
    kinds = context.kinds
    assert kinds is not None
    table = open_table(context, source.path, source.format, source.dialect)
    _require_columns(source, table, kinds, context)
    found = collect(table, context, source.path, label_selection(source, context)._replace(kinds=kinds))
    assert found.raw is not None
    rows, raw = found.raw
    samples = replace(table_samples(source, table, found, rows, list(kinds)), raw=raw)
    if context.trained:
        return samples
    used = {*context.columns, *(name for _, name in named_columns(source, ("label", *OTHER_KEYS)))}
    unused = _unused_columns(kinds, table.names, used)
    return replace(samples, warnings=[*found.warnings, *unused])


def _require_columns(source: TableSource, table: Table, kinds: Kinds, context: ReadContext) -> None:
    """Raises `DataError` for columns that the table does not have."""
    violations: list[Violation] = []
    for name in kinds:
        if name in table.names:
            continue
        meant = suggest(name, [column for column in table.names if column not in kinds])
        columns = ", ".join(table.names[:20]) + (", …" if len(table.names) > 20 else "")
        message, path = f"{source.path} has no column `{name}`", column_path(name)
        if context.trained:
            help = f"rename `{meant.word}`" if meant.word else f"its columns are {columns}"
            violations.append(Violation("data-column", f"{message}, which the model needs", path=path, help=help))
        else:
            listed = None if meant.word else f"the columns are {columns}"
            found = Violation("data-column", message, path=path, anchor="key", label=meant.label, help=listed)
            violations.append(found)
    require_columns(table, source, ("label", *OTHER_KEYS), context, violations)


def _unused_columns(kinds: Kinds, names: Sequence[str], used: set[str]) -> list[Violation]:
    """A note about columns of the table that are neither declared nor ignored."""
    rest = [name for name in names if name not in kinds and name not in used]
    if not rest:
        return []
    noun, them = ("a column that is", "it") if len(rest) == 1 else (f"{len(rest):,} columns that are", "them")
    message = f"the table has {noun} not used: {shorten_list([shorten(name) for name in rest], 8)}"
    help = Message(f"list {them} in ignore, or declare {them} in ", TableName(("data", "columns")))
    return [Violation("unused-column", message, path=("data", "columns"), help=help)]
