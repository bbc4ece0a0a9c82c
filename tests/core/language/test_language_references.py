"""References in strings, arithmetic of custom layers, ranges of Keras versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.arithmetic import evaluate, names, parse
from seqspec.core.language.keras import NEWEST, SUPPORTED, KerasRange, read_range
from seqspec.core.language.variables import ParsedText, Reference, read_text
from seqspec.core.shapes.tensor import Dim


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$a", ParsedText((Reference("a", (), 0, 2),), True)),
        ("${a}", ParsedText((Reference("a", (), 0, 4),), True)),
        ("$a-b[0]", ParsedText((Reference("a-b", (0,), 0, 7),), True)),
        ("$a[-1]", ParsedText((Reference("a", (-1,), 0, 6),), True)),
        ("$a[1:]", ParsedText((Reference("a", (slice(1, None),), 0, 6),), True)),
        ("$a[ : -1][0]", ParsedText((Reference("a", (slice(None, -1), 0), 0, 12),), True)),
        ("x${a}y", ParsedText(("x", Reference("a", (), 1, 5), "y"), False)),
        ("${a}${b[0]}", ParsedText(("", Reference("a", (), 0, 4), "", Reference("b", (0,), 4, 11), ""), False)),
        ("$$", ParsedText(("$",), False)),
        ("$$a", ParsedText(("$a",), False)),
        ("1$$2$$$$", ParsedText(("1$2$$",), False)),
    ],
)
def test_references(text, expected):
    assert read_text(text) == expected


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("$", (0, 1)),
        ("a $ b", (2, 3)),
        ("a$b", (1, 3)),
        ("$a b", (2, 4)),
        ("$a*2", (2, 4)),
        ("${a", (0, 2)),
        ("${a+1}", (0, 6)),
        ("x${}", (1, 4)),
        ("$a[b]", (2, 5)),
        ("$a[1:2:3]", (2, 9)),
        ("$1", (0, 1)),
    ],
)
def test_invalid_references_are_refused(text, inside):
    for _ in range(2):
        with pytest.raises(Violation) as caught:
            read_text(text)
        assert (caught.value.rule, caught.value.string_range) == ("bad-reference", inside)
        assert caught.value.help


@given(st.text(alphabet="$ab{}[]:-10 _é", max_size=15))
def test_any_string_is_read_or_refused_at_a_place_in_it(text):
    try:
        read = read_text(text)
    except Violation as violation:
        start, end = violation.string_range
        assert 0 <= start < end <= len(text)
    else:
        assert all(text[r.start] == "$" and r.end <= len(text) for r in read.references)


EXPRESSIONS = st.recursive(
    st.one_of(st.integers(0, 99).map(str), st.sampled_from(["n", "m"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "//"]), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, st.integers(0, 50), st.integers(1, 50))
def test_arithmetic_is_that_of_python(text, n, m):
    known = {"n": n, "m": m}
    try:
        expected = eval(text, {}, known)
    except ZeroDivisionError:
        with pytest.raises(Violation) as caught:
            evaluate(parse(text), known)
        start, end = caught.value.string_range
        assert caught.value.rule == "bad-value"
        assert evaluate(parse(text[start:end]), known) == 0
    else:
        assert evaluate(parse(text), known) == expected
        assert names(parse(text)) == {name for name in known if name in text}


@given(st.text(alphabet="nm12+-*/() $.%", max_size=30))
def test_any_text_is_an_expression_or_refused_at_a_place_in_it(text):
    try:
        value = evaluate(parse(text), {"n": Dim("T"), "m": 3})
    except Violation as violation:
        start, end = violation.string_range
        assert 0 <= start <= end <= len(text)
    else:
        assert isinstance(value, (int, Dim))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("C * $units + units", "C*4+4"),
        ("T - 2", "T-2"),
        ("-T + T", 0),
        ("T // 2 + 1", "T//2+1"),
        ("5 // T", "?"),
        ("T // 1", "T"),
    ],
)
def test_unknown_sizes_keep_their_names(text, value):
    result = evaluate(parse(text), {"T": Dim("T"), "C": Dim("C"), "units": 4})
    assert (result if isinstance(result, int) else str(result)) == value


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("", (0, 0)),
        ("a +", (3, 3)),
        ("a / 2", (2, 3)),
        ("2 ** 3", (3, 4)),
        ("(a", (0, 1)),
        ("a)", (1, 2)),
        ("a b", (2, 3)),
        ("1 // 0", (5, 6)),
        ("unit * 2", (0, 4)),
        ("9" * 19, (0, 19)),
        (" * ".join(["9" * 18] * 5), (0, 39)),
        ("(" * 150 + "1" + ")" * 40, (20, 21)),
        ("1+" * 150 + "1", (0, 301)),
    ],
)
def test_invalid_expressions_are_refused(text, inside):
    with pytest.raises(Violation) as caught:
        evaluate(parse(text), {"a": 1, "b": 2, "units": 3})
    assert (caught.value.rule, caught.value.string_range) == (
        "unknown-variable" if text == "unit * 2" else "bad-value",
        inside,
    )


@pytest.mark.parametrize(
    ("text", "oldest", "newest"),
    [
        (">=3.12", (3, 12), NEWEST),
        (">=3.13", (3, 13), NEWEST),
        ("==3.12.*", (3, 12), (3, 12)),
        ("==3.13", (3, 13), (3, 13)),
        ("==3.14.2", (3, 14), (3, 14)),
        ("~=3.14", (3, 14), NEWEST),
        ("~=3.14.0", (3, 14), (3, 14)),
        (">=3.13, <3.15", (3, 13), (3, 14)),
        (">3.12,<=3.14", (3, 12), (3, 14)),
        ("<3.14.1", (3, 12), (3, 14)),
        ("!=3.15.*, <3.16", (3, 12), (3, 14)),
        (">=3", (3, 12), NEWEST),
        ("==3.*", (3, 12), NEWEST),
        (">= 3.14.1 , != 3.15.*,<3.16", (3, 14), (3, 14)),
    ],
)
def test_ranges_of_keras(text, oldest, newest):
    assert read_range(text) == KerasRange(newest, oldest)


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        (3.13, None),
        ("", (0, 0)),
        ("3.13", (0, 4)),
        (">=3.13,", (7, 7)),
        (">=3.13, new", (7, 11)),
        (">=3.12.*", (0, 8)),
        ("~=3", (0, 3)),
        (">=4", None),
        ("<3.12", None),
        (">=3.13,<3.13", None),
    ],
)
def test_invalid_ranges_are_refused(value, inside):
    with pytest.raises(Violation) as caught:
        read_range(value)
    assert (caught.value.rule, caught.value.string_range) == ("bad-keras-range", inside)


VERSIONS = st.tuples(st.just(3), st.integers(10, 17), st.integers(0, 3))
CLAUSES = st.lists(
    st.tuples(st.sampled_from(["==", "!=", ">=", "<=", "<", ">", "~="]), VERSIONS), min_size=1, max_size=3
)


@given(CLAUSES)
def test_a_series_is_allowed_if_one_of_its_releases_is(clauses):
    compare = {
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        ">=": lambda a, b: a >= b,
        "<=": lambda a, b: a <= b,
        "<": lambda a, b: a < b,
        ">": lambda a, b: a > b,
        "~=": lambda a, b: a >= b and a[:2] == b[:2],
    }
    text = ",".join(f"{operator}{'.'.join(map(str, version))}" for operator, version in clauses)
    allowed = [
        series
        for series in SUPPORTED
        if any(all(compare[op]((*series, patch), version) for op, version in clauses) for patch in range(8))
    ]
    if allowed:
        assert read_range(text) == KerasRange(allowed[-1], allowed[0])
    else:
        with pytest.raises(Violation):
            read_range(text)
