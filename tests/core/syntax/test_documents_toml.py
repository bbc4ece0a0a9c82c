"""TOML: values of the standard parser, positions and mistakes of the syntax tree."""

import tomllib

import pytest
from hypothesis import given

from seqspec.core.syntax.source import parse_text
from seqspec.core.syntax.syntax import SYNTAXES
from seqspec.core.syntax.toml_tree import fault_of
from tests.core.syntax.test_documents_json import paths, stretch
from tests.strategies.documents import damaged, toml_documents


@given(toml_documents())
def test_toml_spans_hold_their_values(text):
    document = parse_text(text, format="toml")
    assert document.readable and document.tree == tomllib.loads(text)
    assert set(document.places()) == {path for path, _ in paths(document.tree)}
    for path, value in paths(document.tree):
        if path and isinstance(path[-1], str):
            assert list(tomllib.loads(stretch(document, document.span(path, "key")) + " = 1")) == [path[-1]]
        written = stretch(document, document.span(path))
        if not isinstance(value, (dict, list)) or written[:1] == "{":
            assert tomllib.loads(f"v = {written}")["v"] == value
        elif isinstance(value, list) and not any(isinstance(item, dict) for item in value):
            assert tomllib.loads(f"v = {written}")["v"] == value


@given(toml_documents())
def test_a_valid_text_has_no_fault(text):
    assert SYNTAXES["toml"].parse_tree(text, 64).faults == []


@given(damaged(toml_documents()))
def test_a_damaged_text_has_a_problem_exactly_where_the_parser_refuses_it(text):
    document = parse_text(text, format="toml")
    try:
        tree = tomllib.loads(text.removeprefix("\ufeff"))
    except ValueError:
        assert document.violations
        assert not document.readable and document.tree == {}
        assert all(violation.location.span() is not None for violation in document.violations)
    else:
        assert document.violations == []
        assert repr(document.tree) == repr(tree)


def only(text):
    document = parse_text(text, format="toml")
    (violation,) = document.violations
    span = violation.location.span()
    return violation, (span.line, span.column, span.end_line, span.end_column)


MISTAKES = [
    ('[model]\nlayers = [\n  { type = "Dense",\n    units = 8 },\n]', (3, 3, 3, 4)),
    ("a = {\n b = 1 }", (1, 5, 1, 6)),
    ("a = { b = 1 # no\n}", (1, 5, 1, 6)),
    ("a = { b = 1, }", (1, 12, 1, 13)),
    ("a = { b = 1 c = 2 }", (1, 12, 1, 12)),
    ("a = [1 2]", (1, 7, 1, 7)),
    ('a = [\n  "b"\n  "c" ]', (2, 6, 2, 6)),
    ("a = [1,\n2\n[b]\nc = 1", (1, 5, 1, 6)),
    ("a = [1,\n2\nb = 1", (1, 5, 1, 6)),
    ("a = [1, 2}", (1, 10, 1, 11)),
    ("a = { b = 1", (1, 5, 1, 6)),
    ("activation = relu", (1, 14, 1, 18)),
    ("é = 1", (1, 1, 1, 2)),
    ('a = "x\nb = 1', (1, 5, 1, 7)),
    ('a = """x\n', (1, 5, 1, 8)),
    ('a = "C:\\data"', (1, 8, 1, 10)),
    ("a : 1", (1, 3, 1, 4)),
    ("a", (1, 2, 1, 2)),
    ("a =  # later", (1, 6, 1, 6)),
    ("a = True", (1, 5, 1, 9)),
    ("a = null", (1, 5, 1, 9)),
    ("a = 01", (1, 5, 1, 7)),
    ("scale = 1/255", (1, 9, 1, 14)),
    ("a = 1 b = 2", (1, 7, 1, 12)),
    ("a = 1,", (1, 6, 1, 7)),
    ('a = "b" c', (1, 9, 1, 10)),
    ("[a", (1, 1, 1, 3)),
    ("[[a]", (1, 1, 1, 5)),
    ("[]", (1, 2, 1, 3)),
    ("= 1", (1, 1, 1, 2)),
    ("a = 2020-13-01", (1, 5, 1, 15)),
    ("a = 1\rb = 2", (1, 6, 1, 7)),
    ('{"a": 1}', (1, 1, 1, 2)),
    ("a b = 1", (1, 2, 1, 3)),
]


@pytest.mark.parametrize(("text", "place"), MISTAKES, ids=[text[:20] for text, _ in MISTAKES])
def test_a_mistake_is_marked(text, place):
    violation, where = only(text)
    assert (violation.rule, where) == ("syntax-error", place)


