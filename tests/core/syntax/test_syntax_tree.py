"""The syntax tree: it covers the whole text, and its values are those of the standard parsers."""

import json
import re
import tomllib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqspec.core.syntax.formatter.nodes import equal_trees
from seqspec.core.syntax.source import parse_text
from seqspec.core.syntax.syntax import SYNTAXES
from seqspec.core.syntax.toml_values import MAX_TABLES
from tests.strategies.documents import damaged, json_documents, toml_documents

BETWEEN = {"toml": re.compile(r"[\s=.,\[\]{}]*"), "json": re.compile(r"[\s:,\[\]{}]*")}


def leaves(tree):
    """The keys, scalars and comments of a tree, in the order of the text."""
    ranges = set(tree.comments)
    for node in tree.nodes():
        ranges.update(key for key in node.key_ranges() if key[0] >= 0)
        if node.kind == "scalar":
            ranges.add((node.start, node.end))
    return sorted(ranges)


def tiled(tree, format):
    """The text put together again from the leaves and what is between them: white space and punctuation."""
    pieces, place = [], 0
    for start, end in leaves(tree):
        assert place <= start <= end, "two leaves overlap"
        between = tree.text[place:start]
        assert BETWEEN[format].fullmatch(between), between
        pieces += (between, tree.text[start:end])
        place = end
    rest = tree.text[place:]
    assert BETWEEN[format].fullmatch(rest), rest
    return "".join([*pieces, rest])


def value(tree, node, format):
    """The value of a node, by the standard parser of its scalars."""
    if node.kind == "scalar":
        token = tree.text[node.start : node.end]
        return json.loads(token) if format == "json" else tomllib.loads(f"v = {token}")["v"]
    if node.kind in ("array", "tables"):
        assert list(node.children) == list(range(len(node.children)))
        return [value(tree, item, format) for item in node.children.values()]
    return {key: value(tree, item, format) for key, item in node.children.items()}


def check_whole(text, format, expected):
    tree = SYNTAXES[format].parse_tree(text, 64)
    assert tree.complete and tree.faults == []
    assert tiled(tree, format) == text
    assert equal_trees(value(tree, tree.root, format), expected)
    assert all(tree.find(path) is node for path, node in tree.walk())
    assert {path: node.offsets for path, node in tree.walk()} == dict(tree.spans)
    assert len(tree.spans) == len(list(tree.nodes()))


@given(toml_documents())
def test_toml_is_held_whole(text):
    check_whole(text, "toml", tomllib.loads(text))


@given(json_documents())
def test_json_is_held_whole(text):
    check_whole(text, "json", json.loads(text))


@given(toml_documents())
def test_statements_tell_where_each_part_of_their_key_is(text):
    tree = SYNTAXES["toml"].parse_tree(text, 64)
    for statement in tree.all_statements():
        key, start, end = statement.keys[-1]
        path = statement.path if isinstance(statement.path[-1], str) else statement.path[:-1]
        assert path[-1] == key and statement.part_end(path) == end
        assert (start, end) in tree.find(path).key_ranges()
        assert statement.start <= statement.key_start < end <= statement.end
        assert statement.part_end((*statement.path, "more")) is None


@pytest.mark.parametrize("format", ["toml", "json"])
@given(st.data())
def test_a_damaged_text_is_read_on(format, data):
    text = data.draw(damaged(toml_documents() if format == "toml" else json_documents()))
    tree = SYNTAXES[format].parse_tree(text, 64)
    for node in tree.nodes():
        assert 0 <= node.start <= node.end <= len(text)
        assert -1 <= node.key_start <= node.key_end <= len(text)
    assert all(0 <= fault.start <= fault.end <= len(text) for fault in tree.faults)
    assert len(tree.faults) <= 200


@pytest.mark.parametrize(
    ("format", "written", "expected"),
    [
        ("toml", r'"a\tb\u00e9"', "a\tb\u00e9"),
        ("toml", "'a\\b'", "a\\b"),
        ("toml", '"""\n a\\\n  b"""', " ab"),
        ("json", r'"a\tb\ud83d\ude00"', "a\tb\U0001f600"),
        ("json", "12", ""),
    ],
)
def test_characters_of_a_string(format, written, expected):
    offsets = list(SYNTAXES[format].string_offsets(f"= {written}", 2, 2 + len(written)))
    assert len(offsets) == len(expected)
    for (start, end), character in zip(offsets, expected):
        token = f"= {written}"[start:end]
        assert character in token or json.loads(f'"{token}"') == character


def test_syntax_tree_continues_after_errors():
    text = "[model\nlayers = [\n  { type = Dense, units = 3 },\n[fit]\nepochs = 5\n"
    tree = SYNTAXES["toml"].parse_tree(text, 64)
    assert (tree.faults[0].rule, text[tree.faults[0].start : tree.faults[0].end]) == ("syntax-error", "[model")
    assert text[slice(*tree.spans["fit", "epochs"][:2])] == "5"
    assert text[slice(*tree.spans["model", "layers", 0, "units"][:2])] == "3"


def test_a_key_without_a_value_is_missing_it():
    tree = SYNTAXES["toml"].parse_tree("[fit]\nepochs =\nbatch_size = 3\n", 64)
    assert tree.find(("fit", "epochs")).kind == "missing" and tree.find(("fit", "batch_size")).kind == "scalar"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("[a.b]\nc.d = 1\ne = { f = [2] }\n", ["implicit", "table", "dotted", "scalar", "inline", "array", "scalar"]),
        ("[[a]]\n[[a]]\n", ["tables", "table", "table"]),
    ],
)
def test_kinds(text, kinds):
    tree = SYNTAXES["toml"].parse_tree(text, 64)
    assert [node.kind for node in tree.nodes()][1:] == kinds


@pytest.mark.parametrize(("format", "opening"), [("toml", "a = " + "[" * 100_000), ("json", "[" * 100_000)])
def test_nesting_is_bounded(format, opening):
    tree = SYNTAXES[format].parse_tree(opening, 64)
    assert not tree.complete and [fault.rule for fault in tree.faults] == ["over-limit"]


def test_deep_headers_take_little_memory():
    parts = ".".join(["a"] * 62)
    text = "".join(f"[k{number}.{parts}]\n" for number in range(7_500))
    tracemalloc.start()
    document = parse_text(text, format="toml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not document.readable
    (violation,) = document.violations
    assert (violation.rule, violation.location.span().line) == ("over-limit", MAX_TABLES // 63 + 1)
    assert peak < 100 << 20


def test_many_numbers_with_dots_are_read():
    document = parse_text("[x-data]\nvalues = [\n" + "0.5,\n" * 60_000 + "]\n", format="toml")
    assert document.violations == [] and len(document.tree["x-data"]["values"]) == 60_000
