"""`seqspec summary`: the table, its formats, totals against Keras, and numbers in place of unknown sizes."""

import csv
import io
import json
import math

import pytest

import seqspec
from tests.cli.conftest import BAD, GOOD, ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.seqspec.*"))
SEQUENCE = """seqspec = 1
[model]
name = "seq"
input = ["T", 3]
layers = [
  { type = "Conv1D", filters = 4, kernel_size = 5, strides = 2 },
  { type = "LSTM", units = 2, name = "memory" },
  { type = "Dense", units = 1, trainable = false },
]
[compile]
optimizer = "adam"
"""
TABLE = """seq
───────────────────────────────────────────────────────────────────────────────────
layer   type    output shape   dtype    parameters           MACs       activations
───────────────────────────────────────────────────────────────────────────────────
input           (T, 3)         float32
conv1d  Conv1D  ((T-3)//2, 4)  float32          64  ((T-3)//2)*60  ((T-3)//2)*512 B
memory  LSTM    (2)            float32          56  ((T-3)//2)*48             256 B
dense   Dense   (1)            float32           3              2             128 B
───────────────────────────────────────────────────────────────────────────────────
parameters     123 (120 trainable, 3 non-trainable)
MACs           ((T-3)//2)*108+2 per sample
memory         weights 492 B, gradients 480 B, optimizer 960 B, activations ((T-3)//2)*512+384 B for batch size 32
valid for      T ≥ 5
"""


def test_table(run, write):
    result = run("summary", write("seq.toml", SEQUENCE))
    assert result.exit_code == 0
    assert result.output == TABLE


def test_json(run, write):
    printed = json.loads(run("summary", write("seq.toml", SEQUENCE), "--format", "json", "--batch", "1").output)
    assert printed["layers"][1] == {
        "name": "memory",
        "type": "LSTM",
        "output": {"shape": [2], "dtype": "float32"},
        "params": 56,
        "trainable_params": 56,
        "frozen": False,
        "macs": "((T-3)//2)*48",
        "activation_bytes": 8,
    }
    del printed["layers"]
    assert printed == {
        "name": "seq",
        "input": {"shape": ["T", 3], "dtype": "float32"},
        "batch": 1,
        "params": 123,
        "trainable_params": 120,
        "macs": "((T-3)//2)*108+2",
        "memory": {"weights": 492, "gradients": 480, "optimizer": 960, "activations": "((T-3)//2)*16+12"},
        "smallest": {"T": 5},
    }


def test_csv(run, write):
    rows = list(csv.DictReader(io.StringIO(run("summary", write("seq.toml", SEQUENCE), "--format", "csv").output)))
    assert [row["layer"] for row in rows] == ["conv1d", "memory", "dense"]
    assert rows[0] == {
        "layer": "conv1d",
        "type": "Conv1D",
        "output_shape": "((T-3)//2, 4)",
        "dtype": "float32",
        "params": "64",
        "trainable_params": "64",
        "macs": "((T-3)//2)*60",
        "activation_bytes": "((T-3)//2)*512",
    }


def test_numbers_for_unknown_sizes(run, write):
    write("seq.toml", SEQUENCE)
    printed = json.loads(run("summary", "seq.toml", "--format", "json", "--dim", "T=25").output)
    assert printed["input"]["shape"] == [25, 3]
    assert printed["layers"][0]["output"]["shape"] == [11, 4]
    assert printed["macs"] == 11 * 108 + 2
    assert printed["smallest"] == {"T": 5}
    assert json.loads(run("summary", "seq.toml", "--format", "json", "--dim", "25").output) == printed
    for wrong, said in (
        ("T=4", "the model does not build with T = 4: "),
        ("S=4", "the input has no unknown size S; it has T"),
        ("T", "expected NAME=SIZE with an integer"),
        ("T=x", "expected NAME=SIZE with an integer"),
        ("T=-3", "expected NAME=SIZE with an integer"),
        ("=3", "expected NAME=SIZE with an integer"),
        ("T=²", "expected NAME=SIZE with an integer"),
    ):
        result = run("summary", "seq.toml", "--dim", wrong)
        assert result.exit_code == 2
        assert said in result.output


def test_sizes_without_a_name_are_called_by_their_axis(run, write):
    document = SEQUENCE.replace('"T"', '"?"')
    output = run("summary", write("seq.toml", document)).output
    assert "valid for      axis 1 ≥ 5" in output
    assert "MACs           unknown per sample" in output
    assert "(11, 4)" in run("summary", "seq.toml", "--dim", "axis 1=25").output


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_totals_are_those_of_the_built_model(run, path, monkeypatch):
    monkeypatch.chdir(path.parent)
    monkeypatch.syspath_prepend(str(path.parent))
    printed = json.loads(run("summary", str(path), "--format", "json").output)
    model = seqspec.build(str(path), download=False, allow_custom=["my_layers"])
    assert printed["params"] == model.count_params()
    trainable = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    assert printed["trainable_params"] == trainable
    assert [row["params"] for row in printed["layers"]] == [layer.count_params() for layer in model.layers]
    assert [row["name"] for row in printed["layers"]] == [layer.name for layer in model.layers]
    model.optimizer.build(model.trainable_variables)
    kept = [variable for variable in model.optimizer.variables if len(variable.shape)]
    assert printed["memory"]["optimizer"] == sum(4 * math.prod(variable.shape) for variable in kept)
    assert printed["memory"]["gradients"] == 4 * trainable
    rows = list(csv.DictReader(io.StringIO(run("summary", str(path), "--format", "csv").output)))
    assert sum(int(row["params"]) for row in rows) == model.count_params()
    assert f"parameters     {model.count_params():,} (" in run("summary", str(path)).output


def test_summary_imports_no_keras_and_fails_on_errors(run, write, shell):
    result = run("summary", write("bad.toml", BAD))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[SEQ102]" in result.stderr
    assert run("summary", write("good.toml", GOOD), "--batch", "0").exit_code == 2
    assert "no [compile]" in run("summary", "good.toml").output
    assert shell("summary", "good.toml", env={"KERAS_BACKEND": "nonsense"}).returncode == 0


def test_a_name_in_the_table_commands_no_terminal(run, write):
    document = {"seqspec": 1, "model": {"input": ["T"], "layers": ["Identity"]}}
    document["model"]["layers"].append({"type": "Activation", "activation": "relu", "name": "größe-1"})
    result = run("summary", write("a.json", json.dumps(document)))
    assert all(line.isprintable() for line in result.output.split("\n"))
