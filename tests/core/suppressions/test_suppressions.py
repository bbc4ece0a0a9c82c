"""Suppression comments: their scope, their errors, and unused ones."""

import json
import tomllib

import pytest

import seqspec
from seqspec.core.check.check import Check
from seqspec.core.syntax.source import parse_text

DOCUMENT = """seqspec = 1
{top}
[model]
input = [8]
layers = [
  {{ type = "Dense", units = 4, activation = "relu" }},{a}
{b}
  {{ type = "Dense", units = 1, activation = "softmax"{key} }},{c}
]{d}

{e}
[compile]
loss = "mse"{f}
"""


def document(**parts):
    names = ("top", "a", "b", "key", "c", "d", "e", "f")
    return DOCUMENT.format(**{name: parts.get(name, "") for name in names})


def check(text, format="toml"):
    return seqspec.check(parse_text(text, f"x.{format}"))


def codes(report):
    return [found.code for found in report.diagnostics]


PLAIN = codes(check(document()))


def test_the_document_has_a_finding_to_suppress():
    assert "SEQ301" in PLAIN and "SEQ030" not in PLAIN


@pytest.mark.parametrize(
    "parts",
    [
        {"c": " # seqspec: ignore[SEQ301]"},
        {"c": "# seqspec:ignore[softmax-over-one] the last layer is only a stand-in"},
        {"c": " # the head  # seqspec: ignore[SEQ301, SEQ301]"},
        {"b": "# seqspec: ignore[SEQ301]\n# another comment"},
        {"key": ', x-seqspec-ignore = ["SEQ301"]'},
        {"key": ', x-seqspec-ignore = { softmax-over-one = "a stand-in" }'},
        {"top": 'x-seqspec-ignore = ["SEQ301"]'},
    ],
)
def test_a_suppression(parts):
    report = check(document(**parts))
    assert codes(report) == [code for code in PLAIN if code != "SEQ301"]
    assert [found.code for found in report.suppressed] == ["SEQ301"]


@pytest.mark.parametrize("where", ["a", "d", "f", "e"])
def test_a_comment_elsewhere(where):
    report = check(document(**{where: "# seqspec: ignore[SEQ103]"}))
    assert sorted(codes(report)) == sorted(PLAIN if "SEQ301" in PLAIN and _has_errors(report) else [*PLAIN, "SEQ030"])


def _has_errors(report):
    return not report.ok


def warned(text):
    """A document whose only finding is a warning, as nothing of it is trained."""
    return text.replace('loss = "mse"', "").replace("[compile]", "")


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ({"a": " # seqspec: ignore[SEQ301]"}, ""),
        ({"c": " # seqspec: ignore[SEQ301, SEQ103]"}, " # seqspec: ignore[SEQ301]"),
        ({"c": " # seqspec: ignore[SEQ103, SEQ301, SEQ104] why"}, " # seqspec: ignore[SEQ301] why"),
        ({"c": " # head # seqspec: ignore[SEQ103]"}, " # head"),
        ({"key": ', x-seqspec-ignore = ["SEQ103", "SEQ301"]'}, ', x-seqspec-ignore = ["SEQ301"]'),
        ({"key": ', x-seqspec-ignore = ["SEQ103"]'}, ""),
        ({"key": ', x-seqspec-ignore = { SEQ301 = "a", SEQ103 = "b" }'}, ', x-seqspec-ignore = { SEQ301 = "a" }'),
    ],
)
def test_one_for_nothing_is_told_and_taken_out(parts, left):
    text = warned(document(**parts))
    before = [code for code in codes(check(text)) if code != "SEQ030"]
    assert "SEQ030" in codes(check(text))
    mended = seqspec.fix(parse_text(text, "x.toml"))
    [name] = parts
    assert mended.text == warned(document(**{name: left}))
    assert [found.code for found in mended.fixed] == ["SEQ030"]
    assert codes(mended.report) == before


def test_a_line_of_its_own_goes_with_its_comment():
    text = warned(document(b="# seqspec: ignore[SEQ103]"))
    assert seqspec.fix(parse_text(text, "x.toml")).text == text.replace("# seqspec: ignore[SEQ103]\n", "")


