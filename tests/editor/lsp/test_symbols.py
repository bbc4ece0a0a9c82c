"""Document symbols, folding ranges and selection ranges."""

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.editor.lsp.features.document_symbol import document_symbols, flat
from seqspec.editor.lsp.features.folding_range import folding
from seqspec.editor.lsp.features.selection_range import selection
from seqspec.editor.lsp.position_map import PositionMap
from tests import CASES
from tests.editor.lsp.marked import cursor, lines, snapshot

TOML = """# What it is.
# In two lines.
seqspec = 1

[vars]
width = 32  # 😀

[blocks.hidden]
params = { units = 8 }
layers = [
  { type = "Dense", units = "$units", name = "inner" },
  "ReLU",
]

[custom.Own]
import = "mine:Own"

[custom.Own.args.properties]
units = { type = "integer" }

[model]
input = [4]

[[model.layers]]
use = "hidden"

# About the next one.
[[model.layers]]
type = "Bidirectional"

[model.layers.layer]
type = "LSTM"

[compile]
optimizer = { type = "Adam", learning_rate = 1e-3 }

[fit]
callbacks = [{ type = "EarlyStopping" }, "TerminateOnNaN"]
"""
JSON = """{
  "seqspec": 1,
  "model": {
    "input": [4],
    "layers": [
      { "type": "Dense", "units": 3, "name": "head" },
      { "type": "Sequential", "layers": [
        "ReLU"
      ] }
    ]
  },
  "x-note": {}
}
"""


def outline(symbols, text, depth=0):
    for symbol in symbols:
        start, end = (text.offset(at) for at in (symbol.selection_range.start, symbol.selection_range.end))
        detail = f" ({symbol.detail})" if symbol.detail else ""
        span = f"{symbol.range.start.line}-{symbol.range.end.line}"
        yield f"{'  ' * depth}{symbol.name}{detail} {symbol.kind.name} {text.text[start:end]} {span}"
        yield from outline(symbol.children or (), text, depth + 1)


def test_the_outline_of_toml():
    made = document_symbols(snapshot(TOML), lines(TOML))
    assert list(outline(made, lines(TOML))) == [
        "seqspec (1) Property seqspec 2-2",
        "vars Namespace vars 4-5",
        "  width (32) Variable width 5-5",
        "blocks Namespace blocks 7-12",
        "  hidden Module hidden 7-12",
        "    params Object params 8-8",
        "      units (8) TypeParameter units 8-8",
        '    inner (Dense → (8)) Object "inner" 10-10',
        '    ReLU (→ (8)) Object "ReLU" 11-11',
        "custom Namespace custom 14-18",
        "  Own Class Own 14-18",
        '    import ("mine:Own") Property import 15-15',
        "    args Object args 17-18",
        "      units (integer) Object units 18-18",
        "model Namespace model 20-31",
        "  input ([4]) Array input 21-21",
        '  hidden (→ (8)) Object "hidden" 23-24',
        '  Bidirectional Object "Bidirectional" 27-31',
        "    layer (LSTM) Object layer 30-31",
        "compile Namespace compile 33-34",
        "  optimizer (Adam) Object optimizer 34-34",
        "fit Namespace fit 36-37",
        "  callbacks Array callbacks 37-37",
        '    EarlyStopping Object "EarlyStopping" 37-37',
        '    TerminateOnNaN Object "TerminateOnNaN" 37-37',
    ]


def test_the_outline_of_json():
    made = document_symbols(snapshot(JSON, "/nowhere/model.json"), lines(JSON))
    assert list(outline(made, lines(JSON))) == [
        'seqspec (1) Property "seqspec" 1-1',
        'model Namespace "model" 2-10',
        '  input ([4]) Array "input" 3-3',
        '  head (Dense → (3)) Object "head" 5-5',
        '  Sequential (→ (3)) Object "Sequential" 6-8',
        '    ReLU (→ (3)) Object "ReLU" 7-7',
        'x-note Namespace "x-note" 11-11',
    ]


