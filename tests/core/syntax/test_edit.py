"""Changes of specs as text edits: the new text contains exactly the changed tree, and every comment."""

import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqspec.core.diagnostics.diagnostic import insert, remove, rename, set_value
from seqspec.core.syntax.document_edits import apply_edits, edits_of
from seqspec.core.syntax.edit.pieces import Pieces, TextEdit, applied
from seqspec.core.syntax.edit.trees import CannotEdit, changed
from seqspec.core.syntax.formatter.nodes import equal_trees
from seqspec.core.syntax.source import parse_text
from seqspec.core.syntax.syntax import SYNTAXES
from tests.strategies.documents import JSON_TREES, KEYS, RANDOMS, TOML_TREES, TomlWriter, write_json

pytestmark = pytest.mark.slow

_TABLES_ONLY = ("an item of a list of tables must be a table", "a list of tables can only contain tables")


def comments_of(text):
    """The comments of a TOML text in their order."""
    return [text[start:end].rstrip() for start, end in SYNTAXES["toml"].parse_tree(text, 64).comments]


def edited(text, changes, format="toml"):
    document = parse_text(text, format=format)
    assert document.readable, document.violations
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
        assert equal_trees(
            tomllib.loads(new), changed(before, [change._replace(value=SYNTAXES["toml"].representable(change.value))])
        )
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
        assert equal_trees(json.loads(text), changed(before, [change]))


@pytest.mark.nightly
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
        assert equal_trees(tomllib.loads(edited(toml, changes)), expected)
    except CannotEdit as error:
        assert str(error) in _TABLES_ONLY
    assert equal_trees(json.loads(edited(write_json(tree, data.draw(RANDOMS)), changes, "json")), expected)


@given(st.text(max_size=8), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.text(max_size=3)), max_size=5))
def test_edits_one_after_another_are_edits_of_the_first_text(text, steps):
    pieces, now = Pieces(text), text
    for start, size, new in steps:
        replacement = TextEdit(min(start, len(now)), min(start + size, len(now)), new)
        pieces.apply([replacement])
        now = applied(now, [replacement])
        assert pieces.text == now
    assert applied(text, pieces.replacements()) == now


