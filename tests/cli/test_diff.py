"""`seqspec diff`: semantic changes and their text; invalid specs and git revisions."""

import json
import os
import re
import subprocess

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli

OLD = """\
seqspec = 1

[model]
input = [28, 28, 1]
layers = [
  { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu", name = "stem" },
  "MaxPooling2D",
  "Flatten",
  { type = "Dropout", rate = 0.5 },
  { type = "Dense", units = 10, activation = "softmax" },
]

[target]
kind = "multiclass"
classes = 10

[compile]
optimizer = "adam"
loss = "sparse_categorical_crossentropy"
metrics = ["accuracy"]
"""

EQUAL = """\
{
  "seqspec": 1,
  "vars": {"width": 32, "last": 10},
  "blocks": {"head": {"params": {"units": 1}, "layers": [
    "Flatten", {"type": "Dropout", "rate": "1/2"},
    {"type": "Dense", "units": "$units", "activation": {"type": "softmax"}, "use_bias": true}]}},
  "model": {
    "input": {"shape": [28, 28, 1], "dtype": "float32", "batch_size": null},
    "layers": [
      {"type": "Convolution2D", "filters": "$width", "kernel_size": [3, 3], "strides": 1, "padding": "valid",
       "activation": "relu", "name": "stem", "kernel_initializer": "glorot_uniform"},
      {"type": "MaxPool2D", "pool_size": [2, 2], "name": "max_pooling2d"},
      {"use": "head", "units": "$last"}
    ]
  },
  "target": {"kind": "multiclass", "classes": 10, "encoding": "integer"},
  "compile": {"optimizer": {"type": "Adam", "learning_rate": 1e-3}, "loss": {"type": "SparseCategoricalCrossentropy"},
              "metrics": ["accuracy"], "steps_per_execution": 1}
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def run(*arguments):
    result = CliRunner().invoke(cli, ["diff", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def changed(*replacements, old=OLD):
    """The comparison, as data, of `old` with a text in which parts are replaced."""
    new = old
    for before, after in replacements:
        assert before in new
        new = new.replace(before, after)
    for name, text in (("old.toml", old), ("new.toml", new)):
        with open(name, "w", encoding="utf-8") as stream:
            stream.write(text)
    result = run("old.toml", "new.toml", "--format", "json")
    data = json.loads(result.stdout)
    assert result.exit_code == (1 if data["changed"] else 0)
    for view in ("text", "markdown"):
        assert run("old.toml", "new.toml", "--format", view).exit_code == result.exit_code
    return data


def arguments(layer):
    return {item["path"]: (item.get("old"), item.get("new")) for item in layer["arguments"]}


def test_diff_of_equivalent_specs_is_empty(folder):
    (folder / "old.toml").write_text(OLD, encoding="utf-8")
    (folder / "new.json").write_text(EQUAL, encoding="utf-8")
    result = run("old.toml", "new.json")
    assert result.stdout == "old.toml → new.json\nno semantic changes\n"
    assert result.exit_code == 0


def test_an_argument_and_all_that_follows_from_it():
    data = changed(("filters = 32", "filters = 64"))
    first, *others = data["layers"]
    assert first["change"] == "changed"
    assert arguments(first) == {"filters": (32, 64)}
    assert {item["path"]: (item["old"], item["new"]) for item in first["facts"]} == {
        "output": ("(26, 26, 32) float32", "(26, 26, 64) float32"),
        "parameters": (320, 640),
        "macs": (9 * 26 * 26 * 32, 9 * 26 * 26 * 64),
    }
    assert {layer["change"] for layer in others} == {"affected"}
    assert data["totals"]["parameters"] == {"old": 320 + 54090, "new": 640 + 108170}
    assert data["totals"]["weights"] == {"old": 4 * 54410, "new": 4 * 108810}
    assert data["totals"]["optimizer"]["new"] > data["totals"]["optimizer"]["old"]
    assert data["totals"]["activations"]["new"] > data["totals"]["activations"]["old"]
    assert data["tables"] == {}


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ('  "Flatten",\n', '  "BatchNormalization",\n  "Flatten",\n', {"added": "BatchNormalization"}),
        ('  { type = "Dropout", rate = 0.5 },\n', "", {"removed": "Dropout"}),
        ('  "Flatten",\n', '  "GlobalAveragePooling2D",\n', {"added": "GlobalAveragePooling2D", "removed": "Flatten"}),
        (
            '  "Flatten",\n  { type = "Dropout", rate = 0.5 },\n',
            '  { type = "Dropout", rate = 0.5 },\n  "Flatten",\n',
            {"moved": "Flatten"},
        ),
        ("rate = 0.5", "rate = 0.4", {"changed": "Dropout"}),
        ("rate = 0.5", 'rate = 0.5, name = "drop"', {"changed": "Dropout"}),
    ],
)
def test_diff_names_the_change_of_each_layer(before, after, kinds):
    layers = [layer for layer in changed((before, after))["layers"] if layer["change"] != "affected"]
    assert {layer["change"]: (layer["new"] or layer["old"])["type"] for layer in layers} == kinds


def test_a_layer_with_a_name_is_followed_wherever_it_goes():
    data = changed(
        ('  { type = "Dense", units = 10, activation = "softmax" },\n', ""),
        ('  "MaxPooling2D",\n', '  { type = "Conv2D", filters = 4, kernel_size = 1 },\n  "MaxPooling2D",\n'),
        ('  "Flatten",\n', '  { type = "Conv2D", filters = 16, kernel_size = 3, name = "stem" },\n  "Flatten",\n'),
        ('  { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu", name = "stem" },\n', ""),
    )
    (stem,) = [layer for layer in data["layers"] if layer["new"] and layer["new"]["name"] == "stem"]
    assert stem["old"]["index"] == 0
    assert stem["change"] in ("changed", "moved")
    assert arguments(stem)["filters"] == (32, 16)
    assert list(arguments(stem)) == ["filters", "activation"]


def test_layers_inside_layers():
    layer = '{ type = "Bidirectional", layer = { type = "LSTM", units = 4 } }'
    old = f'seqspec = 1\n[model]\ninput = ["T", 8]\nlayers = [{layer}]\n'
    (layer,) = changed(("units = 4", "units = 5"), old=old)["layers"]
    assert arguments(layer) == {"layer.units": (4, 5)}
    assert [item["path"] for item in layer["facts"]] == ["output", "parameters", "macs"]


def test_tables():
    data = changed(
        ('optimizer = "adam"', 'optimizer = "adam(3e-4)"'),
        ('metrics = ["accuracy"]', 'metrics = ["mae", "accuracy"]\n\n[fit]\nepochs = 3'),
        ('[target]\nkind = "multiclass"\nclasses = 10\n', ""),
    )
    assert data["layers"] == []
    assert data["tables"]["compile"] == [
        {"path": "optimizer.learning_rate", "old": 0.001, "new": 0.0003},
        {"path": "metrics[0]", "new": "mae"},
    ]
    assert data["tables"]["fit"] == [{"path": "epochs", "new": 3}]
    assert data["tables"]["target"] == [{"path": "kind", "old": "multiclass"}, {"path": "classes", "old": 10}]


def test_the_input():
    data = changed(("input = [28, 28, 1]", 'input = { shape = [32, 28, 1], dtype = "float16", name = "image" }'))
    assert data["model"] == [
        {"path": "input", "old": [28, 28, 1], "new": [32, 28, 1]},
        {"path": "input.dtype", "old": "float32", "new": "float16"},
        {"path": "input.name", "new": "image"},
    ]


def test_findings_alone_are_no_change_of_meaning():
    data = changed(("seqspec = 1\n", "seqspec = 1\nvars = { idle = 3 }\n"))
    assert not data["changed"]
    assert [found["name"] for found in data["new_findings"]] == ["unused-declaration"]
    assert data["fixed"] == []


def test_a_finding_that_only_moved_is_neither_fixed_nor_new():
    old = OLD.replace("rate = 0.5", "rate = 5")
    data = changed(('  "Flatten",\n', '  "BatchNormalization",\n  "Flatten",\n'), old=old)
    assert data["fixed"] == [] and data["new_findings"] == []


def test_a_mistake_in_one_layer_hides_nothing_else():
    data = changed(("kernel_size = 3", "kernel_size = 99"), ("rate = 0.5", "rate = 0.25"))
    assert [arguments(layer) for layer in data["layers"] if layer["arguments"]] == [
        {"kernel_size": ([3, 3], [99, 99])},
        {"rate": (0.5, 0.25)},
    ]
    assert data["totals"]["parameters"] == {"old": 54410, "new": None}
    assert [found["name"] for found in data["new_findings"]] == ["window-too-large"]
    text = run("old.toml", "new.toml").stdout
    assert "parameters" in text and "→ unknown" in text


def test_an_unknown_layer_is_told_by_its_own_words():
    data = changed(('type = "Dropout", rate = 0.5', 'type = "Qqq", rate = 0.5'))
    assert {(layer["change"], (layer["new"] or layer["old"])["type"]) for layer in data["layers"]} == {
        ("removed", "Dropout"),
        ("added", "Qqq"),
    }


@pytest.mark.parametrize("side", [0, 1])
def test_a_syntax_error_on_one_side(folder, side):
    (folder / "good.toml").write_text(OLD, encoding="utf-8")
    (folder / "bad.toml").write_text(OLD.replace("]\n\n[target]", "\n\n[target]"), encoding="utf-8")
    files = ["bad.toml", "good.toml"] if side == 0 else ["good.toml", "bad.toml"]
    result = run(*files)
    assert result.exit_code == 1
    assert f"the {['old', 'new'][side]} spec cannot be read; only findings are compared" in result.stdout
    assert f"{['fixed findings', 'new findings'][side]}\n  bad.toml:" in result.stdout
    assert run("bad.toml", "bad.toml").exit_code == 0


def test_two_stacks_with_nothing_in_common():
    layers = "\n".join(f'  {{ type = "Dense", units = {n} }},' for n in range(1, 1200))
    start = "seqspec = 1\n[model]\ninput = [4]\nlayers = [\n"
    data = changed((layers, layers.replace("Dense", "ReLU").replace("units", "x-n")), old=f"{start}{layers}\n]\n")
    assert {layer["change"] for layer in data["layers"]} == {"added", "removed"}
    assert len(data["layers"]) == 2 * 1199


@pytest.mark.parametrize(
    "arguments",
    [
        ["one.toml"],
        ["one.toml", "two.toml"],
        ["-", "one.toml"],
        ["a.toml", "b.toml", "c.toml"],
        ["--git", "HEAD"],
        ["--git", "HEAD", "a.toml", "b.toml"],
        ["--format", "html", "a.toml", "b.toml"],
    ],
)
def test_wrong_use(arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_markdown_holds_no_markup_from_the_document():
    evil = "a|b `c` <img> @team [x](y) **z**"
    data = changed((OLD, OLD.replace("seqspec = 1", f'seqspec = 1\nkeras = "{evil}"')), old=OLD)
    assert data["model"][0]["new"] == evil
    lines = [line for line in run("old.toml", "new.toml", "--format", "markdown").stdout.splitlines() if "img" in line]
    row = lines[0]
    assert len(re.findall(r"(?<!\\)\|", row)) == 4
    assert "``" in row
    outside = re.sub(r"(`+).*?(?<!`)\1(?!`)", "", row)
    assert "img" not in outside and "@" not in outside


def test_terminal_commands_are_shown_not_sent():
    changed(("rate = 0.5", 'rate = 0.5, x-a = "\\u001b[31m"'), ('name = "stem"', 'name = "st\\u001b[31mem"'))
    for view in ("text", "markdown", "json"):
        assert "\x1b" not in run("old.toml", "new.toml", "--format", view).stdout


@pytest.fixture
def repository(folder):
    (folder / "models").mkdir()

    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)

    git("init", "-q")
    (folder / "base.toml").write_text(OLD, encoding="utf-8")
    (folder / "models" / "m.toml").write_text('seqspec = 1\nextends = "../base.toml"\n', encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "first")
    return folder


def test_since_a_revision(repository):
    assert run("--git", "HEAD", "models/m.toml").stdout == "HEAD:models/m.toml → models/m.toml\nno semantic changes\n"
    (repository / "base.toml").write_text(OLD.replace("rate = 0.5", "rate = 0.25"), encoding="utf-8")
    result = run("--git", "HEAD", "models/m.toml")
    assert result.exit_code == 1
    assert "  ~ layers[3] dropout (Dropout)\n      rate  0.5 → 0.25\n" in result.stdout


def test_since_a_revision_from_inside_a_folder(repository, monkeypatch):
    monkeypatch.chdir(repository / "models")
    assert run("--git", "HEAD", "m.toml").exit_code == 0
    text = 'seqspec = 1\nextends = "../base.toml"\n[fit]\nepochs = 2\n'
    (repository / "models" / "m.toml").write_text(text, encoding="utf-8")
    result = run("--git", "HEAD", "m.toml")
    assert "[fit]\n  epochs  2 (added)\n" in result.stdout


@pytest.mark.parametrize(
    ("revision", "file", "words"),
    [
        ("nowhere", "base.toml", "unknown revision"),
        ("--output=x", "base.toml", "expected a revision"),
        ("HEAD", "nothing.toml", "nothing.toml: file not found"),
        ("HEAD", "nofolder/a.toml", "nofolder/a.toml: file not found"),
        ("HEAD", "models", "models: this is a folder"),
    ],
)
def test_diff_with_an_unknown_revision_fails(repository, revision, file, words):
    result = run("--git", revision, file)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (repository / "x").exists()


def test_a_document_that_a_change_adds(repository):
    (repository / "new").mkdir()
    (repository / "new" / "m.toml").write_text(OLD, encoding="utf-8")
    result = run("--git", "HEAD", "new/m.toml")
    assert result.exit_code == 1
    assert "HEAD:new/m.toml → new/m.toml\nthere is no old spec: everything is new\n" in result.stdout
    data = json.loads(run("--git", "HEAD", "new/m.toml", "--format", "json").stdout)
    whole = json.loads(run(os.devnull, "new/m.toml", "--format", "json").stdout)
    assert {**data, "old": ""} == {**whole, "old": ""}
    assert data["absent"] == ["old"] and {layer["change"] for layer in data["layers"]} == {"added"}
    report = seqspec.check("new/m.toml")
    assert [layer["new"]["type"] for layer in data["layers"]] == [layer.type for layer in report.layers]
    assert data["totals"]["parameters"] == {"old": 0, "new": report.params}
    assert "There is no old spec: everything is new." in run(os.devnull, "new/m.toml", "--format", "markdown").stdout


@pytest.mark.parametrize("with_folder", [False, True])
def test_a_document_that_a_change_takes_away(repository, with_folder):
    before = seqspec.check("models/m.toml")
    (repository / "models" / "m.toml").unlink()
    if with_folder:
        (repository / "models").rmdir()
    result = run("--git", "HEAD", "models/m.toml")
    assert result.exit_code == 1
    assert "there is no new spec: everything was removed\n" in result.stdout
    data = json.loads(run("--git", "HEAD", "models/m.toml", "--format", "json").stdout)
    assert data["absent"] == ["new"] and data["new_findings"] == []
    assert [layer["change"] for layer in data["layers"]] == ["removed"] * len(before.layers)
    assert data["totals"]["parameters"] == {"old": before.params, "new": 0}


def test_findings_of_a_document_that_is_new_are_new(folder):
    (folder / "bad.toml").write_text(OLD.replace("rate", "rat"), encoding="utf-8")
    data = json.loads(run(os.devnull, "bad.toml", "--format", "json").stdout)
    assert [finding["code"] for finding in data["new_findings"]] == [
        d.code for d in seqspec.check("bad.toml").diagnostics
    ]
    assert data["new_findings"] and data["fixed"] == []


def test_diff_outside_a_repository_fails(folder):
    (folder / "a.toml").write_text(OLD, encoding="utf-8")
    result = run("--git", "HEAD", "a.toml")
    assert result.exit_code == 2
    assert "git: " in result.stderr
