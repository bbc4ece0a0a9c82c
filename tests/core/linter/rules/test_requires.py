"""The preconditions of a rule (`Rule.requires`) never hide a finding.

A rule that is skipped finds nothing if it is run all the same: of every document of the cases and examples, of the
same with a table that is missing, wrong or from another document, and of random models among such tables.
"""

import json
import tomllib
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqspec.core.check.check import Check
from seqspec.core.document.base_table import UnknownValueError
from seqspec.core.linter.registry import AREAS, SpecNames, applicable, names_in, rules
from seqspec.core.linter.rule import Requires
from tests import ROOT
from tests.nightly import rest_nightly
from tests.strategies.stacks import models

pytestmark = pytest.mark.slow

TABLES = ("target", "data", "compile", "fit", "runtime", "save", "export", "quantize")
WRONG = {"no such key": 1}


def read(path):
    text = path.read_text(encoding="utf-8")
    try:
        return json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError:
        return None


FOLDERS = [ROOT / "tests" / "cases" / kind for kind in ("ok", "err", "clean")] + [ROOT / "examples"]
PATHS = [path for folder in FOLDERS for path in sorted(folder.rglob("*")) if path.suffix in (".toml", ".json")]
OF_RULES = [path for path in PATHS if path.parent.parent.name in AREAS.values()]
TREES = [tree for tree in map(read, OF_RULES) if tree is not None]
POOL = {table: [tree[table] for tree in TREES if table in tree] for table in TABLES}


def findings(source):
    """What the rules find that are run, and what the skipped ones would find: as their names and messages."""
    run, skipped = [], []
    check = Check.of(source)
    if "model" not in check.spec.written:
        return run, skipped
    # Where a fact depends on a key with an error, all rules are run, and those that need it end.
    with suppress(UnknownValueError):
        chosen = {rule.name for rule in applicable(names_in(check.facts))}
        for rule in rules():
            found = run if rule.name in chosen else skipped
            with suppress(UnknownValueError):
                for violation in rule.rule.check(check.facts):
                    found.append((rule.name, violation.message))
    return run, skipped


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_skipped_rules_find_nothing_in_documents(folder):
    reported = set()
    for path in PATHS:
        if folder in path.parents:
            run, skipped = findings(path)
            assert skipped == [], path
            reported.update(name for name, _ in run)
    if folder.name == "err":
        assert reported == {rule.name for rule in rules()}


def variants(tree, rng):
    """The document without tables, without one of them, with a wrong one, and with one of another document."""
    yield {key: value for key, value in tree.items() if key not in TABLES}
    for table in TABLES:
        yield {key: value for key, value in tree.items() if key != table}
        if table in ("target", "data", "compile", "fit"):
            yield {**tree, table: WRONG}
            yield {**tree, table: rng.choice(POOL[table])}


@pytest.mark.parametrize("part", rest_nightly(range(4), 0))
def test_skipped_rules_find_nothing_with_other_tables(part):
    rng = Random(part)
    for tree in TREES[part::4]:
        for variant in variants(tree, rng):
            assert findings(variant)[1] == [], json.dumps(variant)


tables = st.fixed_dictionaries({}, optional={key: st.sampled_from([*POOL[key], WRONG]) for key in TABLES})


@given(models(), tables)
def test_skipped_rules_find_nothing_in_random_models(model, others):
    assert findings({"seqspec": 1, "model": model, **others})[1] == []


def test_traits_and_requires_have_the_same_fields():
    assert SpecNames._fields == Requires._fields
