"""The source `table`: its rows as samples, of numbers, of text, or of the columns of `[data.columns]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from seqspec.core.api.data import TableSource
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import TableName, fmt, shorten, shorten_list, suggest
from seqspec.training.data.column_findings.wrong_values import column_path
from seqspec.training.data.columns import Columns, ColumnSelection, collect
from seqspec.training.data.encoding.raw import Kinds
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Samples
from seqspec.training.data.stored import StoredArray, Values
from seqspec.training.data.tables.named_columns import OTHER_KEYS, named_columns, require_columns
from seqspec.training.data.tables.table_files import DataTable, open_table
from seqspec.training.errors import DataError


def read_table(source: TableSource, context: ReadContext) -> Samples:
    """The rows of a table as samples: of the columns to encode, if there are any."""
    table = open_table(context, source.path, source.format, source.dialect)
    if context.kinds is not None:
        return _raw_rows(source, table, context.kinds, context)
    labels = label_columns(source)
    used = {*labels, *context.columns, *(source.ignore or ()), *filter(None, (source.weight, source.id))}
    features = list(source.features or (name for name in table.names if name not in used))
    require_columns(table, source, ("features", "label", *OTHER_KEYS), context)
    if not features:
        raise context.error("data-column", "no columns are left for the input", help="name features")
    selection = _label_selection(source, context)._replace(encodable=not context.trained)
    if context.string_input:
        selection = selection._replace(texts=features)
    else:
        selection = selection._replace(numbers={"features": features, **selection.numbers})
    try:
        columns = collect(table, context, selection)
    except DataError:
        if source.features or len(table.names) > 1 or context.access.anywhere:
            raise
        # Any text is a table of one column, whose name and values would be quoted.
        message = f"the only column of {source.path} does not have a number in each row"
        raise context.error("data-values", message, "path", help="if it is a table, name the column in features")
    x: Values
    if not context.string_input:
        x = columns.numbers["features"]
    elif len(features) == 1 and not context.input_shape:
        x = columns.texts[features[0]]
    else:
        parts = [columns.texts[name] for name in features]
        stored = any(isinstance(part, StoredArray) for part in parts)
        x = StoredArray.side_by_side(parts) if stored else np.stack([np.asarray(part) for part in parts], axis=1)
    return _table_samples(source, table, columns, x, features)


def _label_selection(source: TableSource, context: ReadContext) -> ColumnSelection:
    """The columns that are read beside the inputs: labels, weights, identifiers, and those of the split."""
    labels = label_columns(source)
    numbers = {"label": labels} if len(labels) > 1 else {}
    if source.weight:
        numbers["weight"] = [source.weight]
    return ColumnSelection(
        numbers,
        (),
        labels[0] if len(labels) == 1 else None,
        list(context.columns),
        source.id,
        decimal=source.decimal,
        unit=context.label_unit,
    )


def _table_samples(
    source: TableSource, table: DataTable, columns: Columns, x: Values, features: Sequence[str]
) -> Samples:
    """The rows of a table as samples with these inputs."""
    labels = label_columns(source)
    y = columns.numbers["label"] if len(labels) > 1 else columns.label
    weight = np.asarray(columns.numbers["weight"])[:, 0] if source.weight else None
    return Samples(
        x, y, weight, columns.others, features, labels, table.files, _row_names(table, source.id, columns.ids),
        warnings=columns.warnings, ids=columns.ids, id_column=source.id, thousands=columns.thousands,
    )  # fmt: skip


def label_columns(source: TableSource) -> list[str]:
    """The label columns."""
    return [source.label] if isinstance(source.label, str) else list(source.label or ())


def _row_names(table: DataTable, id_column: str | None, ids: Values | None) -> Callable[[int], str]:
    """The names of rows in messages, with the identifier where there is one."""
    if ids is None or id_column is None:
        return table.row_name
    return lambda row: f"{table.row_name(row)} ({id_column} {str(ids[row : row + 1][0])[:40]})"


def _raw_rows(source: TableSource, table: DataTable, kinds: Kinds, context: ReadContext) -> Samples:
    """Samples whose inputs are raw rows of the columns `kinds`, to be encoded after the split."""
    _require_kinds(source, table, kinds, context)
    columns = collect(table, context, _label_selection(source, context)._replace(kinds=kinds))
    assert columns.raw is not None
    rows, raw = columns.raw
    samples = replace(_table_samples(source, table, columns, rows, list(kinds)), raw=raw)
    if context.trained:
        return samples
    used = {*context.columns, *(name for _, name in named_columns(source, ("label", *OTHER_KEYS)))}
    unused = _unused_columns(kinds, table.names, used)
    return replace(samples, warnings=[*columns.warnings, *unused])


def _require_kinds(source: TableSource, table: DataTable, kinds: Kinds, context: ReadContext) -> None:
    """Raises `DataError` for columns that the table does not have."""
    violations: list[Violation] = []
    lacking = [name for name in kinds if not table.has(name)]
    names = table.names_for_messages(context.access) if lacking else []
    columns = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    for name in lacking:
        meant = suggest(name, [column for column in names if column not in kinds])
        message, path = f"{source.path} has no column `{name}`", column_path(name)
        if context.trained:
            listed = f"its columns are {columns}" if columns else None
            help = f"rename `{meant.word}`" if meant.word else listed
            violations.append(Violation("data-column", f"{message}, which the model needs", path=path, help=help))
        else:
            listed = None if meant.word or not columns else f"the columns are {columns}"
            violation = Violation("data-column", message, path=path, anchor="key", label=meant.label, help=listed)
            violations.append(violation)
    require_columns(table, source, ("label", *OTHER_KEYS), context, violations)


def _unused_columns(kinds: Kinds, names: Sequence[str], used: set[str]) -> list[Violation]:
    """A note about columns of the table that are neither declared nor ignored."""
    rest = [name for name in names if name not in kinds and name not in used]
    if not rest:
        return []
    noun, them = ("a column that is", "it") if len(rest) == 1 else (f"{len(rest):,} columns that are", "them")
    message = f"the table has {noun} not used: {shorten_list([shorten(name) for name in rest], 8)}"
    help = fmt("list {} in ignore, or declare {} in {}", them, them, TableName(("data", "columns")))
    return [Violation("unused-column", message, path=("data", "columns"), help=help)]