def test_a_comment_above_a_header_is_about_all_of_it():
    layers = '[[model.layers]]\ntype = "Dense"\nunits = 1\nactivation = "softmax"\n'
    for at, told in ((0, ["SEQ301"]), (1, [])):
        parts = ["", ""]
        parts[at] = "# seqspec: ignore[SEQ301] a stand-in\n"
        text = f"seqspec = 1\n[model]\ninput = [8]\n{parts[0]}[model.x-own]\n{parts[1]}{layers}"
        report = check(text)
        assert [code for code in codes(report) if code == "SEQ301"] == told
    text = f"seqspec = 1\n# seqspec: ignore[SEQ301]\n[model]\ninput = [8]\n{layers}"
    assert [found.code for found in check(text).suppressed] == ["SEQ301"]


def test_an_entry_over_several_lines():
    text = document(
        b='# seqspec: ignore[SEQ301]\n{ type = "Dense", units = 3, x-a = [\n 1,\n], activation = "softmax" },'
    )
    text = text.replace("units = 3", "units = 1")
    report = check(text)
    assert [found.pointer for found in report.suppressed if found.code == "SEQ301"] == ["/model/layers/1/activation"]
    assert [found.pointer for found in report.diagnostics if found.code == "SEQ301"] == ["/model/layers/2/activation"]


def test_syntax_errors_cannot_be_suppressed():
    text = document(c=" # seqspec: ignore[SEQ106]").replace('"softmax"', '"sofftmax"')
    assert "SEQ106" in [found.code for found in check(text).suppressed]
    broken = "x-seqspec-ignore = ['SEQ001']\nseqspec = 1 1\n"
    assert codes(check(broken)) == ["SEQ001"]


@pytest.mark.parametrize(
    ("comment", "marked"),
    [
        ("# seqspec: ignore", "# seqspec: ignore"),
        ("# seqspec: ignore[]", "# seqspec: ignore[]"),
        ("# why # seqspec: off", "# seqspec: off"),
        ("# seqspec: ignore[SEQ999]", "SEQ999"),
        ("# seqspec: ignore[SEQ301, softmax]", "softmax"),
        (
            "# seqspec: ignore[SEQ001]",
            "SEQ001",
        ),
    ],
)
def test_a_comment_that_cannot_be_used(comment, marked):
    text = document(c=f" {comment}")
    [found] = [found for found in check(text).diagnostics if found.code == "SEQ031"]
    line = text.split("\n")[found.span.line - 1]
    assert line[found.span.column - 1 : found.span.end_column - 1] == marked


@pytest.mark.parametrize("value", ['"SEQ301"', "[1]", "true"])
def test_a_key_that_cannot_be_used(value):
    report = check(document(top=f"x-seqspec-ignore = {value}"))
    [found] = [found for found in report.diagnostics if found.code == "SEQ031"]
    assert found.pointer == "/x-seqspec-ignore"


def test_other_comments_suppress_nothing():
    for text in (document(a=" # see seqspec: docs"), document(top="x-note = '# seqspec: ignore'")):
        assert codes(check(text)) == PLAIN


def test_json_and_dicts():
    tree = tomllib.loads(document(key=', x-seqspec-ignore = ["SEQ301"]'))
    for report in (check(json.dumps(tree), "json"), seqspec.check(tree)):
        assert codes(report) == [code for code in PLAIN if code != "SEQ301"]
        assert len(report.suppressed) == 1


def test_suppressions_of_bases_apply(tmp_path):
    (tmp_path / "base.toml").write_text(document(c=" # seqspec: ignore[SEQ301]"))
    (tmp_path / "child.toml").write_text("seqspec = 1\nextends = 'base.toml'\n[model]\nname = 'm'\n")
    report = seqspec.check(tmp_path / "child.toml")
    assert [found.code for found in report.suppressed] == ["SEQ301"]


def test_a_suppression_that_is_meant_for_later_can_be_kept():
    text = warned(document(top='x-seqspec-ignore = ["SEQ030"]', a=" # seqspec: ignore[SEQ301]"))
    report = check(text)
    assert "SEQ030" not in codes(report)
    assert "SEQ030" in [found.code for found in report.suppressed]


def test_unused_suppressions_need_the_rules_to_run():
    assert codes(Check.of(parse_text(document(c=" # seqspec: ignore[SEQ301]"), "x.toml")).report) == []
