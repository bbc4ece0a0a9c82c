"""The canonical format: equal trees and comments for every layout, and idempotent."""

import json
import tomllib

import pytest
from hypothesis import given

from seqspec.core.check.check import check
from seqspec.core.document.canonical import Unformattable, format_document
from seqspec.core.syntax.formatter.nodes import equal_trees
from seqspec.core.syntax.source import parse_text
from seqspec.core.syntax.syntax import SYNTAXES
from tests import ROOT
from tests.strategies.documents import json_documents, toml_documents


def formatted(text, format, to=None):
    document = parse_text(text, format=format)
    assert document.readable, document.violations
    return format_document(document, to).text


def comments_of(text):
    """The comments of the syntax tree, which knows nothing of forms."""
    return sorted(text[start:end].rstrip() for start, end in SYNTAXES["toml"].parse_tree(text, 64).comments)


LAYOUTS = [
    "a = 1 # one\n# above b\n\nb = 2\n# below b\n\n# above c\n[c] # at c\n# in c\n\n# end\n",
    "# top\n\n# second\n[b]\nx = 1\n# below\n\n[a]\n",
    "layers = [ # open\n 1, # one\n\n # two\n 2\n # three\n, # four\n 3, 4 # last\n # tail\n] # done\n",
    "[[a.layers]] # first\nx = 1 # inside\n\n# second\n[[a.layers]]\n[a.layers.sub] # at sub\ny = 2\n[b]\n",
    "[[a.layers]]\nx = 1\n# tail of x\n\n[[a.layers]]\nx = 2\n",
    "a = { b = [ # open\n 1 ], c = 2 } # end\n",
    "[a.b.c]\nx = 1\n[a.b] # late\n# note\n[a]\n",
    "a.b.c = 1 # leaf\n# about d\na.b.d = 2\n",
    "[[fit]]\nepochs = 1\n# between\n[[fit]]\nepochs = 2\n# end\n",
    "fit = [ # open\n {epochs = 1}, {epochs = 2}\n # tail\n]\n",
    "x = '''\n# no comment\n''' # one\ny = \"a # b\"\n",
    "# only comments\n\n\n# two\n",
    "\n\n",
    'a = 1\r\n# windows\r\n[b]\r\nc = """\r\nx\r\n""" # end\r\n',
    "# first\n\n[b]\n",
    "# first\nmodel = { name = 'x' }\n",
]


def check_layout(text):
    once = formatted(text, "toml")
    assert equal_trees(tomllib.loads(once), tomllib.loads(text))
    assert comments_of(once) == comments_of(text.replace("\r\n", "\n"))
    assert formatted(once, "toml") == once
    assert "\r" not in once.replace("\\r", "")


@given(toml_documents())
def test_toml(text):
    check_layout(text)


@pytest.mark.parametrize("text", LAYOUTS)
def test_layouts(text):
    check_layout(text)


@given(json_documents())
def test_json(text):
    once = formatted(text, "json")
    assert json.loads(once) == json.loads(text)
    assert formatted(once, "json") == once


@given(toml_documents())
def test_toml_to_json_and_back(text):
    tree = tomllib.loads(text)
    converted = formatted(text, "toml", "json")
    assert equal_trees(json.loads(converted), tree)
    assert equal_trees(tomllib.loads(formatted(converted, "json", "toml")), tree) or "$schema" in tree


@given(json_documents())
def test_json_to_toml(text):
    tree = json.loads(text)
    try:
        converted = formatted(text, "json", "toml")
    except Unformattable:
        assert "null" in text or "\\ud" in text.lower()
        return
    read = tomllib.loads(converted)
    assert equal_trees(read, tree) or "null" in text
    assert formatted(converted, "toml") == converted


ALIASES = """\
seqspec = 1

[vars]
pool = "MaxPool2D"

[blocks.b]
layers = [
  "AvgPool2D",
]

[custom.C]
import = "m:C"
args = { properties = { MaxPool2D = { type = "MaxPool2D" } } }

[model]
layers = [
  "Convolution2D",
  { type = "TimeDistributed", layer = { type = "GlobalMaxPool1D", name = "MaxPool2D", x-type = "MaxPool2D" } },
]
"""


def test_canonical_names_where_layers_stand_and_nowhere_else():
    assert formatted(ALIASES, "toml") == (
        ALIASES.replace('"AvgPool2D"', '"AveragePooling2D"')
        .replace('"Convolution2D"', '"Conv2D"')
        .replace('"GlobalMaxPool1D"', '"GlobalMaxPooling1D"')
    )


def test_formatter_keeps_language_constructs():
    text = """\
seqspec = 1
extends = "base.seqspec.toml"

[vars]
width = 32
hidden = ["$width", 1_0]

[blocks.b]
params = { units = 64 }
layers = [
  { type = "Dense", units = "$units", repeat = 2 },
]

[model]
layers = [
  { use = "b", for = { units = "$hidden" } },
]

[override.layers.head]
units = 5
"""
    assert formatted(text, "toml") == text


def test_examples_are_canonical_and_convert():
    for path in sorted((ROOT / "examples").glob("*.seqspec.*")):
        text = path.read_text(encoding="utf-8")
        format = path.suffix[1:]
        assert formatted(text, format) == text, path
        other = "json" if format == "toml" else "toml"
        before, after = check(parse_text(text).tree), check(parse_text(formatted(text, format, other)).tree)
        assert before.ok and after.ok
        assert [layer.to_dict() for layer in before.layers] == [layer.to_dict() for layer in after.layers]
