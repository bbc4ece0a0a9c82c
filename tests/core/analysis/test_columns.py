"""What a check knows about `[data.columns]` without the data: the input, the uses of columns, and the scale."""

import json
import tomllib
from copy import deepcopy
from typing import Any

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli

SPEC: dict[str, Any] = {
    "seqspec": 1,
    "model": {"layers": [{"type": "Dense", "units": 1, "activation": "sigmoid"}]},
    "target": {"kind": "binary"},
    "compile": {"optimizer": "adam", "loss": "binary_crossentropy"},
    "data": {
        "source": {"type": "table", "path": "churn.csv", "label": "churned"},
        "columns": {"state": {"kind": "category", "top": 51}, "calls": "number", "plan": ["basic", "family"]},
    },
}
TOML = """\
seqspec = 1

[model]
layers = [
  { type = "Dense", units = 1 },
]

[data.source]
type = "table"
path = "churn.csv"
label = "churned"

[data.columns]
state = { kind = "category", top = 51 }
samples = "number"  # the keys of a set of samples are columns here
kind = ["basic", "family"]
x-ray = "boolean"
"""


def spec(**changes: Any) -> dict[str, Any]:
    """The spec with changed tables: `data.columns` by name, others as they are."""
    tree = deepcopy(SPEC)
    tree["data"]["columns"] |= changes.pop("columns", {})
    tree["data"]["source"] |= changes.pop("source", {})
    tree["data"] |= changes.pop("data", {})
    tree["model"] |= changes.pop("model", {})
    return tree | changes


def codes(tree: dict[str, Any]) -> list[str]:
    return [finding.code for finding in seqspec.check(tree).diagnostics]


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_input_is_that_of_the_columns() -> None:
    report = seqspec.check(spec())
    assert report.ok
    assert report.layers[0].input.dims[1:] == (55,)
    # 52 places of state, 1 of calls, 2 of plan, and a bias
    assert report.layers[0].params == 56


@pytest.mark.parametrize("written", [[55], {"shape": [55]}, {"shape": [55], "dtype": "float16"}])
def test_an_input_that_agrees_may_be_written(written: object) -> None:
    assert codes(spec(model={"input": written})) == []


@pytest.mark.parametrize("written", [[54], [5, 11]])
def test_an_input_that_differs_is_an_error(written: list[int]) -> None:
    (finding,) = [
        found for found in seqspec.check(spec(model={"input": written})).diagnostics if found.code == "SEQ604"
    ]
    assert (finding.pointer, finding.severity) == ("/model/input", "error")
    assert "[55]" in str(finding.help)


def test_the_input_of_the_first_layer_must_agree_too() -> None:
    layers = [{"type": "MobileNetV2", "input_shape": [96, 96, 3], "weights": "none"}]
    assert "SEQ604" in codes(spec(model={"layers": layers}))


def test_an_input_is_needed_where_only_the_training_set_knows_the_width() -> None:
    (finding,) = seqspec.check(spec(columns={"city": "category"})).diagnostics
    assert (finding.code, finding.pointer) == ("SEQ201", "/model")
    assert [related.pointer for related in finding.related] == ["/data/columns/city"]
    assert codes(spec(columns={"city": "category"}, model={"input": [70]})) == []


def test_a_mistake_in_a_column_is_reported_alone() -> None:
    assert codes(spec(columns={"city": {"kind": "category", "top": 0}})) == ["SEQ105"]
    assert codes(spec(source={"features": ["calls"]})) == ["SEQ112"]


def test_without_columns_the_input_is_missing_as_before() -> None:
    assert codes(spec(data={"columns": "none"})) == ["SEQ201"]


@pytest.mark.parametrize(("source", "data", "column", "use"), [
    ({"label": "calls"}, {}, "calls", "source/label"),
    ({"label": ["churned", "calls"]}, {}, "calls", "source/label/1"),
    ({"weight": "calls"}, {}, "calls", "source/weight"),
    ({"id": "plan"}, {}, "plan", "source/id"),
    ({"ignore": ["notes", "state"]}, {}, "state", "source/ignore/1"),
    ({}, {"split": {"by": "column", "column": "plan"}}, "plan", "split/column"),
])  # fmt: skip
def test_a_column_has_one_use(source: dict[str, Any], data: dict[str, Any], column: str, use: str) -> None:
    (finding,) = seqspec.check(spec(source=source, data=data)).diagnostics
    assert (finding.code, finding.pointer) == ("SEQ921", f"/data/columns/{column}")
    assert [related.pointer for related in finding.related] == [f"/data/{use}"]


def test_a_label_in_features_is_an_error() -> None:
    tree = spec(source={"features": ["calls", "churned"]}, data={"columns": "none"}, model={"input": [2]})
    assert codes(tree) == ["SEQ921"]
    text = {"type": "text", "path": "mails.csv", "column": "text", "label": "text"}
    assert "SEQ921" in codes({**SPEC, "data": {"source": text}, "model": {"input": [1], **SPEC["model"]}})


