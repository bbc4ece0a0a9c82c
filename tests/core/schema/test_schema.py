"""The JSON Schema compared with the checker for whole specs; two validators must agree.

What the checker accepts the schema accepts, and the mistakes that a schema can express it refuses, at their place.
"""

from __future__ import annotations

import copy
import json
import tomllib
from random import Random

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqspec
from seqspec.core.language.version import LATEST
from seqspec.core.schema.spec_schema import schema, text_of
from tests import ROOT
from tests.descriptors import DESCRIPTORS
from tests.strategies import mistakes
from tests.strategies.stacks import models

SCHEMA = schema()
FAST = jsonschema_rs.Draft7Validator(SCHEMA)
SLOW = jsonschema.Draft7Validator(SCHEMA)

BEYOND = {mistakes.same_name_twice, mistakes.no_input, mistakes.wrong_rank, mistakes.unknown_variable}
"""Mistakes that no schema can express: what follows from several places."""

EXPRESSED = {
    "unknown-layer", "unknown-argument", "bad-layer-entry", "bad-shorthand", "wrong-type",
}  # fmt: skip
"""Rules whose findings a schema always expresses in a document without shorthand and variables."""


def documents():
    folders = [ROOT / "examples", ROOT / "tests" / "cases" / "ok", ROOT / "seqspec" / "cli" / "templates"]
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".toml", ".json"))
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


def read(path):
    text = path.read_text(encoding="utf-8")
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)


def is_ok(document):
    return seqspec.check(copy.deepcopy(document)).ok


def test_the_schema_is_one_of_draft_7():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_references_have_no_sibling_keywords():
    pending, wrong = [SCHEMA], []
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if "$ref" in value and len(value) > 1:
                wrong.append(value)
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    assert wrong == []


@pytest.mark.parametrize("path", documents())
def test_documents_that_check_are_valid(path):
    document = read(path)
    assert [error.message for error in FAST.iter_errors(document)] == []
    assert SLOW.is_valid(document)


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=lambda descriptor: descriptor.type)
def test_the_arguments_of_every_layer(descriptor):
    for model in descriptor.models():
        document = {"seqspec": 1, "model": model}
        report = seqspec.check(document)
        valid = FAST.is_valid(document)
        assert valid or not report.ok, model
        expressed = [d.name for d in report.diagnostics if d.severity == "error" and d.name in EXPRESSED]
        assert not (valid and expressed), (model, expressed)


@pytest.mark.slow
@settings(max_examples=150)
@given(models(longest=4))
def test_random_stacks(model):
    document = {"seqspec": 1, "model": model}
    valid = FAST.is_valid(document)
    assert valid or not is_ok(document)
    assert valid == SLOW.is_valid(document)


@pytest.mark.slow
@settings(max_examples=300)
@given(mistakes.documents(), st.sampled_from(mistakes.MISTAKES), st.randoms(use_true_random=False))
def test_a_planted_mistake_is_refused_at_its_place(document, mistake, rng):
    if not is_ok(document):
        return
    assert FAST.is_valid(document)
    planted = mistake(rng, document)
    if planted is None:
        return
    found = list(FAST.iter_errors(document))
    assert bool(found) == (not SLOW.is_valid(document))
    if mistake in BEYOND:
        assert not found
        return
    place = planted.path[:-1] if planted.anchor == "key" else planted.path
    assert any(tuple(error.instance_path)[: len(place)] == place for error in found), (planted, found)


@settings(max_examples=150)
@given(mistakes.documents(), st.randoms(use_true_random=False))
def test_any_value_may_be_a_reference(document, rng):
    if not is_ok(document):
        return
    document["vars"] = {}
    for index in range(3):
        table, key = chosen(rng, document)
        if isinstance(table[key], str) and "$" in table[key]:
            continue
        document["vars"][f"v{index}"] = table[key]
        table[key] = f"$v{index}"
    assert is_ok(document)
    assert [error.message for error in FAST.iter_errors(document)] == []


def chosen(rng: Random, document):
    """A value somewhere in the model or in the tables for training: the table that holds it, and its key."""
    places, pending = [], [document[key] for key in ("model", "compile", "fit") if key in document]
    while pending:
        table = pending.pop()
        for key in table if isinstance(table, dict) else range(len(table)):
            places.append((table, key))
            if isinstance(table[key], (dict, list)):
                pending.append(table[key])
    return rng.choice(places)


def test_the_committed_schema_is_that_of_the_catalogue():
    text = (ROOT / "schemas" / "seqspec-1.schema.json").read_text(encoding="utf-8")
    assert text == text_of(SCHEMA)


def test_the_name_of_a_schema_holds_its_version():
    assert SCHEMA["properties"]["seqspec"]["const"] == LATEST
    assert SCHEMA["$id"] == f"https://json.schemastore.org/seqspec-{LATEST}.json"


@pytest.mark.parametrize(("folder", "valid"), [("test", True), ("negative_test", False)])
def test_the_files_for_schemastore(folder, valid):
    paths = sorted((ROOT / "schemas" / "schemastore" / "src" / folder / "seqspec-1").iterdir())
    assert len(paths) >= 8
    assert {path.name: FAST.is_valid(read(path)) for path in paths} == {path.name: valid for path in paths}