# Each: a text, changes, and the text that must come of it.
LAYOUTS = {
    "set": ("a = 1 # one\n", [set_value(("a",), 2)], "a = 2 # one\n"),
    "quotes are kept": ("a = 'relu'\n", [set_value(("a",), "elu")], "a = 'elu'\n"),
    "add to a table on one line": (
        "layers = [\n  { type = 'Dense' }, # d\n]\n",
        [set_value(("layers", 0, "units"), 3)],
        "layers = [\n  { type = 'Dense', units = 3 }, # d\n]\n",
    ),
    "add to a table with a header": (
        "[fit]\n  epochs = 1 # few\n\n# about b\n[b]\n",
        [set_value(("fit", "batch_size"), 32)],
        "[fit]\n  epochs = 1 # few\n  batch_size = 32\n\n# about b\n[b]\n",
    ),
    "a table of its own": (
        "seqspec = 1\n\n[model]\nname = 'm'\n",
        [set_value(("compile", "loss"), "mse")],
        "seqspec = 1\n\n[model]\nname = 'm'\n\n[compile]\nloss = \"mse\"\n",
    ),
    "add to a list of tables": (
        "[[model.layers]]\ntype = 'Dense' # d\n\n# second\n[[model.layers]]\ntype = 'Flatten'\n",
        [set_value(("model", "layers", 0, "units"), 3)],
        "[[model.layers]]\ntype = 'Dense' # d\nunits = 3\n\n# second\n[[model.layers]]\ntype = 'Flatten'\n",
    ),
    "add to a dotted table": (
        "compile.loss = 'mse' # l\nfit.epochs = 1\n",
        [set_value(("compile", "metrics"), ["mae"])],
        "compile.loss = 'mse' # l\ncompile.metrics = [\"mae\"]\nfit.epochs = 1\n",
    ),
    "add to a dotted table with tables inside": (
        "fit.callbacks = [{ type = 'EarlyStopping' }]\n",
        [set_value(("fit", "epochs"), 3)],
        "fit.callbacks = [{ type = 'EarlyStopping' }]\nfit.epochs = 3\n",
    ),
    "remove a line": ("a = 1\n# about b\nb = 2\nc = 3\n", [remove(("b",))], "a = 1\n# about b\nc = 3\n"),
    "a comment behind it goes with it": ("a = 1\nb = 2 # two\nc = 3\n", [remove(("b",))], "a = 1\nc = 3\n"),
    "that of an item, too": ("a = [\n  1, # one\n  2, # two\n]\n", [remove(("a", 0))], "a = [\n  2, # two\n]\n"),
    "one behind several items stays": ("a = [\n  1, 2 # two\n]\n", [remove(("a", 1))], "a = [\n  1 # two\n]\n"),
    "remove a key on one line": (
        "x = { a = 1, b = 2, c = 3 }\n",
        [remove(("x", "b")), remove(("x", "c"))],
        "x = { a = 1 }\n",
    ),
    "remove an item with its line": (
        "layers = [\n  # first\n  'Flatten', # f\n  # second\n  'ReLU',\n  # third\n  'ELU'\n]\n",
        [remove(("layers", 1))],
        "layers = [\n  # first\n  'Flatten', # f\n  # second\n  # third\n  'ELU'\n]\n",
    ),
    "remove the last item": (
        "layers = [\n  'Flatten', # f\n  'ELU' # e\n]\n",
        [remove(("layers", 1))],
        "layers = [\n  'Flatten' # f\n]\n",
    ),
    "remove a table of a list": (
        "[[l]]\na = 1\n\n# two\n[[l]]\n# inside\na = 2\n\n# three\n[[l]]\na = 3\n",
        [remove(("l", 1))],
        "[[l]]\na = 1\n\n# two\n\n# three\n[[l]]\na = 3\n",
    ),
    "remove the only table of a list": (
        "[model]\nname = 'm'\n\n[[model.layers]]\na = 1\n",
        [remove(("model", "layers", 0))],
        "[model]\nname = 'm'\nlayers = []\n",
    ),
    "insert a line": (
        "layers = [\n  'ReLU', # r\n  # head\n  'ELU',\n]\n",
        [insert(("layers", 1), {"type": "Dense", "units": 3}), insert(("layers", 2), "Flatten")],
        "layers = [\n  'ReLU', # r\n  { type = \"Dense\", units = 3 },\n  # head\n  'ELU',\n  \"Flatten\",\n]\n",
    ),
    "insert on one line": ("a = [3,4]\n", [insert(("a", 0), 2), insert(("a", 2), 5)], "a = [2,3,4,5]\n"),
    "append behind a comment": ("a = [\n\t1 # one\n]\n", [insert(("a", 1), 2)], "a = [\n\t1, # one\n\t2\n]\n"),
    "insert a table": (
        "[[l]]\na = 1\n# two\n[[l]]\na = 2\n",
        [insert(("l", 1), {"a": 9})],
        "[[l]]\na = 1\n[[l]]\na = 9\n# two\n[[l]]\na = 2\n",
    ),
    "rename everywhere": (
        "[a.b]\nx = 1\n[a.'c']\ny.z = 2\n",
        [rename(("a",), "d e"), rename(("a", "c", "y"), "w")],
        '["d e".b]\nx = 1\n["d e".\'c\']\nw.z = 2\n',
    ),
    "lines of Windows": ("a = [\r\n 1,\r\n]\r\n", [insert(("a", 1), 2)], "a = [\r\n 1,\r\n 2,\r\n]\r\n"),
}


@pytest.mark.parametrize(("text", "changes", "expected"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_layouts(text, changes, expected):
    assert edited(text, changes) == expected


JSON_LAYOUTS = {
    "one line each": (
        '{\n  "layers": [\n    "Flatten",\n    { "type": "Dense", "units": 3 }\n  ]\n}\n',
        [insert(("layers", 2), "ReLU"), set_value(("layers", 1, "name"), "head"), remove(("layers", 0))],
        '{\n  "layers": [\n    { "type": "Dense", "units": 3, "name": "head" },\n    "ReLU"\n  ]\n}\n',
    ),
    "indented": (
        '{\n  "a": {\n    "b": 1\n  }\n}\n',
        [set_value(("a", "c"), [1, {"d": None}])],
        '{\n  "a": {\n    "b": 1,\n    "c": [1, { "d": null }]\n  }\n}\n',
    ),
    "dense": ('{"a":[1,2],"b":{}}', [set_value(("b", "c"), {"d": 1}), remove(("a", 1))], '{"a":[1],"b":{"c":{"d":1}}}'),
    "rename": ('{"a": 1}', [rename(("a",), "b")], '{"b": 1}'),
}


@pytest.mark.parametrize(("text", "changes", "expected"), JSON_LAYOUTS.values(), ids=JSON_LAYOUTS.keys())
def test_json_layouts(text, changes, expected):
    assert edited(text, changes, "json") == expected