def test_the_past_of_a_series_may_forecast_itself() -> None:
    series = {"type": "series", "path": "a.csv", "features": ["load"], "target": "load", "window": 4}
    assert "SEQ921" not in codes({**SPEC, "data": {"source": series}, "model": {"input": [4], **SPEC["model"]}})


@pytest.mark.parametrize(("scale", "expected"), [("standard", ["SEQ602"]), ("none", [])])
def test_columns_are_scaled_once(scale: str, expected: list[str]) -> None:
    layers = ["Normalization", *SPEC["model"]["layers"]]
    tree = spec(columns={"calls": {"kind": "number", "scale": scale}}, model={"layers": layers})
    assert codes(tree) == expected


@pytest.mark.parametrize(("scale", "expected"), [("standard", []), ("none", ["SEQ601"])])
def test_a_range_is_that_of_unscaled_columns(scale: str, expected: list[str]) -> None:
    columns = {"calls": {"kind": "number", "scale": scale}}
    assert codes(spec(columns=columns, data={"train": {"range": [0, 500]}})) == expected


def test_the_input_is_float32() -> None:
    assert "SEQ905" in codes(spec(model={"input": {"shape": [55], "dtype": "int32"}}))


def test_a_policy_and_settings_see_the_long_form(tmp_path: Any) -> None:
    file = tmp_path / "churn.toml"
    file.write_text(TOML)
    settings = (
        "data.columns.samples.scale=log",
        "data.columns.kind.missing=category",
        "data.columns.kind.values.0=none",
    )
    options = [part for setting in settings for part in ("--set", setting)]
    columns = json.loads(run("expand", "--format", "json", *options, str(file)))["data"]["columns"]
    assert columns["samples"] == {"kind": "number", "scale": "log"}
    assert columns["kind"] == {"kind": "category", "missing": "category", "values": ["none", "family"]}
    policy = {"properties": {"data": {"properties": {"columns": {
        "additionalProperties": {"properties": {"kind": {"enum": ["number", "category"]}}},
    }}}}}  # fmt: skip
    report = seqspec.check(str(file), policy=policy)
    assert [finding.code for finding in report.diagnostics] == ["SEQ115"]
    assert report.diagnostics[0].span is not None
    assert TOML.splitlines()[report.diagnostics[0].span.line - 1].startswith("x-ray")


def test_the_formatter_keeps_the_order_of_columns(tmp_path: Any) -> None:
    file = tmp_path / "churn.toml"
    file.write_text(TOML)
    run("fmt", str(file))
    assert file.read_text() == TOML


@pytest.mark.parametrize("columns", [
    f'b = {{ kind = "category", values = {["x" * 40, "y" * 40, "z" * 40]} }}\na = "number"\nc = {{ kind = "text" }}\n',
    'b.kind = "number" # why\nb.scale = "log"\na = "number"\n',
    'b = { kind = "category", values = [\n"x", # first\n"y"] }\na = "number"\n',
    'a = "number"\n[data.columns.c]\n# why\nkind = "text"\n[data.columns.b]\nkind = "date"\n# end\n',
])  # fmt: skip
def test_the_formatter_keeps_the_order_of_long_columns(columns: str, tmp_path: Any) -> None:
    """No header moves a column behind others, as it does in other tables."""
    file = tmp_path / "churn.toml"
    file.write_text(TOML[: TOML.index("state =")] + columns)
    before = tomllib.loads(file.read_text())["data"]["columns"]
    run("fmt", str(file))
    after = tomllib.loads(file.read_text())["data"]["columns"]
    assert (list(after.items()), file.read_text().count("#")) == (list(before.items()), columns.count("#"))
    assert max(map(len, file.read_text().splitlines())) <= 120
    run("fmt", "--check", str(file))


def test_diff_reports_a_changed_column_and_a_changed_order(tmp_path: Any) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(TOML)
    new.write_text(TOML.replace('samples = "number"', 'samples = { kind = "number", scale = "log" }'))
    found = json.loads(CliRunner().invoke(cli, ["diff", "--format", "json", str(old), str(new)]).output)
    assert found["tables"]["data"] == [{"path": "columns.samples.scale", "old": "standard", "new": "log"}]
    lines = TOML.splitlines(keepends=True)
    new.write_text("".join([*lines[:-2], lines[-1], lines[-2]]))
    found = json.loads(CliRunner().invoke(cli, ["diff", "--format", "json", str(old), str(new)]).output)
    assert found["tables"]["data"] == [{
        "path": "columns", "old": ["state", "samples", "kind", "x-ray"], "new": ["state", "samples", "x-ray", "kind"],
    }]  # fmt: skip


def test_summary_lists_the_columns(tmp_path: Any) -> None:
    file = tmp_path / "churn.toml"
    file.write_text(TOML)
    assert "input (56)     state 52, samples 1, kind 2, x-ray 1\n" in run("summary", str(file))
    columns = json.loads(run("summary", "--format", "json", str(file)))["columns"]
    assert columns == {"state": 52, "samples": 1, "kind": 2, "x-ray": 1}
