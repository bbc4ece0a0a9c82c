"""`seqspec explain` and `seqspec rules`."""

import json

import pytest

from seqspec.core.diagnostics.codes import CODES
from seqspec.core.linter.registry import rules


def test_a_rule_by_code_and_by_name(run):
    by_name = run("explain", "softmax-over-one")
    assert by_name.exit_code == 0
    assert by_name.output == run("explain", "seq301").output
    assert by_name.output.startswith("SEQ301 softmax-over-one (error)\nSoftmax over ")
    assert '    7 |   { type = "Dense", units = 1, activation = "softmax" },' in by_name.output
    assert by_name.output.endswith("# seqspec: ignore[SEQ301] reason\n")


def test_explain_knows_every_code(run):
    for code in CODES.values():
        result = run("explain", code.code)
        assert result.exit_code == 0
        assert result.output.startswith(f"{code.code} {code.name} ({code.severity})\n{code.summary}\n")


def test_a_code_of_the_language(run):
    by_name = run("explain", "window-too-large").output
    assert by_name == run("explain", "SEQ212").output
    assert "\nWhy is this bad?\n" in by_name and "error[SEQ212] window-too-large: model.layers[2]" in by_name
    # Nothing suppresses what keeps a spec from being checked.
    assert "To suppress it" in by_name and "To suppress it" not in run("explain", "syntax-error").output


def test_explain_writes_json(run):
    page = run("explain", "SEQ301", "--format", "markdown").output
    assert page.startswith("# softmax-over-one (SEQ301)\n") and "\n```toml\nseqspec = 1\n" in page
    data = json.loads(run("explain", "SEQ301", "--format", "json").output)
    assert (data["code"], data["area"]) == ("SEQ301", "head")
    assert 'activation = "sigmoid"' in data["sections"]["Use instead"]


@pytest.mark.parametrize(
    ("code", "area"), [("SEQ901", "training data"), ("SEQ909", "training data"), ("SEQ216", "language")]
)
def test_the_area_of_codes_that_no_rule_checks(run, code, area):
    assert json.loads(run("explain", code, "--format", "json").output)["area"] == area


def test_an_unknown_rule(run):
    result = run("explain", "softmax-ovr-one")
    assert result.exit_code == 2
    assert "unknown rule 'softmax-ovr-one'; did you mean softmax-over-one?" in result.output
    assert "unknown rule 'zzzzzzzz'; see seqspec rules" in run("explain", "zzzzzzzz").output


def test_a_word_lists_the_rules_about_it(run):
    result = run("explain", "softmax")
    assert result.exit_code == 2
    assert "\n  SEQ301 softmax-over-one: " in result.output


def test_the_list(run):
    lines = run("rules").output.splitlines()
    assert len(lines) == len(CODES)
    assert lines[0].split()[:3] == ["SEQ001", "syntax-error", "error"]
    listed = json.loads(run("rules", "--format", "json").output)
    assert [entry["code"] for entry in listed] == [code.code for code in CODES.values()]
    assert {entry["area"] for entry in listed if entry["name"] in {rule.name for rule in rules()}} <= {
        "head", "architecture", "training", "data", "cost", "portability"
    }  # fmt: skip


def test_a_part_of_the_list(run):
    shapes = run("rules", "SEQ21", "softmax-over-one").output
    assert [line[:5] for line in shapes.splitlines()] == ["SEQ21"] * (len(shapes.splitlines()) - 1) + ["SEQ30"]
    assert run("rules", "SEQ21x").exit_code == 2
