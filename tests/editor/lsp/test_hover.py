"""Hovers at a position, marked by `|`, and inlay hints."""

import pytest
from pygls.workspace import PositionCodec

from seqspec.core.syntax.limits import LIMITS
from seqspec.editor.lsp.features.code_lens import lenses
from seqspec.editor.lsp.features.hover import hover
from seqspec.editor.lsp.features.inlay_hint import hints
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

TOML = """seqspec = 1
vars = { width = 32 }
[blocks.hidden]
params = { size = 8 }
layers = [{ type = "Dense", units = "$size", activation = "relu" }]
[custom.Mine]
import = "mine:Mine"
[model]
input = [8]
layers = [
  { type = "Dense", units = "$width", activation = "tanh", name = "first" },
  { use = "hidden", size = 4 },
  { type = "Sequential", layers = ["Flatten", { type = "Dropout", rate = 0.5 }] },
  { type = "Dense", units = 2, kernel_regularizer = "l2(l2=0.1)" },
]
[compile]
optimizer = "adam(learning_rate=0.1, beta_1=0.8)"
loss = "mse"
[override.layers.first]
use_bias = false
"""
JSON = """{"seqspec": 1, "vars": {"width": 32},
 "blocks": {"hidden": {"params": {"size": 8}, "layers": [{"type": "Dense", "units": "$size"}]}},
 "model": {"input": [8], "layers": [
  {"type": "Dense", "units": "$width", "activation": "tanh"},
  {"use": "hidden", "size": 4},
  "Flatten"]}}
"""
# What stands before the place, and what is said there.
SAID_TOML = [
    ("seqs", "The version of the language"),
    ("wid", "The variable `$width`: `32`"),
    ("[blocks.hid", "A block of 1 layer, with `size = 8`"),
    ("[custom.Mi", "mine:Mine"),
    ("[mod", "The model"),
    ("inp", "The shape of one sample"),
    ("input = [8", "The shape of one sample"),
    ('[\n  { type = "De', "A densely connected layer"),
    ('[\n  { type = "De', "`first`: input (8), output (32) (float32); 256 parameters, 256 MACs"),
    ('"Dense", un', "**Required.**"),
    ('"$wid', "`$width` is `32`"),
    ('activation = "ta', "tanh"),
    ("activat", "`relu`, "),
    ('use = "hid', "input (32), output (4)"),
    ("size = 4", "Default: `8`"),
    ('"Sequ', "input (4), output (4)"),
    ('"Flat', "`flatten`: input (4), output "),
    ("rate = 0.5", "**rate**"),
    ('"l2(l2=0', "**l2**"),
    ('"ad', "**Adam**"),
    ("learning_ra", "**learning_rate**"),
    ("beta_1=0.", "**beta_1**"),
    ('loss = "ms', "squared"),
    ("[override.layers.fir", "A densely connected layer"),
    ("use_bi", "**use_bias**"),
]
SAID_JSON = [
    ('"seqs', "The version of the language"),
    ('"width": 3', "The variable `$width`: `32`"),
    ('[\n  {"type": "De', "input (8), output (32)"),
    ('"Dense", "un', "**Required.**"),
    ('"units": "$wid', "`$width` is `32`"),
    ('"use": "hid', "input (32), output (4)"),
    ('"Flat', "`flatten`: input (4), output "),
]


def opened(text, file):
    snapshot = Snapshot(text, f"/nowhere/{file}", 1, None, LIMITS)
    return snapshot, PositionMap(text, PositionCodec())


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("0.1", "**learning_rate**"),
        (".8", "**beta_1**"),
        ("clipnorm = ", "**global_clipnorm**"),
        ("_ema=t", "**use_ema**"),
        ("rue", "**use_ema**"),
        ("dam", "**Adam**"),
    ],
)
def test_an_argument_of_a_shorthand_is_described_by_position_and_by_keyword(at, said):
    text = 'seqspec = 1\n[compile]\noptimizer = "adam(0.1, 0.8, global_clipnorm = 1, use_ema=true)"\n'
    snapshot, places = opened(text, "x.toml")
    assert hover(snapshot, places, text.index(at)).contents.value.startswith(said)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("ource =", "**source**"),
        ("ype =", "**type**: One of `arrays`, "),
        ("mages", "Image files"),
        ("hannels", "**channels**: Channels: 1 gray"),
        ("3 }", "**channels**: "),
        ("y =", "**by**: One of `random`, "),
        ("ap =", "**gap**: Samples that are dropped"),
    ],
)
def test_the_keys_of_sources_and_splits_are_described(at, said):
    text = """seqspec = 1
[data]
source = { type = "images", path = "img", channels = 3 }
split = { by = "time", gap = 4 }
"""
    snapshot, places = opened(text, "x.toml")
    assert hover(snapshot, places, text.index(at)).contents.value.startswith(said)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("ge =", "**age**: A number, scaled with statistics"),
        ("umber", "A number, scaled with statistics"),
        ("ity =", "**city**: One of several values"),
        ("ategory", "One of several values"),
        ("op =", "**top**: Number of the most frequent values"),
        ("50", "**top**: Number of the most frequent values"),
        ("lan =", "**plan**: One of several values"),
        ("lag", "**flag**: Whether one more value"),
        ("olumns]", "**columns**: How the columns of a table"),
    ],
)
def test_columns_are_described(at, said):
    text = """seqspec = 1
[data]
source = "a.csv"
[data.columns]
age = "number"
city = { kind = "category", top = 50 }
plan = ["basic", "family"]
income = { kind = "number", missing = { fill = "median", flag = true } }
"""
    snapshot, places = opened(text, "x.toml")
    found = hover(snapshot, places, text.index(at)).contents.value
    assert found.startswith(said)
    # 50 places and one for the others
    assert ("Encoded as 51 values." in found) == (at == "ity =")


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "half"])
@pytest.mark.parametrize(
    ("text", "before", "said", "file"),
    [(TOML, *row, "x.toml") for row in SAID_TOML] + [(JSON, *row, "x.json") for row in SAID_JSON],
    ids=str,
)
def test_hover_describes_the_value(text, before, said, file, cut):
    """In a whole document, and in one whose end is not written yet."""
    offset = text.index(before) + len(before)
    if cut:
        text += "[fit" if file == "x.toml" else "{"
    answer = hover(*opened(text, file), offset)
    assert answer is not None and said in answer.contents.value


