"""The schema for language models: what services and engines accept, and a part of the schema for editors."""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random

import jsonschema_rs
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.catalog.field_kind import kind_of_field
from seqspec.core.catalog.index import layer_class
from seqspec.core.schema.generation import _ARGUMENTS, TASKS, generation_layers, generation_schema
from seqspec.core.schema.spec_schema import schema
from tests import ROOT

ALLOWED = {
    "$defs", "$ref", "additionalProperties", "anyOf", "description", "enum", "items", "properties", "required", "type",
}  # fmt: skip
"""The keywords that OpenAI, Anthropic, Gemini, llguidance, XGrammar and outlines-core all accept."""

SCHEMAS = [pytest.param(generation_schema(task), id=task or "all") for task in (None, *TASKS)]


def nodes(node):
    """The schemas inside a schema, itself included."""
    yield node
    for table in (node.get("properties", {}), node.get("$defs", {})):
        for each in table.values():
            yield from nodes(each)
    for each in [*node.get("anyOf", []), *([node["items"]] if "items" in node else [])]:
        yield from nodes(each)


def depth(node, definitions):
    """How deeply tables are nested."""
    if "$ref" in node:
        return depth(definitions[node["$ref"].removeprefix("#/$defs/")], definitions)
    inside = [
        *node.get("properties", {}).values(),
        *node.get("anyOf", []),
        *([node["items"]] if "items" in node else []),
    ]
    return (node.get("type") == "object") + max((depth(each, definitions) for each in inside), default=0)


@pytest.mark.parametrize("root", SCHEMAS)
def test_only_keywords_that_all_of_them_accept(root):
    for node in nodes(root):
        assert node.keys() <= ALLOWED
        if node.get("type") == "object":
            assert node["additionalProperties"] is False and node["required"] == [*node["properties"]]
    assert root["type"] == "object" and depth(root, root["$defs"]) <= 5
    references = {node["$ref"].removeprefix("#/$defs/") for node in nodes(root) if "$ref" in node}
    assert references == root["$defs"].keys()


@pytest.mark.parametrize("root", SCHEMAS)
def test_the_limits_of_openai(root):
    assert sum(len(node.get("properties", ())) for node in nodes(root)) <= 5_000
    assert sum(len(node.get("enum", ())) for node in nodes(root)) <= 1_000


def test_its_size():
    assert len(json.dumps(generation_schema())) <= 40_000
    assert all(len(json.dumps(generation_schema(task))) <= 15_000 for task in TASKS)


@pytest.mark.parametrize("name", generation_layers())
def test_a_layer_has_all_that_it_requires_and_each_value_is_accepted(name):
    declared = layer_class(name)
    assert set(declared.required()) <= set(_ARGUMENTS[name]) <= declared.model_fields.keys()
    root = generation_schema(layers=[name])
    for argument, values in root["$defs"][name]["properties"].items():
        for value in values.get("enum", ()):
            assert argument == "type" or kind_of_field(declared.model_fields[argument]).accepts(value), argument


@pytest.mark.parametrize("root", SCHEMAS)
def test_what_it_accepts_the_schema_for_editors_and_the_language_accept(root):
    validator, choose = jsonschema_rs.Draft7Validator(schema()), Random(7)
    own = jsonschema_rs.Draft202012Validator(root)
    for _ in range(60):
        document = drawn(root, root["$defs"], choose)
        assert own.is_valid(document)
        assert validator.is_valid(document), next(validator.iter_errors(document)).message
        findings = [finding for finding in seqspec.check(document).diagnostics if finding.code < "SEQ2"]
        assert not findings, (findings, document)


def drawn(node, definitions, choose):
    """A value that follows a schema."""
    if "$ref" in node:
        return drawn(definitions[node["$ref"].removeprefix("#/$defs/")], definitions, choose)
    if "anyOf" in node:
        return drawn(choose.choice(node["anyOf"]), definitions, choose)
    if "enum" in node:
        return choose.choice(node["enum"])
    if node["type"] == "array":
        return [drawn(node["items"], definitions, choose) for _ in range(choose.randint(1, 4))]
    if node["type"] == "boolean":
        return choose.random() < 0.5
    return {key: drawn(each, definitions, choose) for key, each in node["properties"].items()}