def test_a_client_without_hierarchy_gets_a_list():
    made = list(flat(document_symbols(snapshot(TOML), lines(TOML)), "file:///x"))
    assert [(each.name, each.container_name) for each in made[3:9]] == [
        ("blocks", None),
        ("hidden", "blocks"),
        ("params", "hidden"),
        ("units", "params"),
        ("inner", "hidden"),
        ("ReLU", "hidden"),
    ]


def test_keys_without_letters_have_a_name_in_the_outline():
    text = 'vars = { "" = 1, " " = 2 }\n'
    made = document_symbols(snapshot(text), lines(text))
    assert [each.name for each in made[0].children] == ['""', '""']


def folds(text, file="/nowhere/model.seqspec.toml"):
    found = folding(snapshot(text, file), lines(text))
    return [(each.start_line, each.end_line, each.kind.value if each.kind else None) for each in found]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_folding_ranges_of_documents(end):
    assert folds(TOML.replace("\n", end)) == [
        (0, 1, "comment"),
        *[(4, 5, None), (7, 12, None), (9, 11, None), (14, 15, None), (17, 18, None), (20, 21, None), (23, 24, None)],
        *[(27, 28, None), (30, 31, None), (33, 34, None), (36, 37, None)],
    ]
    assert folds(JSON.replace("\n", end), "/nowhere/model.json") == [
        *[(0, 11, None), (2, 9, None), (4, 8, None), (6, 8, None)],
    ]


def test_a_string_of_several_lines_holds_no_comments():
    text = 'vars.a = """\n# one\n# two\n"""\n# three\n  # four\n[model]\n# five\n'
    assert folds(text) == [(0, 3, None), (4, 5, "comment")]


def test_a_selection_grows():
    text, offset = cursor('[model]\nlayers = [\n  { type = "De‸nse", units = 3 },\n]\n[fit]\nepochs = 3\n')
    made = selection(snapshot(text), lines(text), offset)
    found = []
    while made is not None:
        found.append(text[lines(text).offset(made.range.start) : lines(text).offset(made.range.end)])
        made = made.parent
    assert found == [
        *[
            "Dense",
            '"Dense"',
            'type = "Dense"',
            '{ type = "Dense", units = 3 }',
            '[\n  { type = "Dense", units = 3 },\n]',
        ],
        'layers = [\n  { type = "Dense", units = 3 },\n]',
        '[model]\nlayers = [\n  { type = "Dense", units = 3 },\n]',
        text,
    ]


def _holds(outer, inner):
    return (outer.start.line, outer.start.character) <= (inner.start.line, inner.start.character) and (
        (inner.end.line, inner.end.character) <= (outer.end.line, outer.end.character)
    )


def _check(symbols, around=None):
    starts = [(each.range.start.line, each.range.start.character) for each in symbols]
    assert starts == sorted(starts)
    for symbol in symbols:
        assert symbol.name.strip() and _holds(symbol.range, symbol.selection_range)
        assert around is None or _holds(around, symbol.range)
        _check(symbol.children or (), symbol.range)


@pytest.mark.parametrize("part", [1, 0.7, 0.4])
def test_symbols_folds_and_selections_of_truncated_texts(part):
    files = [file for file in sorted(CASES.rglob("*")) if file.suffix in (".toml", ".json")]
    for file in files[::5]:
        whole = file.read_bytes().decode("utf-8", "replace")
        for text in (whole[: int(len(whole) * part)], whole[: int(len(whole) * part)].replace("\n", "\r\n")):
            opened = snapshot(text, file)
            if opened.document.text is None:
                continue
            places = PositionMap(text, PositionCodec())
            _check(document_symbols(opened, places))
            last = len(places.lines()) - 1
            assert all(0 <= each.start_line < each.end_line <= last for each in folding(opened, places))
            for offset in range(0, len(text), 97):
                made = selection(opened, places, offset)
                assert _holds(made.range, types.Range(*[places.position(offset)] * 2))
                while made.parent is not None:
                    assert _holds(made.parent.range, made.range)
                    made = made.parent
