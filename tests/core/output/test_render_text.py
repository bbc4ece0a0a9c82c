"""The text of a finding: one line, an excerpt with a caret, notes and help; no control characters."""

from seqspec.core.diagnostics.diagnostic import Diagnostic, Related, Span
from seqspec.core.output.text import ansi, columns, concise, full, visible

LINES = [
    "seqspec = 1",
    '  { type = "Dense", units = -3 },',
    '\tname = "日本", units = -3',
    "x" * 400 + "units = -3" + "y" * 400,
]


def lines(file, number):
    return LINES[number - 1]


def finding(line, start, end, **more):
    return Diagnostic(
        "SEQ105",
        "bad-value",
        "error",
        "units needs more",
        "/model/layers/0/units",
        Span(line, start, line, end),
        "m.toml",
        **more,
    )


def test_full():
    found = finding(2, 29, 31, label="too small", notes=("input shape: (4)",), help="write 3")
    assert full(found, lines).splitlines() == [
        "m.toml:2:29: error[SEQ105] bad-value: units needs more",
        "  |",
        '2 |   { type = "Dense", units = -3 },',
        "  |                             ^^ too small",
        "  |",
        "  = input shape: (4)",
        "  = help: write 3",
    ]


def test_wide_characters_and_tabs_keep_the_caret_in_place():
    text = full(finding(3, 23, 25), lines).splitlines()
    assert columns(text[2][: text[2].index("-3")]) == columns(text[3][: text[3].index("^")])


def test_a_long_line_is_cut_around_the_place():
    text = full(finding(4, 409, 411), lines).splitlines()
    assert len(text[2]) < 200
    assert text[2][text[3].index("^") :].startswith("-3")


def test_related_places():
    found = finding(2, 29, 31, related=(Related("/seqspec", "declared here", Span(1, 1, 1, 8), "m.toml"),))
    assert "1 | seqspec = 1\n  | ------- declared here\n2 |" in full(found, lines)


def test_places_are_in_the_order_of_lines_and_share_a_line():
    places = [(3, 2, "later"), (2, 5, "same line"), (1, 1, "earlier")]
    related = [Related("/a", words, Span(line, column, line, column + 3), "m.toml") for line, column, words in places]
    other = Related("/b", "elsewhere", Span(1, 1, 1, 4), "base.toml")
    text = full(finding(2, 29, 31, label="own", related=(other, *related)), lines).splitlines()
    numbers = [line.partition(" ")[0] for line in text if line[0].isdigit()]
    assert numbers == ["1", "2", "3", "1"]
    marks = [line.split()[-1] for line in text if "^" in line or "--" in line]
    assert marks == ["earlier", "own", "line", "later", "elsewhere"]


def test_control_characters_are_shown_not_obeyed():
    found = Diagnostic("SEQ105", "bad-value", "error", "got \x1b[31m\u202e\x07", "/a\x1b", None, "f\x1b[2J.toml")
    for text in (concise(found), full(found, lines)):
        assert "\x1b" not in text and "\u202e" not in text and "\x07" not in text
    assert visible("a\tb\x00") == "a b\\x00"


def test_colour():
    assert "\x1b[1;31merror[SEQ105]\x1b[0m" in concise(finding(2, 29, 31), ansi)
