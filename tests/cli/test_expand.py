"""`seqspec expand`: the output is equivalent to the spec, and `--origins` prints where each value was written."""

import json
import re
import tomllib

import pytest

import seqspec
from seqspec.core.linter import registry
from tests.cli.conftest import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.seqspec.*"))
OK_CASES = sorted(path for path in (ROOT / "tests/cases/ok").rglob("*") if path.suffix in (".toml", ".json"))
AREAS = frozenset(registry.AREAS.values())
OTHERS = 10
"""Documents of the language are expanded in each run, and every tenth of the others, of which the rest is for the night."""


def documents():
    for index, path in enumerate([*EXAMPLES, *OK_CASES]):
        of_a_rule = not AREAS.isdisjoint(path.parts)
        yield pytest.param(path, id=path.name, marks=[pytest.mark.nightly] if of_a_rule and index % OTHERS else [])


def facts(source):
    """What the check finds out of a document, without the places, which messages name as they are written."""

    def strip(value):
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in ("pointer", "file")}
        return [strip(item) for item in value] if isinstance(value, list) else value

    report = seqspec.check(source)
    assert report.ok
    told = strip(report.to_dict())
    # What a block has once is found once, and in the long form once for every use.
    told["diagnostics"] = sorted({(found["code"], found["severity"]) for found in told["diagnostics"]})
    return told


@pytest.mark.parametrize("format_", ["toml", "json"])
@pytest.mark.parametrize("path", list(documents()))
def test_long_form_has_equal_facts(run, write, path, format_):
    result = run("expand", str(path), "--format", format_)
    assert result.exit_code == 0
    name = write(f"expanded.{format_}", result.output)
    # The long form has no search, whose paths name variables.
    assert facts(name) == {key: value for key, value in facts(str(path)).items() if key != "search"}
    tree = tomllib.loads(result.output) if format_ == "toml" else json.loads(result.output)
    assert not {"vars", "blocks", "extends", "override", "search"} & set(tree)
    assert "$" not in json.dumps({key: value for key, value in tree.items() if key not in ("custom", "$schema")})
    assert run("fmt", "--check", name).exit_code == 0
    # It is its own long form.
    assert run("expand", name).output == result.output
    assert run("expand", name, "--format", {"toml": "json", "json": "toml"}[format_]).exit_code == 0


@pytest.mark.parametrize("path", list(documents()))
def test_formats_of_the_long_form_are_equal(run, path):
    toml = tomllib.loads(run("expand", str(path), "--format", "toml").output)
    assert toml == none_as_text(json.loads(run("expand", str(path), "--format", "json").output))


def none_as_text(value):
    if isinstance(value, dict):
        return {key: none_as_text(item) for key, item in value.items()}
    return [none_as_text(item) for item in value] if isinstance(value, list) else "none" if value is None else value


BASE = """seqspec = 1
vars = { w = 3, sizes = [5, 6] }
[blocks.p]
params = { units = 2, act = "relu" }
layers = [{ type = "Dense", units = "$units", activation = "$act" }, "BatchNormalization"]
[model]
input = [4]
layers = [
  { use = "p", units = "$w" },
  { use = "p", for = { units = "$sizes[1:]" } },
  { type = "Dropout", rate = "1/4", repeat = 2 },
  { type = "Dense", units = 7, name = "head" },
]
"""
CHILD = """seqspec = 1
extends = "b.toml"
vars = { w = 8 }
[compile]
optimizer = "adam(1e-3)"
[override.layers.head]
units = 9
"""
# ruff: noqa: E501
ORIGINS = """/seqspec = 1  c.toml:1:11
/model/input = [4]  b.toml:7:9
/model/layers/0/type = "Dense"  b.toml:5:20 (block p is used here: b.toml:9:3)
/model/layers/0/units = 11  b.toml:5:37 (units is passed here: b.toml:9:24) (w is set here: --set:1:8) (block p is used here: b.toml:9:3)
/model/layers/0/activation = "relu"  b.toml:5:60 (the default of act: b.toml:4:29) (block p is used here: b.toml:9:3)
/model/layers/1 = "BatchNormalization"  b.toml:5:70 (block p is used here: b.toml:9:3)
/model/layers/2/type = "Dense"  b.toml:5:20 (block p is used here: b.toml:10:3)
/model/layers/2/units = 6  b.toml:5:37 (units is passed here: b.toml:10:32) (sizes is defined here: b.toml:2:29) (block p is used here: b.toml:10:3)
/model/layers/2/activation = "relu"  b.toml:5:60 (the default of act: b.toml:4:29) (block p is used here: b.toml:10:3)
/model/layers/3 = "BatchNormalization"  b.toml:5:70 (block p is used here: b.toml:10:3)
/model/layers/4/type = "Dropout"  b.toml:11:12
/model/layers/4/rate = "1/4"  b.toml:11:30
/model/layers/5/type = "Dropout"  b.toml:11:12
/model/layers/5/rate = "1/4"  b.toml:11:30
/model/layers/6/type = "Dense"  b.toml:12:12
/model/layers/6/units = 9  c.toml:7:9
/model/layers/6/name = "head"  b.toml:12:39
/model/layers/6/activation = "tanh"  --set:2:24
/compile/optimizer = "adam(1e-3)"  c.toml:5:13
"""


def test_origins(run, write):
    write("b.toml", BASE)
    write("c.toml", CHILD)
    settings = ("--set", "vars.w=11", "--set", "layers.head.activation=tanh")
    assert run("expand", "c.toml", "--origins", *settings).output == ORIGINS


def test_origins_point_to_their_values(run, write):
    """Where nothing lies between, the text at the place is the value."""
    for path in EXAMPLES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for line in run("expand", str(path), "--origins").output.splitlines():
            match = re.fullmatch(r"(\S+) = (.*)  (\S+):(\d+):(\d+)(.*)", line)
            assert match is not None, line
            assert match[3] == str(path)
            text = lines[int(match[4]) - 1][int(match[5]) - 1 :]
            if not match[6] and not match[2].startswith(("[", "{")) and "$" not in text[:3]:
                assert as_value(text, path.suffix) == json.loads(match[2]), line


def as_value(text, suffix):
    if suffix == ".json":
        return json.JSONDecoder().raw_decode(text)[0]
    word = re.match(r'"[^"]*"|[^\s,\]}#]+', text)[0]
    return tomllib.loads(f"x = {word}")["x"]


def test_expand_of_an_invalid_spec_prints_errors_only(run, write):
    result = run("expand", write("bad.toml", 'seqspec = 1\n[model]\ninput = [4]\nlayers = ["Dense"]\n'))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "error[SEQ103] missing-argument" in result.stderr
    assert result.stderr.endswith("1 error; aborted\n")


def test_expand_ignores_warnings(run, write):
    document = 'seqspec = 1\nvars = { a = 1 }\n[model]\ninput = [4]\nlayers = ["Flatten"]\n'
    assert run("expand", write("warn.toml", document)).exit_code == 0


def test_expand_keeps_extra_keys(run, write):
    document = (
        'seqspec = 1\n"$schema" = "x.json"\nkeras = ">=3.12"\nx-team = { a = "$5" }\n[model]\nx-note = 1\ninput = [4]\n'
        'layers = [{ type = "Dense", units = 2, x-why = "because" }]\n[fit]\nx-more = [1]\n'
    )
    tree = json.loads(run("expand", write("own.toml", document), "--format", "json").output)
    assert (tree["$schema"], tree["keras"], tree["x-team"]) == ("x.json", ">=3.12", {"a": "$5"})
    assert tree["model"]["x-note"] == 1
