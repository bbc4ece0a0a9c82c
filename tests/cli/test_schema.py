"""`seqspec schema`: the schema of all specs, and that of one spec with its declarations."""

import json
import tomllib

import jsonschema
import jsonschema_rs
import pytest

from tests.cli.conftest import ROOT

DOCUMENT = """
seqspec = 1

[vars]
width = 32
act = "relu"

[blocks.dense_bn]
params = { units = 64, rate = 0.2 }
layers = [
  { type = "Dense", units = "$units" },
  { type = "Dropout", rate = "$rate" },
]

[custom.Pool]
import = "my_layers:Pool"
args = { required = ["units"], additionalProperties = false, properties.units = { type = "integer", minimum = 1 } }

[custom.Focal]
import = "my_losses:Focal"
kind = "loss"

[model]
input = [4]
layers = [
  { use = "dense_bn", units = "$width", repeat = 2 },
  { use = "dense_bn", for = { units = [8, 4] } },
  { custom = "Pool", units = "$width", name = "pool", trainable = false },
  { type = "Dense", units = 3, activation = "$act" },
]

[compile]
loss = { custom = "Focal", gamma = 2 }
"""


@pytest.fixture
def own(write, run):
    """The schema of the document, as the command prints it."""
    write("model.seqspec.toml", DOCUMENT)
    result = run("schema", "model.seqspec.toml")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_schema_equals_the_committed_file(run):
    result = run("schema")
    assert result.output == (ROOT / "schemas" / "seqspec-1.schema.json").read_text(encoding="utf-8")


def test_the_document_is_valid_by_its_own_schema(own):
    jsonschema.Draft7Validator.check_schema(own)
    assert [error.message for error in jsonschema_rs.Draft7Validator(own).iter_errors(tomllib.loads(DOCUMENT))] == []
    assert "$id" not in own


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ('use = "dense_bn", units', 'use = "dense_nb", units', "model.layers.0.use"),
        ("units = [8, 4]", "unit = [8, 4]", "model.layers.1.for"),
        ('units = "$width", repeat', 'widths = "$width", repeat', "model.layers.0"),
        ('"$act"', '"$atc"', "model.layers.3.activation"),
        ('units = "$width", repeat', 'units = "$width", repeats', "model.layers.0"),
        ('custom = "Pool"', 'custom = "Pol"', "model.layers.2.custom"),
        ('custom = "Pool"', 'custom = "Focal"', "model.layers.2.custom"),
        ('custom = "Pool", units = "$width"', 'custom = "Pool", units = 0', "model.layers.2.units"),
        ('custom = "Pool", units = "$width"', 'custom = "Pool"', "model.layers.2"),
        ('custom = "Focal", gamma', 'custom = "Pool", gamma', "compile.loss.custom"),
    ],
)
def test_names_of_the_document_are_closed(own, right, wrong, place):
    assert DOCUMENT.count(right) == 1
    errors = list(jsonschema_rs.Draft7Validator(own).iter_errors(tomllib.loads(DOCUMENT.replace(right, wrong))))
    assert {".".join(map(str, error.instance_path)) for error in errors} == {place}


def test_variables_are_offered_where_their_values_fit(own):
    def offered(layer, argument):
        place = own["$defs"][layer]["properties"][argument]
        place = own["$defs"][place["$ref"].rpartition("/")[2]] if "$ref" in place else place
        place = own["$defs"][place["allOf"][0]["$ref"].rpartition("/")[2]] if "allOf" in place else place
        words = [own["$defs"][each["$ref"].rpartition("/")[2]] for each in place["anyOf"][1:] if "$ref" in each]
        return {word for each in words for word in each.get("enum", ())}

    assert offered("Layer.Dense", "units") == {"$width", "$units"}
    assert offered("Layer.Dropout", "rate") == {"$width", "$units", "$rate"}
    assert offered("Layer.Dense", "activation") == {"$act"}


def test_a_document_inherits_what_it_extends(write, run):
    write("base.seqspec.toml", DOCUMENT)
    write("child.seqspec.toml", 'seqspec = 1\nextends = "base.seqspec.toml"\n')
    result = run("schema", "child.seqspec.toml")
    assert '"const": "dense_bn"' in result.output


def test_a_document_that_cannot_be_read(write, run):
    write("model.seqspec.toml", "seqspec = \n")
    result = run("schema", "model.seqspec.toml")
    assert result.exit_code == 1
    assert "model.seqspec.toml:1" in result.output