def test_layers_by_name():
    root = generation_schema(layers=["Dense", "Bidirectional"])
    assert root["$defs"].keys() == {"size", "activation", "Dense", "Bidirectional", "LSTM", "GRU", "SimpleRNN"}
    assert root["properties"]["model"]["properties"]["layers"]["items"]["anyOf"] == [
        {"$ref": "#/$defs/Dense"}, {"$ref": "#/$defs/Bidirectional"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--for", "generation", "--layers", "Dens"], "did you mean Dense?"),
        (["--for", "generation", "--layers", ","], "at least one name"),
        (["--for", "generation", "--task", "text", "--layers", "Dense"], "not both"),
        (["--for", "generation", "m.seqspec.toml"], "leave DOCUMENT out"),
        (["--task", "text"], "--task needs --for generation"),
        (["--for", "generation", "--task", "sound"], "'sound' is not one of"),
    ],
)
def test_what_the_command_refuses(arguments, message):
    done = CliRunner().invoke(cli, ["schema", *arguments])
    assert done.exit_code == 2 and message in done.output


def test_the_command_prints_what_the_function_returns():
    done = CliRunner().invoke(cli, ["schema", "--for", "generation", "--task", "image"])
    assert json.loads(done.output) == seqspec.generation_schema("image")


def test_an_unknown_task_or_layer_raises():
    with pytest.raises(ValueError, match="task must be one of audio"):
        generation_schema("sound")
    with pytest.raises(ValueError, match="a list of names"):
        generation_schema(layers="Dense")


def generated(spec):
    """A spec as this schema writes it, with defaults in place of what it leaves out; None if it cannot write it."""
    layers = []
    for layer in spec.model.layers:
        written = layer.to_tree()
        name = written if isinstance(written, str) else written.get("type", "")
        arguments = _ARGUMENTS.get(name)
        if arguments is None or not {*(() if written == name else written)} - {"type", "name"} <= {*arguments}:
            return None
        layers.append({"type": name, **{argument: plain(getattr(layer, argument)) for argument in arguments}})
    return {
        "seqspec": 1,
        "model": {"input": list(getattr(spec.model.input, "shape", spec.model.input)), "layers": layers},
        "compile": {"optimizer": {"type": "Adam", "learning_rate": 0.001}, "loss": "huber", "metrics": []},
        "fit": {"epochs": 1, "batch_size": 32},
    }


def plain(value):
    """An argument as this schema writes it: one size for all axes, an activation by its name."""
    if isinstance(value, (list, tuple)):
        return value[0] if len(set(value)) == 1 else list(value)
    tree = value.to_tree() if hasattr(value, "to_tree") else value
    return "linear" if tree is None else tree["type"] if isinstance(tree, dict) else tree


def test_examples_without_other_features_can_be_written_in_it():
    accepted = jsonschema_rs.Draft202012Validator(generation_schema())
    compared = []
    for path in sorted((ROOT / "examples").glob("*.seqspec.*")):
        document = generated(spec := seqspec.load(path))
        if document is not None and accepted.is_valid(document):
            compared.append(path.name)
            before, after = seqspec.check(spec), seqspec.check(document)
            assert [(layer.type, layer.output) for layer in after.layers] == [
                (layer.type, layer.output) for layer in before.layers
            ]
            assert after.params == before.params
    assert compared == [
        "co2_forecast.seqspec.toml", "digits_cnn.seqspec.toml",
        "digits_search.seqspec.toml", "mnist_cnn.seqspec.json", "tones_audio.seqspec.toml",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.needs("keras", "llguidance", "outlines_core")
@pytest.mark.parametrize("engine", ["llguidance", "outlines"])
def test_random_documents_of_an_engine_have_no_finding_of_the_language(engine):
    command = [sys.executable, str(ROOT / "scripts" / "generated"), "40", "--engine", engine, "--build", "10"]
    result = subprocess.run([*command, "--task", "table"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "40 documents, 0 findings of the language or of values" in result.stdout
    assert "10 built, 0 refused by Keras" in result.stdout
