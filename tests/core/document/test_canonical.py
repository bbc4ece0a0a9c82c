"""Trees written in canonical form as TOML and JSON, and read again."""

import json
import tomllib

from hypothesis import given

from tests.spec_text import to_json, to_toml
from tests.strategies.documents import JSON_TREES, TOML_TREES

TREE = {
    "model": {
        "layers": [
            {"type": "Dense", "units": 8, "kernel_regularizer": {"type": "L2", "l2": 1e-3}},
            "Flatten",
            {"type": "ReLU", "max_value": None},
        ],
        "name": 'a "b"',
        "input": {"shape": [28, 28, 1], "dtype": "uint8"},
    },
    "seqspec": 1,
    "data": {"train": {"samples": 5}, "test": {}},
    "fit": {"epochs": 3, "callbacks": []},
}

TOML = """\
seqspec = 1

[model]
name = "a \\"b\\""
input = { shape = [28, 28, 1], dtype = "uint8" }
layers = [
  { type = "Dense", units = 8, kernel_regularizer = { type = "L2", l2 = 0.001 } },
  "Flatten",
  { type = "ReLU", max_value = "none" },
]

[fit]
epochs = 3
callbacks = []

[data.train]
samples = 5

[data.test]
"""

JSON = """\
{
  "seqspec": 1,
  "model": {
    "name": "a \\"b\\"",
    "input": { "shape": [28, 28, 1], "dtype": "uint8" },
    "layers": [
      { "type": "Dense", "units": 8, "kernel_regularizer": { "type": "L2", "l2": 0.001 } },
      "Flatten",
      { "type": "ReLU", "max_value": null }
    ]
  },
  "fit": { "epochs": 3, "callbacks": [] },
  "data": {
    "train": { "samples": 5 },
    "test": {}
  }
}
"""


def test_toml():
    assert to_toml(TREE) == TOML


def test_json():
    assert to_json(TREE) == JSON


@given(TOML_TREES)
def test_toml_reads_back(tree):
    assert tomllib.loads(to_toml(tree)) == tree
    assert to_toml(tomllib.loads(to_toml(tree))) == to_toml(tree)


@given(JSON_TREES)
def test_json_reads_back(tree):
    assert json.loads(to_json(tree)) == tree


@given(JSON_TREES)
def test_null_is_a_word_in_toml(tree):
    assert tomllib.loads(to_toml(tree)) == json.loads(json.dumps(tree), object_hook=without_null)


def without_null(table):
    def plain(value):
        if value is None:
            return "none"
        return [plain(item) for item in value] if isinstance(value, list) else value

    return {key: plain(value) for key, value in table.items()}


def test_canonical_text_of_odd_values():
    assert to_toml({}) == "\n"
    assert to_json({}) == "{}\n"
    assert to_toml({"a": (1, 2), "b": 1e300}) == "a = [1, 2]\nb = 1e+300\n"
