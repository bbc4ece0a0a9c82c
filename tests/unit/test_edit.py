"""Changes of documents as edits of their text: the new text holds just the changed tree, and every comment."""

import copy
import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqspec.diagnostics.remedy import Change, insert, remove, rename, set_value
from seqspec.documents import toml_text
from seqspec.documents.edit.edits import apply_edits, edits_of
from seqspec.documents.edit.pieces import Pieces, Replacement, applied
from seqspec.documents.edit.trees import CannotEdit, changed
from seqspec.documents.edit.words import holdable
from seqspec.documents.form.nodes import same
from seqspec.documents.source import parse_text
from tests.strategies.documents import JSON_TREES, KEYS, RANDOMS, TOML_TREES, TomlWriter, write_json

_TABLES_ONLY = ("an item of a list of tables can only be another table", "a list of tables takes only tables")


def comments_of(text):
    """The comments of a TOML text, as the scanner of positions meets them."""
    found = {}

    class Listener(toml_text._Scanner):
        def comment(self, i):
            end = super().comment(i)
            found[i] = self.text[i:end].rstrip()
            return end

    Listener(text, 64).document()
    return list(found.values())


def edited(text, changes, format="toml"):
    document = parse_text(text, format=format)
    assert document.readable, document.problems
    return apply_edits(document, edits_of(document, changes))


def _containers(tree, path=()):
    yield path, tree
    for key, item in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(item, (dict, list)):
            yield from _containers(item, (*path, key))


def draw_change(draw, tree, values):
    """A change that the tree can undergo."""
    path, holder = draw(st.sampled_from(list(_containers(tree))))
    new_key = draw(KEYS)
    if isinstance(holder, dict):
        actions = ["add", *(["set", "remove", "rename"] if holder else [])]
    else:
        actions = ["insert", *(["set", "remove"] if holder else [])]
    action = draw(st.sampled_from(actions))
    if action == "add":
        return set_value((*path, new_key), draw(values))
    if action == "insert":
        return insert((*path, draw(st.integers(0, len(holder)))), draw(values))
    key = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
    if action == "rename":
        return rename((*path, key), new_key) if new_key not in holder else remove((*path, key))
    return set_value((*path, key), draw(values)) if action == "set" else remove((*path, key))


def draw_changes(draw, tree, values):
    """Changes one after the other, each of the tree as the ones before it left it."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        change = draw_change(draw, tree, values)
        tree = changed(tree, [change])
        found.append(change)
    return found


@settings(max_examples=400)
@given(st.data())
def test_toml(data):
    tree = data.draw(TOML_TREES)
    text = TomlWriter(data.draw(RANDOMS)).document(tree)
    values = st.one_of(TOML_TREES, st.sampled_from([1, "relu", "it's", True, 0.5, [], [1, 2], [{"a": 1}], {}, None]))
    for change in draw_changes(data.draw, tomllib.loads(text), values):
        before = tomllib.loads(text)
        try:
            new = edited(text, [change])
        except CannotEdit as error:
            assert str(error) in _TABLES_ONLY
            return
        assert same(tomllib.loads(new), changed(before, [change._replace(value=holdable(change.value, "toml"))]))
        if change.action in ("insert", "rename"):
            assert sorted(comments_of(new)) == sorted(comments_of(text))
        text = new


@settings(max_examples=400)
@given(st.data())
def test_json(data):
    tree = data.draw(JSON_TREES)
    text = write_json(tree, data.draw(RANDOMS))
    values = st.one_of(JSON_TREES, st.sampled_from([1, "relu", True, None, 0.5, [], [1, 2], [{"a": 1}], {}]))
    for change in draw_changes(data.draw, tree, values):
        before = json.loads(text)
        text = edited(text, [change], "json")
        assert same(json.loads(text), changed(before, [change]))


@settings(max_examples=300)
@given(st.data())
def test_several_at_once(data):
    tree = data.draw(TOML_TREES)
    toml = TomlWriter(data.draw(RANDOMS)).document(tree)
    tree = tomllib.loads(toml)
    values = st.sampled_from([1, "relu", {"a": 1}, [2], {}])
    changes = [draw_change(data.draw, tree, values) for _ in range(data.draw(st.integers(2, 3)))]
    try:
        expected = changed(tree, changes)
    except CannotEdit:
        # One of them takes away what another one changes.
        with pytest.raises(CannotEdit):
            edited(toml, changes)
        return
    try:
        assert same(tomllib.loads(edited(toml, changes)), expected)
    except CannotEdit as error:
        assert str(error) in _TABLES_ONLY
    assert same(json.loads(edited(write_json(tree, data.draw(RANDOMS)), changes, "json")), expected)
