"""Helps and suggestions in each format."""

import ast
import pickle
import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqspec.core.diagnostics.message import (
    JSON,
    PYTHON,
    TOML,
    Message,
    Number,
    OnlyInToml,
    Setting,
    SpecOrProgram,
    TableName,
    Value,
    Verbatim,
    join,
    render_help,
)
from seqspec.core.diagnostics.suggest import SuggestionTemplate, suggest
from tests import ROOT

HELP = Message(
    "write ", Setting("vars", {"width": 32}), " in ", TableName(("blocks", "NAME")), OnlyInToml(", or a header")
)


@pytest.mark.parametrize(
    ("notation", "expected"),
    [
        (TOML, "write vars = { width = 32 } in [blocks.NAME], or a header"),
        (JSON, 'write "vars": { "width": 32 } in "NAME" in "blocks"'),
        (PYTHON, 'write vars={"width": 32} in NAME'),
    ],
)
def test_a_help_is_rendered_in_the_notation_of_the_document(notation, expected):
    assert HELP.render(notation) == expected == render_help(HELP, notation)
    assert pickle.loads(pickle.dumps(HELP)) == HELP


def test_a_part_about_specs_alone():
    """A Keras program has no tables: a help says in their place what the program can do, or nothing."""
    help = Message(
        "pass labels",
        SpecOrProgram(Message(", with ", Setting("shape", [1]), " in ", TableName(("target",))), " to fit"),
    )
    assert help.render(TOML) == "pass labels, with shape = [1] in [target]"
    assert help.render(PYTHON) == "pass labels to fit"
    assert (Message("stop") + Message(SpecOrProgram(Message(", or set it")))).render(PYTHON) == "stop"
    assert pickle.loads(pickle.dumps(help)) == help


def test_help_of_words_is_equal_in_all_formats():
    assert render_help("remove it", JSON) == "remove it" and render_help(None, JSON) is None


def test_placeholders_are_rendered_as_ellipses():
    assert Setting("layers", [...]).render(TOML) == "layers = [...]"
    assert Value({"use": ...}).render(JSON) == '{ "use": ... }'


RESCALING = {"type": "Rescaling", "scale": 1.0}


@pytest.mark.parametrize(
    ("help", "toml", "json", "python"),
    [
        (
            Message("put ", Value(RESCALING), " before"),
            'put { type = "Rescaling", scale = 1.0 } before',
            'put { "type": "Rescaling", "scale": 1.0 } before',
            "put Rescaling(scale=1.0) before",
        ),
        (
            Message(Setting("class_weight", {"0": Verbatim("1.5")}), " in ", TableName(("fit",))),
            "class_weight = { 0 = 1.5 } in [fit]",
            '"class_weight": { "0": 1.5 } in "fit"',
            'class_weight={"0": 1.5} in fit()',
        ),
        (
            Message(Setting("layers", [{...: ...}]), OnlyInToml(", or a header")),
            "layers = [{ ... }], or a header",
            '"layers": [{ ... }]',
            "layers=[{...}]",
        ),
        (
            Message("declare ", TableName(("data", "validation"))),
            "declare [data.validation]",
            'declare "validation" in "data"',
            "declare validation_data",
        ),
        (Message("write ", Setting("bias", False)), "write bias = false", 'write "bias": false', "write bias=False"),
        (
            Message("set ", Setting("shape", ["T", 3])),
            'set shape = ["T", 3]',
            'set "shape": ["T", 3]',
            'set shape=["T", 3]',
        ),
    ],
)
def test_formats(help, toml, json, python):
    assert (help.render(TOML), help.render(JSON), help.render(PYTHON)) == (toml, json, python)


def test_helps_are_joined():
    ways = [Message("set ", Setting("unroll", True)), "export to LiteRT"]
    assert join(", or ", ways).render(JSON) == 'set "unroll": true, or export to LiteRT'
    assert ("no, " + Message(Setting("a", 1)) + "!").parts == ("no, ", Setting("a", 1), "!")


SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(st.characters(codec="ascii"), max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else "none" if value is None else value


@given(VALUES)
def test_toml_values_are_read_as_they_were(value):
    assert tomllib.loads(f"key = {TOML.value(value)}")["key"] == plain(value)


def test_a_suggestion_says_what_was_meant():
    known = ["width", "depth"]
    found = suggest("widht", known, "available: width, depth", SuggestionTemplate.REFERENCE)
    assert found.arguments() == {"label": "did you mean width?", "help": 'write "$width"', "suggestion": "width"}
    assert suggest("zzz", known, "available: width, depth").arguments() == {
        "label": None,
        "help": "available: width, depth",
        "suggestion": None,
    }


TOML_SYNTAX = re.compile(
    r"(?<![\w\"'.$])\w+ = (?=\S)|\[(custom|data|fit|compile|model|target|runtime|export|quantize)(\.\w+)?\]"
)


def test_helps_are_independent_of_the_format():
    found = []
    for file in sorted((ROOT / "seqspec").rglob("*.py")):
        if file.parent.name in ("syntax", "commands", "cli"):
            continue  # Faults in TOML or JSON text itself, and the help of options.
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.keyword)
                and node.arg == "help"
                and isinstance(node.value, (ast.Constant, ast.JoinedStr))
            ):
                words = [
                    part.value
                    for part in ast.walk(node.value)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
                found += [f"{file}:{node.value.lineno}" for word in words if TOML_SYNTAX.search(word)]
    assert found == []


def test_a_message_with_pieces_of_a_document():
    """Its text has them in TOML; numbers remain data in every format, so that messages can be merged."""
    message = Message("no ", TableName(("compile",)), ", ", Setting("nesterov", True), " with momentum = ", 0.5)
    assert message == "no [compile], nesterov = true with momentum = 0.5"
    assert message.render(PYTHON) == "no compile(), nesterov=True with momentum = 0.5"
    assert Message("a ", message) == "a no [compile], nesterov = true with momentum = 0.5"
    assert ("b " + message).render(PYTHON) == "b no compile(), nesterov=True with momentum = 0.5"
    assert Number(0.5) in message.render(PYTHON).parts
    plain = Message("epochs = ", 3)
    assert plain.render(PYTHON) is plain


def test_formats_name_notations():
    """Plugins of the first release render by the name of a format."""
    help = Message("write ", Setting("units", 3))
    assert [help.render(name) for name in ("toml", "json", "python")] == [
        "write units = 3", 'write "units": 3', "write units=3",
    ]  # fmt: skip
