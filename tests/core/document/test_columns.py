"""`[data.columns]`: kinds, widths, shorthand, and what is refused."""

from typing import Any

import pytest

from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.columns import (
    CategoryColumn,
    DateColumn,
    NumberColumn,
    TextColumn,
    encoded_width,
    read_columns,
)
from seqspec.core.document.data import Data

TABLE = {"type": "table", "path": "churn.csv", "label": "churned"}


def problems(columns: object) -> list[tuple[str, tuple[str | int, ...]]]:
    """The rules and places of the mistakes in `columns`."""
    try:
        read_columns(columns)
    except Violation as violation:
        return [(violation.rule, violation.path)]
    except Violations as several:
        return [(violation.rule, violation.path) for violation in several.items]
    return []


@pytest.mark.parametrize(("column", "width"), [
    ("number", 1),
    ({"kind": "number", "missing": {"fill": 0}}, 1),
    ({"kind": "number", "missing": {"fill": "median", "flag": True}}, 2),
    ("boolean", 1),
    ({"kind": "boolean", "missing": {"fill": False, "flag": True}}, 2),
    (["basic", "family", "premium"], 3),
    ({"kind": "category", "values": [1, 2, 7], "missing": "category"}, 4),
    ({"kind": "category", "top": 50}, 51),
    ({"kind": "category", "top": 50, "min_count": 5, "missing": "category"}, 52),
    ("category", None),
    ({"kind": "category", "min_count": 5}, None),
    ({"kind": "date", "parts": ["year"]}, 1),
    ({"kind": "date", "parts": ["year", "season", "weekend", "elapsed"]}, 5),
    ({"kind": "date", "parts": ["season"], "missing": {"fill": "mean", "flag": True}}, 3),
    ({"kind": "text", "top": 30}, 30),
])  # fmt: skip
def test_width(column: Any, width: int | None) -> None:
    assert read_columns({"c": column})["c"].width() == width


def test_the_width_of_all_columns() -> None:
    columns: dict[str, object] = {"state": {"kind": "category", "top": 51}, "calls": "number", "plan": ["a", "b"]}
    assert encoded_width(read_columns(columns)) == 55
    assert encoded_width(read_columns({**columns, "city": "category"})) is None


def test_the_order_is_kept_and_shorthand_is_a_kind() -> None:
    columns = read_columns({"b": "text", "a": ["x", "y"], "c": {"kind": "number", "clip": [0, 1e6]}})
    assert list(columns) == ["b", "a", "c"]
    assert isinstance(columns["b"], TextColumn)
    assert isinstance(columns["a"], CategoryColumn)
    assert columns["a"].values == ["x", "y"]
    assert isinstance(columns["c"], NumberColumn)
    assert columns["c"].scale == "standard"


def test_missing_values() -> None:
    columns = read_columns({
        "a": {"kind": "number", "missing": "drop"},
        "b": {"kind": "number", "missing": {"fill": 1.5}},
        "c": {"kind": "boolean", "missing": {"fill": True}},
        "d": "number",
    })  # fmt: skip
    assert [column.to_tree().get("missing") for column in columns.values()] == [
        "drop", {"fill": 1.5}, {"fill": True}, None,
    ]  # fmt: skip


@pytest.mark.parametrize(("columns", "rule", "path"), [
    ({}, "bad-value", ()),
    (["age"], "wrong-type", ()),
    ({"a": 3}, "wrong-type", ("a",)),
    ({"a": "numbr"}, "bad-value", ("a",)),
    ({"a": ["x", "y", "x"]}, "bad-value", ("a", 2)),
    ({"a": {"kind": "category", "values": [1, True]}}, "bad-value", ("a", "values", 1)),
    ({"a": {"kind": "category", "values": ["x"], "top": 3}}, "conflicting-arguments", ("a", "top")),
    ({"a": {"kind": "category", "values": ["x"], "min_count": 3}}, "conflicting-arguments", ("a", "min_count")),
    ({"a": {"kind": "number", "clip": [1, 1]}}, "bad-value", ("a", "clip")),
    ({"a": {"kind": "number", "missing": {"fill": True}}}, "wrong-type", ("a", "missing", "fill")),
    ({"a": {"kind": "text", "missing": "drop"}}, "unknown-key", ("a", "missing")),
    ({"a": {"kind": "date", "parts": ["year", "year"]}}, "bad-value", ("a", "parts", 1)),
    ({"a": {"kind": "date", "format": "d/m/Y"}}, "bad-value", ("a", "format")),
    ({"a": {"kind": "date", "since": "2024-01-31"}}, "conflicting-arguments", ("a", "since")),
    ({"a": {"kind": "date", "parts": ["elapsed"], "since": "b"}, "b": "number"}, "bad-value", ("a", "since")),
    ({"a": {"kind": "date", "parts": ["elapsed"], "since": "a"}}, "bad-value", ("a", "since")),
    ({"a": {"kind": "date", "parts": ["elapsed"], "since": "c"}}, "bad-value", ("a", "since")),
])  # fmt: skip
def test_mistakes(columns: object, rule: str, path: tuple[str | int, ...]) -> None:
    assert problems(columns) == [(rule, path)]


def test_the_start_of_elapsed_is_a_date_or_a_date_column() -> None:
    elapsed = {"kind": "date", "parts": ["elapsed"]}
    columns = read_columns({"a": {**elapsed, "since": "2024-01-31"}, "b": {**elapsed, "since": "c"}, "c": "date"})
    assert [column.since_ for column in columns.values() if isinstance(column, DateColumn)] == ["2024-01-31", "c", None]


def test_one_mistake_hides_no_other() -> None:
    found = problems({"a": "float", "b": {"kind": "datetime", "part": ["year"]}, "c": {"scale": "lg"}})
    assert [rule for rule, _ in found] == ["bad-value", "bad-value", "unknown-key", "missing-key", "bad-value"]


@pytest.mark.parametrize(("data", "path"), [
    ({"source": {**TABLE, "features": ["age"]}}, ("source", "features")),
    ({"train": {"source": {**TABLE, "features": ["age"]}}}, ("train", "source", "features")),
    ({"source": {"type": "images", "path": "cats"}}, ("columns",)),
    ({"source": "digits.npz"}, ("columns",)),
    ({}, ("columns",)),
])  # fmt: skip
def test_only_a_table_without_features_has_columns(data: Any, path: tuple[str, ...]) -> None:
    violations: list[Violation] = []
    Data.read_table({**data, "columns": {"age": "number"}}, violations)
    (violation,) = violations
    assert (violation.rule, violation.path) == ("conflicting-arguments", path)


def test_a_path_alone_may_be_a_table() -> None:
    violations: list[Violation] = []
    data = Data.read_table({"train": {"source": "churn.csv"}, "columns": {"age": "number"}}, violations)
    assert not violations
    assert data is not None
    assert data.columns is not None
    assert list(data.columns) == ["age"]