DUPLICATES = [
    ("a = 1\na = 2", (2, 1), (1, 1)),
    ("[a]\n[b]\n[a]", (3, 1), (1, 2)),
    ("a = { b = 1, b = 2 }", (1, 14), (1, 7)),
    ("a.b = 1\na.b.c = 2", (2, 3), (1, 3)),
    ("a = 1\n[a]", (2, 1), (1, 1)),
    ("[[a]]\n[a]", (2, 1), (1, 3)),
    ("[a]\n[[a]]", (2, 1), (1, 2)),
    ("[a.b]\n[a]\nb.c = 1", (3, 1), (1, 4)),
]


@pytest.mark.parametrize(("text", "second", "first"), DUPLICATES, ids=[text for text, *_ in DUPLICATES])
def test_a_duplicate_points_to_both(text, second, first):
    violation, where = only(text)
    assert (violation.rule, where[:2]) == ("duplicate-key", second)
    ((place, _),) = violation.related
    assert (place.span().line, place.span().column) == first


TEXT = """\
# ü
[model]
name = "a"
"in put" = [1,
  2]
[[model.layers]]
type = "Dense"
kernel.type = 'x'
[[model.layers]]
inner = { a = [ { b = true } ] }
[compile.optimizer]
lr = 1e-3
"""


@pytest.mark.parametrize(
    ("path", "on", "place"),
    [
        ((), "value", (1, 1, 1, 1)),
        (("model",), "value", (2, 1, 2, 8)),
        (("model",), "key", (2, 2, 2, 7)),
        (("model", "in put"), "key", (4, 1, 4, 9)),
        (("model", "in put"), "value", (4, 12, 5, 5)),
        (("model", "in put", 1), "value", (5, 3, 5, 4)),
        (("model", "layers"), "value", (6, 1, 6, 17)),
        (("model", "layers", 0), "value", (6, 1, 6, 17)),
        (("model", "layers", 1), "value", (9, 1, 9, 17)),
        (("model", "layers", 0, "kernel"), "value", (8, 1, 8, 7)),
        (("model", "layers", 0, "kernel", "type"), "value", (8, 15, 8, 18)),
        (("model", "layers", 1, "inner", "a", 0, "b"), "value", (10, 23, 10, 27)),
        (("model", "layers", 1, "units"), "value", (9, 1, 9, 17)),
        (("compile",), "value", (11, 2, 11, 9)),
        (("compile", "optimizer"), "key", (11, 10, 11, 19)),
        (("fit", "epochs"), "value", (1, 1, 1, 1)),
    ],
)
def test_toml_spans_of_a_document(path, on, place):
    for text in (TEXT, TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT):
        document = parse_text(text, format="toml")
        span = document.span(path, on)
        assert (span.line, span.column, span.end_line, span.end_column) == place


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ('"l2(0.1)"', "l2"),
        ("'l2(0.1)'", "l2"),
        ('"""\nl2(0.1)"""', "l2"),
        ("'''l2(0.1)'''", "l2"),
        ('"""\\\n   l2(0.1)"""', "l2"),
        ('"\\u006c2(0.1)"', "\\u006c2"),
    ],
)
def test_a_part_of_a_string_is_found(value, part):
    document = parse_text(f"a = {value}", format="toml")
    assert document.tree["a"] == "l2(0.1)"
    assert stretch(document, document.span(("a",), string_range=(0, 2))) == part
    assert stretch(document, document.span(("a",), string_range=(3, 6))) == "0.1"


def test_deep_nesting_is_refused_at_its_place():
    for count in (65, 1000, 200_000):
        violation, where = only("a = " + "[" * count)
        assert (violation.rule, where[:2]) == ("over-limit", (1, 68))
        violation, where = only(".".join("a" * count) + " = 1")
        assert (violation.rule, where[:2]) == ("over-limit", (1, 127))


def test_many_dots_in_a_line_are_no_nesting():
    document = parse_text("a = [" + "0.5, " * 200 + "]", format="toml")
    assert document.violations == [] and len(document.tree["a"]) == 200


def test_an_absurd_number_is_refused():
    violation, where = only("a = " + "9" * 5000)
    assert (violation.rule, where) == ("over-limit", (1, 5, 1, 5005))


def test_the_words_of_the_standard_parser_are_the_last_resort():
    for place, start in (("line 2, column 3", 8), ("end of document", 11)):
        fault = fault_of(ValueError(f"Bad thing (at {place})"), "a = 1\nb = 2")
        assert (fault.rule, fault.start, place in fault.message) == ("syntax-error", start, False)
