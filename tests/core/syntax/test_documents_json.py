"""JSON: values of the standard parser, positions and mistakes of the syntax tree."""

import json

import pytest
from hypothesis import given

from seqspec.core.syntax.source import parse_text
from seqspec.core.syntax.syntax import SYNTAXES
from tests.strategies.documents import JSON_TREES, RANDOMS, damaged, json_documents, write_json


def paths(value, path=()):
    yield path, value
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield from paths(item, (*path, key))


def stretch(document, span):
    lines = document.text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    start = starts[span.line - 1] + span.column - 1
    return document.text[start : starts[span.end_line - 1] + span.end_column - 1]


@given(JSON_TREES, RANDOMS)
def test_json_spans_hold_their_values(tree, rng):
    document = parse_text(write_json(tree, rng), format="json")
    assert document.readable and document.tree == tree
    assert set(document.places()) == {path for path, _ in paths(tree)}
    for path, value in paths(tree):
        assert json.loads(stretch(document, document.span(path))) == value
        if path and isinstance(path[-1], str):
            assert json.loads(stretch(document, document.span(path, "key"))) == path[-1]


@given(json_documents())
def test_a_valid_text_has_no_fault(text):
    assert SYNTAXES["json"].parse_tree(text, 64).faults == []


@given(damaged(json_documents()))
def test_a_damaged_text_has_a_problem_exactly_where_the_parser_refuses_it(text):
    document = parse_text(text, format="json")
    text = text.removeprefix("\ufeff")
    try:
        tree = json.loads(text, parse_constant=lambda word: 1 / 0)
    except (ValueError, ZeroDivisionError):
        assert document.violations
        assert not document.readable and document.tree == {}
        assert all(violation.location.span() is not None for violation in document.violations)
    else:
        rules = {violation.rule for violation in document.violations}
        assert rules <= {"duplicate-key", "wrong-type"}
        assert document.readable == isinstance(tree, dict)
        if document.readable:
            assert document.tree == tree


def only(text):
    document = parse_text(text, format="json")
    (violation,) = document.violations
    span = violation.location.span()
    return violation, (span.line, span.column, span.end_line, span.end_column)


MISTAKES = [
    ("", (1, 1, 1, 1)),
    ('{"a": 1,}', (1, 8, 1, 9)),
    ('{"a": [1, 2,\n]}', (1, 12, 1, 13)),
    ('{"a": 1\n "b": 2}', (1, 8, 1, 8)),
    ('{"a": [1 2]}', (1, 9, 1, 9)),
    ("{'a': 1}", (1, 2, 1, 5)),
    ("{\"a\": 'x'}", (1, 7, 1, 10)),
    ('{"a": 1 // no\n}', (1, 9, 1, 14)),
    ('{"a": 1 # no\n}', (1, 9, 1, 13)),
    ('{/* no */ "a": 1}', (1, 2, 1, 10)),
    ('{"a": {"b": 1}', (1, 1, 1, 2)),
    ('{"a": [1, 2', (1, 7, 1, 8)),
    ('{"a": [1, 2}', (1, 12, 1, 13)),
    ('{"a": 1}}', (1, 9, 1, 10)),
    ('{"a": 1} x', (1, 10, 1, 11)),
    ('{"ä": "x\n}', (1, 7, 1, 9)),
    ('{"a": "C:\\data"}', (1, 10, 1, 12)),
    ('{"a": "x\ty"}', (1, 9, 1, 10)),
    ('{"a": True}', (1, 7, 1, 11)),
    ('{"a": None}', (1, 7, 1, 11)),
    ('{"a": relu}', (1, 7, 1, 11)),
    ("{a: 1}", (1, 2, 1, 3)),
    ('{"a": 01}', (1, 7, 1, 9)),
    ('{"a": .5}', (1, 7, 1, 9)),
    ('{"a": 1_000}', (1, 7, 1, 12)),
    ('{"a" 1}', (1, 5, 1, 5)),
    ('{"a" = 1}', (1, 6, 1, 7)),
    ('{"a":}', (1, 6, 1, 6)),
    ('{"a": [1,,2]}', (1, 10, 1, 11)),
    ("seqspec = 1\n", (1, 1, 1, 2)),
]


@pytest.mark.parametrize(("text", "place"), MISTAKES, ids=[text[:20] for text, _ in MISTAKES])
def test_a_mistake_is_marked(text, place):
    violation, where = only(text)
    assert (violation.rule, where) == ("syntax-error", place)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_not_a_number_is_refused(word):
    violation, where = only(f'{{"a": {word}}}')
    assert violation.rule == "not-finite"
    assert where == (1, 7, 1, 7 + len(word))


def test_a_duplicate_key_points_to_both_and_reading_goes_on():
    document = parse_text('{"a": 1,\n "b": 2,\n "a": 3}', format="json")
    (violation,) = document.violations
    assert violation.rule == "duplicate-key"
    assert (violation.location.span().line, violation.location.span().column) == (3, 2)
    ((first, _),) = violation.related
    assert (first.span().line, first.span().column) == (1, 2)
    assert document.readable and document.tree == {"a": 3, "b": 2}


def test_columns_count_characters_and_a_mark_at_the_start_does_not_count():
    document = parse_text('\ufeff{"𝄞é": [1,\r\n "ü" ]}', format="json")
    span = document.span(("𝄞é", 1))
    assert (span.line, span.column, span.end_column) == (2, 2, 5)
    assert document.line_text(1) == '{"𝄞é": [1,'
    assert document.line_text(2) == ' "ü" ]}'
    assert document.line_text(3) == document.line_text(0) == ""


def test_a_part_of_a_string_is_found_behind_escapes():
    document = parse_text(r'{"a": "\u00e9\ud834\udd1e\n l2(0"}', format="json")
    assert document.tree["a"] == "é𝄞\n l2(0"
    span = document.span(("a",), string_range=(4, 6))
    assert stretch(document, span) == "l2"
    assert stretch(document, document.span(("a",), string_range=(0, 3))) == r"\u00e9\ud834\udd1e\n"
    assert document.span(("a",), string_range=(0, 99)) == document.span(("a",))


def test_a_path_that_does_not_exist_stands_at_the_innermost_one_that_does():
    document = parse_text('{"model": {"layers": [1]}}', format="json")
    assert document.span(("model", "layers", 7, "units")) == document.span(("model", "layers"))
    assert document.span(("nowhere",)) == document.span(())


def test_deep_nesting_is_refused_at_its_place():
    for count in (65, 1000, 200_000):
        violation, where = only("[" * count)
        assert violation.rule == "over-limit"
        assert where[:2] == (1, 65)


def test_an_absurd_number_is_refused():
    violation, where = only('{"a": ' + "9" * 5000 + "}")
    assert (violation.rule, where) == ("over-limit", (1, 7, 1, 5007))
