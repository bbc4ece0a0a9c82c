"""The source `table`: CSV, TSV and JSON Lines by the standard library; Parquet and Feather by PyArrow."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqspec.diagnostics.violation import Violation
from seqspec.document.sources import TableSource
from seqspec.language.names import nearest
from seqspec.training.data.files import matching
from seqspec.training.data.samples import Array, Request, Samples
from seqspec.training.errors import DataError

MISSING = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"})
"""Fields of a CSV file that count as missing."""

FORMATS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".feather": "feather", ".arrow": "feather",
}  # fmt: skip
_SHOWN = 5


class Frame:
    """Named columns of equal length: lists of strings and None as read from text, or NumPy arrays."""

    def __init__(self, columns: dict[str, Sequence[Any]], files: list[str]) -> None:
        self.columns = columns
        self.files = files

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def read_table(source: TableSource, request: Request) -> Samples:
    """The rows of a table as samples."""
    frame = read_frame(request, source.path, source.format, source.delimiter)
    labels = [source.label] if isinstance(source.label, str) else list(source.label or ())
    used = {*labels, *request.columns, *([source.weight] if source.weight else ())}
    features = list(source.features or (name for name in frame.columns if name not in used))
    violations: list[Violation] = []
    wanted = [("features", name) for name in features] + [("label", name) for name in labels]
    wanted += [("weight", source.weight)] if source.weight else []
    for key, name in wanted:
        require_column(frame, name, request, key, violations)
    for name in request.columns:
        require_column(frame, name, request, None, violations)
    if not features and not violations:
        violations.append(request.violation("data-column", "no columns are left for the input", help="name features"))
    if violations:
        raise DataError(violations)
    x: Array
    if request.string_input:
        columns = [text_column(frame.columns[name]) for name in features]
        x = columns[0] if len(columns) == 1 and not request.input_shape else np.stack(columns, axis=1)
    else:
        x = np.stack([number_column(frame, name, request, "features", violations) for name in features], axis=1)
    y = label_columns(frame, labels, request, violations)
    weight = number_column(frame, source.weight, request, "weight", violations) if source.weight else None
    if violations:
        raise DataError(violations)
    columns_of_split = {name: np.asarray(frame.columns[name]) for name in request.columns}
    return Samples(x, y, weight, columns_of_split, features, labels, frame.files, where=row_name(frame))


def row_name(frame: Frame) -> Any:
    """What messages call a row."""
    name = Path(frame.files[0]).name if len(frame.files) == 1 else "row"
    return lambda row: f"{name} row {row + 1:,}"


def read_frame(request: Request, pattern: str, format: str | None = None, delimiter: str | None = None) -> Frame:
    """All columns of one file, or of several files with the same columns."""
    files = matching(request, pattern)
    merged: dict[str, list[Sequence[Any]]] = {}
    for index, file in enumerate(files):
        kind = format or FORMATS.get(file.suffix.lower())
        if kind is None:
            known = ", ".join(dict.fromkeys(FORMATS.values()))
            message = f"{file.name}: unknown table format"
            raise DataError([request.violation("data-unreadable", message, "path", help=f"set format: {known}")])
        try:
            columns = _read(file, kind, delimiter, request)
        except (OSError, ValueError, csv.Error) as error:
            reason = (error.strerror or "cannot be read").lower() if isinstance(error, OSError) else str(error)[:200]
            raise DataError([request.violation("data-unreadable", f"{file.name}: {reason}", "path")])
        if index and set(columns) != set(merged):
            differing = ", ".join(sorted(set(columns) ^ set(merged))[:_SHOWN])
            message = f"{file.name} has other columns than {files[0].name}: {differing}"
            raise DataError([request.violation("data-column", message, "path")])
        for name, values in columns.items():
            merged.setdefault(name, []).append(values)
    whole = {name: parts[0] if len(parts) == 1 else _joined(parts) for name, parts in merged.items()}
    frame = Frame(whole, [str(file) for file in files])
    if len(frame) == 0:
        raise DataError([request.violation("data-unreadable", f"{pattern} has no rows", "path")])
    return frame


def _joined(parts: list[Sequence[Any]]) -> Sequence[Any]:
    if all(isinstance(part, np.ndarray) for part in parts):
        joined: Sequence[Any] = np.concatenate(parts).tolist()
        return joined
    return [value for part in parts for value in part]


def _read(file: Path, kind: str, delimiter: str | None, request: Request) -> dict[str, Sequence[Any]]:
    if kind in ("parquet", "feather"):
        return _read_arrow(file, kind, request)
    if kind == "jsonl":
        return _read_jsonl(file)
    with open(file, encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream, delimiter=delimiter or ("\t" if kind == "tsv" else ","), strict=True)
        header = next(rows, None)
        if header is None:
            raise ValueError("the file is empty")
        header = [name.strip() for name in header]
        if len(set(header)) != len(header):
            twice = next(name for name in header if header.count(name) > 1)
            raise ValueError(f"two columns are named {twice!r}")
        body = list(_rows(rows, len(header)))
    columns = list(zip(*body)) if body else [()] * len(header)
    return {name: [None if value in MISSING else value for value in values] for name, values in zip(header, columns)}


def _rows(rows: Any, width: int) -> Iterator[list[str]]:
    for row in rows:
        if len(row) == width:
            yield row
        elif row:
            raise ValueError(f"line {rows.line_num} has {len(row)} fields, the header has {width}")


def _read_jsonl(file: Path) -> dict[str, Sequence[Any]]:
    records: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    with open(file, encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                raise ValueError(f"line {number} is not valid JSON")
            if not isinstance(record, dict):
                raise ValueError(f"line {number} is not an object")
            names.update(dict.fromkeys(record))
            records.append(record)
    return {name: [record.get(name) for record in records] for name in names}


def _read_arrow(file: Path, kind: str, request: Request) -> dict[str, Sequence[Any]]:
    try:
        from pyarrow import ArrowInvalid, feather, parquet
    except ImportError:
        message = f"{file.name}: reading {kind} needs PyArrow"
        raise DataError(
            [request.violation("data-unreadable", message, "path", help="pip install 'keras-seqspec[train]'")]
        )
    try:
        table = parquet.read_table(file) if kind == "parquet" else feather.read_table(file)
    except ArrowInvalid as error:
        raise ValueError(str(error).splitlines()[0])
    return {name: table.column(name).to_pylist() for name in table.column_names}


def require_column(frame: Frame, name: str, request: Request, key: str | None, violations: list[Violation]) -> None:
    """Appends the violation for a column that the table lacks."""
    if name in frame.columns:
        return
    near = nearest(name, list(frame.columns))
    listing = ", ".join(list(frame.columns)[:20])
    violations.append(
        request.violation(
            "data-column",
            f"unknown column {name}",
            key,
            label=f"did you mean {near}?" if near else None,
            help=None if near else f"the columns are {listing}",
        )
    )


def number_column(frame: Frame, name: str, request: Request, key: str, violations: list[Violation]) -> Array:
    """A column as float32, NaN where a value is missing; one violation where values are not numbers."""
    values = frame.columns[name]
    try:
        return np.array([_number(value) for value in values], dtype=np.float64).astype(np.float32)
    except (ValueError, TypeError):
        bad = [row for row, value in enumerate(values) if not _is_number(value)]
        rows = ", ".join(f"{row + 1:,}" for row in bad[:_SHOWN]) + (", …" if len(bad) > _SHOWN else "")
        violations.append(
            request.violation(
                "data-values",
                f"column {name} is not numeric: {len(bad):,} of {len(values):,} values are text, "
                f"such as {str(values[bad[0]])[:40]!r} (row {rows})",
                key,
                help="remove it from features, or encode it as numbers",
            )
        )
        return np.zeros(len(values), np.float32)


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)


def _is_number(value: Any) -> bool:
    try:
        _number(value)
    except (ValueError, TypeError):
        return False
    return True


def text_column(values: Sequence[Any]) -> Array:
    """A column as strings; a missing one is the empty string."""
    return np.array(["" if value is None else str(value) for value in values], dtype=object)


def label_columns(frame: Frame, names: Sequence[str], request: Request, violations: list[Violation]) -> Array | None:
    """The labels: numbers where all of a column are, else strings; None in place of a missing text label."""
    if not names:
        return None
    if len(names) == 1:
        values = frame.columns[names[0]]
        if all(_is_number(value) and not isinstance(value, bool) for value in values):
            return np.array([_number(value) for value in values], dtype=np.float64)
        return np.array([None if value is None else str(value) for value in values], dtype=object)
    return np.stack([number_column(frame, name, request, "label", violations) for name in names], axis=1)
