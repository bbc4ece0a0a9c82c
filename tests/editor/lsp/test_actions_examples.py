"""Refactorings by example: the selection is between ⟦ and ⟧, a cursor is ⟦⟧."""

import re

import pytest

from seqspec.core.syntax.source import parse_text
from tests.editor.lsp.asking import asked, made, offers


def selected(text, **more):
    start, end = text.index("⟦"), text.index("⟧") - 1
    return asked(re.sub("[⟦⟧]", "", text), start, end, only=["refactor"], **more)


def after(text, title, **more):
    question = selected(text, **more)
    return made(question, offers(question)[title])


STEM = """seqspec = 1

[model]
input = [28, 28, 1]
layers = [
  # the stem
⟦  { type = "Conv2D", filters = 8, kernel_size = 3 }, # 😀
  # acts
  "ReLU", # last
⟧
  # again
  { type = "Conv2D", filters = 8, kernel_size = 3 },
  "ReLU",
  { type = "Conv2D", filters = 8, kernel_size = 3 },
  "ReLU",
  "Flatten"
]
"""
BLOCK = """seqspec = 1

[blocks.conv2d_block]
layers = [
  { type = "Conv2D", filters = 8, kernel_size = 3 }, # 😀
  # acts
  "ReLU", # last
]

[model]
input = [28, 28, 1]
layers = [
  # the stem
  { use = "conv2d_block" },

  # again
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_block_is_extracted_with_its_comments(end):
    rest = STEM[STEM.index("# again") :].removeprefix("# again\n")
    assert after(STEM.replace("\n", end), "Extract block") == (BLOCK + rest).replace("\n", end)
    two = '  { use = "conv2d_block", repeat = 2 },\n  "Flatten"\n]\n'
    assert after(STEM.replace("\n", end), "Extract block (3 places)") == (BLOCK + two).replace("\n", end)


def test_layers_on_one_line_and_a_block_that_takes_what_the_one_around_it_has():
    text = """seqspec = 1
vars = { rate = 0.5, width = 3 }

[blocks.dense]
params = { units = "$width", unused = 1 }
layers = [⟦{ type = "Dense", units = "$units" }, { type = "Dropout", rate = "$rate" }⟧, "ReLU"]

[blocks.dense_block]
layers = ["ReLU"]
"""
    assert after(text, "Extract block") == (
        """seqspec = 1
vars = { rate = 0.5, width = 3 }

[blocks.dense_block_2]
params = { units = "$width" }
layers = [
  { type = "Dense", units = "$units" },
  { type = "Dropout", rate = "$rate" },
]

[blocks.dense]
params = { units = "$width", unused = 1 }
layers = [{ use = "dense_block_2", units = "$units" }, "ReLU"]

[blocks.dense_block]
layers = ["ReLU"]
"""
    )


def test_layers_with_headers_of_their_own():
    text = """seqspec = 1

[model]
input = [8]

⟦# first
[[model.layers]]
type = "Dense" # wide
units = 4
[model.layers.kernel_regularizer]
type = "L2"

[[model.layers]]
type = "ReLU"
⟧
[[model.layers]]
type = "Dropout"
rate = 0.5
"""
    assert (
        after(text, "Extract block")
        == """seqspec = 1

# first
[[blocks.dense_block.layers]]
type = "Dense" # wide
units = 4
[blocks.dense_block.layers.kernel_regularizer]
type = "L2"

[[blocks.dense_block.layers]]
type = "ReLU"

[model]
input = [8]

[[model.layers]]
use = "dense_block"

