"""Random tables `[data.columns]`: what is read is written again, and the schema accepts what the reader accepts."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import jsonschema_rs
from hypothesis import given, settings

import seqspec
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.columns import encoded_width, read_columns
from seqspec.core.language.variables import escaped
from seqspec.core.schema.spec_schema import schema
from tests.strategies.columns import COLUMNS, Tree, changed

PARTS = {"year": 1, "month": 2, "season": 2, "weekday": 2, "weekend": 1, "hour": 2, "elapsed": 1}


@cache
def validator() -> Any:
    return jsonschema_rs.Draft7Validator(schema())


def document(columns: Tree) -> Tree:
    source = {"type": "table", "path": "a.csv", "label": "label"}
    return {
        "seqspec": 1,
        "model": {"input": ["n", 1], "layers": ["Flatten"]},
        "data": {"source": source, "columns": escaped(columns)},
    }


def places(column: Any) -> int | None:
    """The number of values of one column, counted from its declaration."""
    table = {"kind": "category", "values": column} if isinstance(column, list) else column
    table = {"kind": table} if isinstance(table, str) else table
    missing = table.get("missing")
    more = int(isinstance(missing, dict) and missing.get("flag", False)) + (missing == "category")
    match table["kind"]:
        case "category" if "values" in table:
            return len(table["values"]) + more
        case "category":
            return table["top"] + 1 + more if "top" in table else None
        case "date":
            return sum(PARTS[part] for part in table.get("parts", ["year", "season", "weekday"])) + more
        case "text":
            return int(table.get("top", 200))
    return 1 + more


@settings(max_examples=100)
@given(COLUMNS)
def test_valid_columns_are_read_and_written(columns: Tree) -> None:
    read = read_columns(columns)
    assert list(read) == list(columns)
    widths = [places(column) for column in columns.values()]
    assert [column.width() for column in read.values()] == widths
    assert encoded_width(read) == (None if None in widths else sum(width or 0 for width in widths))
    spec = seqspec.Spec.model_validate(document(columns))
    for again in (seqspec.Spec.from_toml(spec.to_toml()), seqspec.Spec.from_json(spec.to_json())):
        assert again == spec
        assert again.data is not None and again.data.columns is not None
        assert list(again.data.columns) == list(columns)


@settings(max_examples=100)
@given(COLUMNS)
def test_the_schema_accepts_valid_columns(columns: Tree) -> None:
    assert [error.message for error in validator().iter_errors(document(columns))] == []


@settings(max_examples=300)
@given(changed())
def test_the_schema_accepts_what_the_reader_accepts(columns: Tree) -> None:
    try:
        read_columns(copy.deepcopy(columns))
        rules = set()
    except Violation as violation:
        rules = {violation.rule}
    except Violations as several:
        rules = {violation.rule for violation in several.items}
    valid = validator().is_valid(document(columns))
    if not rules:
        assert valid, json.dumps(columns)
    if rules & {"wrong-type", "unknown-key"}:
        assert not valid, json.dumps(columns)