def test_hover_is_empty_in_comments_and_names():
    text = TOML + "# a comment\n"
    for before in ("# a com", 'name = "fi'):
        answer = hover(*opened(text, "x.toml"), text.index(before) + len(before))
        assert answer is None or "first" in answer.contents.value


@pytest.mark.parametrize("end", ["", "[fit"], ids=["whole", "half"])
def test_shapes_stand_behind_layers_and_totals_above(end):
    snapshot, text = opened(TOML + end, "x.toml")
    shown = [(hint.position.line, hint.label) for hint in hints(snapshot, text, 0, len(TOML))]
    assert shown == [
        (4, "→ (4)"),
        (10, "→ (32)"),
        (11, "→ (4)"),
        (12, "→ (4)"),
        (12, "→ (4)"),
        (12, "→ (4)"),
        (13, "→ (2)"),
    ]
    block, model = sorted(lenses(snapshot, text), key=lambda lens: lens.range.start.line)
    assert (block.range.start.line, block.command.title) == (2, "used once · 1 layer · 132 parameters")
    assert model.range.start.line == 7 and model.command.title.startswith("4 layers · 398 parameters · 392 MACs")


def test_shapes_of_layers_with_headers_of_their_own():
    text = 'seqspec = 1\n[model]\ninput = [4]\n[[model.layers]]\ntype = "Dense"\nunits = 3\n[[model.layers]]\nuse_'
    snapshot, places = opened(text, "x.toml")
    assert [(hint.position.line, hint.label) for hint in hints(snapshot, places, 0, len(text))] == [(3, "→ (3)")]


def test_a_document_that_extends_has_totals_and_its_changes_have_shapes(tmp_path):
    (tmp_path / "base.seqspec.toml").write_text(
        'seqspec = 1\n[model]\ninput = [4]\nlayers = ["Flatten", { type = "Dense", units = 3, name = "out" }]\n'
    )
    text = 'seqspec = 1\nextends = "base.seqspec.toml"\n\n[override.layers.out]\nunits = 5\n'
    snapshot = Snapshot(text, str(tmp_path / "child.seqspec.toml"), 1, None, LIMITS)
    places = PositionMap(text, PositionCodec())
    (lens,) = lenses(snapshot, places)
    assert lens.range.start.line == 1 and lens.command.title.startswith("2 layers · 25 parameters")
    answer = hover(snapshot, places, text.index("out]") + 1)
    assert "input (4), output (5)" in answer.contents.value


AFTER_ERRORS = """seqspec = 1
[blocks.last_unknown]
layers = [
  { type = "Dense", units = 5 },
  { type = "Dense", units = "many" },
]
[blocks.last_fails]
layers = [
  { type = "Dense", units = 6 },
  { type = "Conv2D", filters = 5, kernel_size = 3 },
]
[model]
input = [8, 8, 3]
layers = [
  { type = "Conv2D", filters = 4, kernel_size = 3, activation = 7 },
  { type = "Conv2D", filters = "many", kernel_size = 3 },
  { type = "Conv2D", filters = 6, kernel_size = 1, repeat = 2 },
  "GlobalAveragePooling2D",
  { use = "last_unknown" },
  { type = "Dense", units = 3 },
  { use = "last_fails" },
]
"""


def test_hints_continue_after_an_invalid_layer_where_the_shape_is_the_same_for_all_values():
    snapshot = Snapshot(AFTER_ERRORS, "model.toml", 1, None, LIMITS)
    found = hints(snapshot, PositionMap(AFTER_ERRORS, PositionCodec()), 0, len(AFTER_ERRORS))
    lines = AFTER_ERRORS.splitlines()
    assert [(lines[hint.position.line].strip(" {},").split(",")[0], hint.label) for hint in found] == [
        ('type = "Dense"', "→ (5)"),
        ('type = "Dense"', "→ (6)"),
        ('type = "Conv2D"', "→ (6, 6, 4)"),
        ('type = "Conv2D"', "→ (4, 4, 6) ×2"),
        ('"GlobalAveragePooling2D"', "→ (6)"),
        ('type = "Dense"', "→ (3)"),
    ]
    assert [hint.tooltip is None for hint in found] == [True, True, False, True, True, True]