[[model.layers]]
type = "Dropout"
rate = 0.5
"""
    )


def test_a_block_of_json():
    text = """{
    "seqspec": 1,
    "model": {
        "input": [8],
        "layers": [
            ⟦{
                "type": "Dense",
                "units": 4
            },
            "ReLU"⟧,
            {"type": "Dense", "units": 4},
            "ReLU",
            "Flatten"
        ]
    }
}
"""
    assert (
        after(text, "Extract block (2 places)", file="model.json")
        == """{
    "seqspec": 1,
    "blocks": {
        "dense_block": {
            "layers": [
                {
                    "type": "Dense",
                    "units": 4
                },
                "ReLU"
            ]
        }
    },
    "model": {
        "input": [8],
        "layers": [
            {"use": "dense_block", "repeat": 2},
            "Flatten"
        ]
    }
}
"""
    )


@pytest.mark.parametrize(
    "layers",
    [
        # Half a layer, and a list in a layer.
        '{ type = "Dense", ⟦units = 4 }, "ReLU"⟧',
        '{ type = "Conv1D", filters = 2, kernel_size = [⟦3⟧] }',
        # Of two layers called alike, copies of one block would be numbered otherwise.
        '{ use = "b" }, ⟦{ type = "Dense", units = 4, name = "a_1" }⟧',
        "⟦ , ⟧",
    ],
)
def test_extract_block_needs_equal_layers(layers):
    text = (
        'seqspec = 1\n[blocks.b]\nlayers = [{ type = "Dense", units = 4, name = "a" }]\n'
        f'[model]\ninput = [4]\nlayers = [{{ use = "b" }}, {layers}]\n'
    )
    question = selected(text)
    assert parse_text(question.snapshot.text).readable == (layers != "⟦ , ⟧")
    assert not any(title.startswith("Extract block") for title in offers(question))


@pytest.mark.parametrize(
    ("before", "title", "expected"),
    [
        (
            '[vars]\nw = 1e-1\n[model]\nlayers = [{ type = "Dropout", rate = ⟦⟧0.5, seed = 1 }, '
            '{ type = "Dropout", rate = 0.5 }]\n',
            "Extract variable (2 places)",
            '[vars]\nw = 1e-1\nrate = 0.5\n[model]\nlayers = [{ type = "Dropout", rate = "$rate", seed = 1 }, '
            '{ type = "Dropout", rate = "$rate" }]\n',
        ),
        (
            "[blocks.b]\nparams = { rate = 0.5 }\nlayers = "
            '[{ type = "Dropout", rate = "$rate" }, { type = "Dropout", rate = ⟦⟧1e-1 }]\n',
            "Extract variable",
            "[vars]\nrate_2 = 1e-1\n\n[blocks.b]\nparams = { rate = 0.5 }\nlayers = "
            '[{ type = "Dropout", rate = "$rate" }, { type = "Dropout", rate = "$rate_2" }]\n',
        ),
        (
            '[model]\nlayers = [{ type = "Conv2D", filters = 2, kernel_size = [⟦⟧3, 5] }]\n',
            "Extract variable",
            '[vars]\nkernel_size = [3, 5]\n\n[model]\nlayers = [{ type = "Conv2D", filters = 2, '
            'kernel_size = "$kernel_size" }]\n',
        ),
        (
            '[model]\nlayers = [{ type = "Conv2D", filters = 2, kernel_size = [3, ⟦5⟧] }]\n',
            "Extract variable",
            '[vars]\nkernel_size = 5\n\n[model]\nlayers = [{ type = "Conv2D", filters = 2, '
            'kernel_size = [3, "$kernel_size"] }]\n',
        ),
        (
            "[model]\ninput = [\n  28, # ⟦⟧high\n  28,\n]\nlayers = []\n",
            "Extract variable",
            '[vars]\ninput = [\n  28, # high\n  28,\n]\n\n[model]\ninput = "$input"\nlayers = []\n',
        ),
        (
            '[vars]\nhidden = [0x10, 8] # sizes\nrest = "$⟦⟧hidden[1:]"\n[model]\nname = "net_${hidden[0]}_$$"\n'
            'layers = [{ type = "Dense", units = "$hidden[0]" }, { type = "Dense", units = "$rest[0]" }]\n',
            "Inline variable hidden",
            '[vars]\nrest = [8]\n[model]\nname = "net_16_$$"\n'
            'layers = [{ type = "Dense", units = 0x10 }, { type = "Dense", units = "$rest[0]" }]\n',
        ),
        (
            '[vars]\nhidden = [0x10, 8]\nrest⟦⟧ = "$hidden[1:]"\n[model]\n'
            'layers = [{ type = "Dense", units = "$hidden[0]" }, { type = "Dense", units = "$rest[0]" }]\n',
            "Inline variable rest",
            "[vars]\nhidden = [0x10, 8]\n[model]\n"
            'layers = [{ type = "Dense", units = "$hidden[0]" }, { type = "Dense", units = "$hidden[1:][0]" }]\n',
        ),
        (
            "[vars]\nact = 'relu'\n[blocks.b]\nparams = { act = 'tanh', u = \"$act\" }\n"
            "layers = [{ type = \"Activation\", activation = '$act' }, { type = \"Activation\", activation = '$u' }]\n"
            "[model]\nlayers = [{ type = 'Activation', activation = '$⟦⟧act' }]\n",
            "Inline variable act",
            "[blocks.b]\nparams = { act = 'tanh', u = 'relu' }\n"
            "layers = [{ type = \"Activation\", activation = '$act' }, { type = \"Activation\", activation = '$u' }]\n"
            "[model]\nlayers = [{ type = 'Activation', activation = 'relu' }]\n",
        ),
        (
            '[vars]\nw = 3\n[model]\nname = "a${w}b${⟦⟧w}"\nlayers = [{ type = "Dense", units = "$w" }]\n',
            "Inline this use of w",
            '[vars]\nw = 3\n[model]\nname = "a${w}b3"\nlayers = [{ type = "Dense", units = "$w" }]\n',
        ),
        (
            '[vars]\nw = [3]\nadam = { type = "Adam", learning_rate = 1e-3 }\n[model]\nlayers = '
            '["ReLU", { type = "Dense", units = "$w[0]" }]\n[compile]\noptimizer = "$⟦⟧adam"\n',
            "Inline variable adam",
            '[vars]\nw = [3]\n[model]\nlayers = ["ReLU", { type = "Dense", units = "$w[0]" }]\n[compile]\n'
            'optimizer = { type = "Adam", learning_rate = 1e-3 }\n',
        ),
        (
            '[blocks.b]\nparams = { u = 4, r = 0.5 }\nlayers = [\n  # dense\n  { type = "Dense", units = "$u", '
            'name = "d" }, # wide\n  { type = "Dropout", rate = "$r" },\n]\n[model]\nlayers = [\n  { use = "b" },\n'
            '  { use = "b⟦⟧", for = { u = [1, 2] } }, # two\n]\n',
            "Inline block b",
            '[blocks.b]\nparams = { u = 4, r = 0.5 }\nlayers = [\n  # dense\n  { type = "Dense", units = "$u", '
            'name = "d" }, # wide\n  { type = "Dropout", rate = "$r" },\n]\n[model]\nlayers = [\n  { use = "b" },\n'
            '  # dense\n  { type = "Dense", units = 1, name = "d_1" }, # wide\n  { type = "Dropout", rate = 0.5 },\n'
            '  { type = "Dense", units = 2, name = "d_2" },\n  { type = "Dropout", rate = 0.5 }, # two\n]\n',
        ),
        (
            '[blocks.b]\nlayers = ["ReLU", "Flatten"]\n\n[model]\nlayers = [{ ⟦⟧use = "b" }]\n',
            "Inline block b",
            '[model]\nlayers = ["ReLU", "Flatten"]\n',
        ),
        (
            '[[blocks.b.layers]]\ntype = "ReLU"\n\n[model]\ninput = [3]\n\n[[model.layers]]\nuse = "b⟦⟧"\n',
            "Inline block b",
            '[model]\ninput = [3]\n\n[[model.layers]]\ntype = "ReLU"\n',
        ),
        (
            '[vars]\nh = [4, 5]\n[model]\nlayers = [\n  # two\n  { type = "Dense", units = "$⟦⟧u", name = "d", '
            'for = { u = "$h" }, repeat = 2 }, # each\n  "ReLU",\n]\n',
            "Expand repeated layers",
            '[vars]\nh = [4, 5]\n[model]\nlayers = [\n  # two\n  { type = "Dense", units = "$h[0]", name = "d" },\n'
            '  { type = "Dense", units = "$h[0]", name = "d_1" },\n'
            '  { type = "Dense", units = "$h[1]", name = "d_2" },\n'
            '  { type = "Dense", units = "$h[1]", name = "d_3" }, # each\n  "ReLU",\n]\n',
        ),
        (
            '[model]\nlayers = ["ReLU"]\n[compile]\noptimizer = "adam(1e-2,⟦⟧ beta_1=0.8)" # fast\n',
            "Convert to a table",
            '[model]\nlayers = ["ReLU"]\n[compile]\n'
            'optimizer = { type = "Adam", learning_rate = 1e-2, beta_1 = 0.8 } # fast\n',
        ),
        (
            '[model]\nlayers = ["ReLU"]\n[compile]\noptimizer = { type = "⟦⟧Adam", learning_rate = 1e-2 }\n',
            "Convert to shorthand",
            '[model]\nlayers = ["ReLU"]\n[compile]\noptimizer = "adam(learning_rate=0.01)"\n',
        ),
        (
            '[model]\ninput = [2]\nlayers = ["Flat⟦⟧ten"]\n',
            "Convert to a table",
            '[model]\ninput = [2]\nlayers = [{ type = "Flatten" }]\n',
        ),
        (
            '[model]\ninput = [2]\nlayers = [{ type = "Flat⟦⟧ten" }]\n',
            "Convert to a name",
            '[model]\ninput = [2]\nlayers = ["Flatten"]\n',
        ),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_code_action_edits_the_text(before, title, expected, end):
    head = "seqspec = 1 # 😀\n\n"
    assert after((head + before).replace("\n", end), title) == (head + expected).replace("\n", end)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        # The variable is not of this document, its only use is here, or nothing refers to it.
        ('[vars]\nw = 3\n[model]\nlayers = [{ type = "Dense", units = "$⟦⟧w" }]\n', {"Inline variable w"}),
        ('[vars]\nw⟦⟧ = 3\n[model]\nlayers = [{ type = "Dense", units = 4 }]\n', set()),
        ('[model]\nlayers = [{ type = "Dense", units = "$⟦⟧w" }]\n', set()),
        # A list has no place inside a string, and a ring no value.
        ('[vars]\nw = [3]\n[model]\nname = "a${⟦⟧w}"\nlayers = []\n', set()),
        ('[vars]\na = "$⟦⟧b"\nb = "$a"\n[model]\nlayers = []\n', set()),
        # A search sets the variable.
        ('[vars]\nw⟦⟧ = 3\n[model]\nname = "${w}"\nlayers = []\n[search.space]\nvars.w = [1, 2]\n', set()),
        ('[vars]\nw = 3\n[model]\nname = "${⟦⟧w}"\nlayers = []\n[search.space]\nvars.w = [1, 2]\n', set()),
        (
            '[vars]\nu = [3, 4]\n[model]\nlayers = [{ type = "De⟦⟧nse", units = "$n", for = { n = "$u" } }]\n'
            "[search.space]\nvars.u = { each = [1, 2], length = { min = 1, max = 2 } }\n",
            set(),
        ),
        # Of a block that refers to a variable which is a parameter where it is used.
        (
            '[vars]\nu = 3\n[blocks.a]\nlayers = [{ type = "Dense", units = "$u" }]\n[blocks.b]\nparams = { u = 4 }\n'
            'layers = [{ use = "⟦⟧a" }, { type = "Dense", units = "$u" }]\n[model]\nlayers = [{ use = "b" }]\n',
            set(),
        ),
        ('[blocks.a]\nlayers = [{ use = "⟦⟧a" }]\n[model]\nlayers = [{ use = "a" }]\n', set()),
        ('[blocks.a]\nlayers = ["ReLU"]\n[model]\nlayers = [{ use = "⟦⟧a", repeat = 0 }]\n', set()),
        ('[blocks.a]\nlayers = ["ReLU"]\n[model]\nlayers = [{ use = "⟦⟧a", repeat = 100000 }]\n', set()),
        # What a value is called, and what is nobody's argument.
        ('[model]\nlayers = [{ type = "⟦⟧Dense", units = 3, x-note = 4 }]\n', set()),
        ('[model]\nlayers = [{ type = "Dense", units = 3, x-note = ⟦⟧4 }]\n', set()),
        ("seqspec = ⟦⟧1\n[model]\nlayers = []\n", set()),
    ],
)
def test_code_actions_are_not_offered(text, titles):
    text = text if text.startswith("seqspec") else f"seqspec = 1\n{text}"
    found = {title for title in offers(selected(text)) if not title.startswith("Extract variable") or not titles}
    assert found == titles


def test_a_value_of_the_document_that_this_one_extends(tmp_path):
    (tmp_path / "base.toml").write_text('seqspec = 1\n[vars]\nw = 3\n[model]\ninput = [3]\nlayers = ["ReLU"]\n')
    child = 'seqspec = 1\nextends = "base.toml"\n[model]\nlayers = [{ type = "Dense", units = "$⟦⟧w" }]\n'
    file = tmp_path / "child.toml"
    question = selected(child, file=file)
    assert list(offers(question)) == ["Inline this use of w"]
    assert after(child, "Inline this use of w", file=file) == child.replace('"$⟦⟧w"', "3")
