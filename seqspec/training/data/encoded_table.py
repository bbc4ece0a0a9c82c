"""The rows of a table as samples whose inputs are the columns of `[data.columns]`."""

from __future__ import annotations

import numpy as np

from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.sources import TableSource
from seqspec.training.data.column_findings import column_path, unused_columns
from seqspec.training.data.columns import (
    OTHER_KEYS,
    ColumnSelection,
    collect,
    label_columns,
    named_columns,
    require_columns,
    row_names,
)
from seqspec.training.data.encoding.raw import Kinds
from seqspec.training.data.samples import ReadContext, Samples
from seqspec.training.data.table_files import Table, open_table


def read_encoded(source: TableSource, context: ReadContext) -> Samples:
    """The rows of a table; `x` are raw rows of the columns `context.kinds`, to be encoded after the split."""
    kinds = context.kinds
    assert kinds is not None
    table = open_table(context, source.path, source.format, source.dialect)
    labels = label_columns(source)
    _require_columns(source, table, kinds, context)
    numbers = {"label": labels} if len(labels) > 1 else {}
    if source.weight:
        numbers["weight"] = [source.weight]
    mixed = labels if len(labels) == 1 else ()
    selection = ColumnSelection(
        numbers, (), mixed, list(context.columns), source.id, kinds,
        decimal=source.decimal, unit=context.label_unit,
    )  # fmt: skip
    found = collect(table, context, source.path, selection)
    assert found.raw is not None
    rows, raw = found.raw
    warnings = list(found.warnings)
    if not context.trained:
        used = {*context.columns, *(name for _, name in named_columns(source, ("label", *OTHER_KEYS)))}
        warnings += unused_columns(kinds, table.names, used, ("data", "columns"))
    y = found.numbers["label"] if len(labels) > 1 else found.mixed[labels[0]] if labels else None
    weight = np.asarray(found.numbers["weight"])[:, 0] if source.weight else None
    return Samples(
        rows, y, weight, found.others, list(kinds), labels, table.files, row_names(table, source.id, found.ids),
        warnings=warnings, ids=found.ids, id_column=source.id, raw=raw,
        thousands=found.thousands,
    )  # fmt: skip


def _require_columns(source: TableSource, table: Table, kinds: Kinds, context: ReadContext) -> None:
    """Raises `DataError` for columns that the table does not have."""
    violations: list[Violation] = []
    for name in kinds:
        if name in table.names:
            continue
        free = [column for column in table.names if column not in kinds]
        meant = suggest(name, free)
        columns = ", ".join(table.names[:20]) + (", …" if len(table.names) > 20 else "")
        if context.trained:
            message = f"{source.path} has no column `{name}`, which the model needs"
            help = f"rename `{meant.word}`" if meant.word else f"its columns are {columns}"
            violations.append(Violation("data-column", message, path=column_path(name), help=help))
        else:
            violations.append(
                Violation(
                    "data-column",
                    f"{source.path} has no column `{name}`",
                    path=column_path(name),
                    anchor="key",
                    label=meant.label,
                    help=None if meant.word else f"the columns are {columns}",
                )
            )
    require_columns(table, source, ("label", *OTHER_KEYS), context, violations)
