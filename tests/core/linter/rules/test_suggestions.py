"""Names in suggestions exist: keys, values, command-line options, layer entries."""

import re
import tomllib

import click
import pytest

import seqspec
from seqspec.cli.main import cli
from seqspec.core.catalog.objects import CALLBACK, OPTIMIZER
from seqspec.core.catalog.reading import read_layer
from seqspec.core.diagnostics.code import family
from seqspec.core.diagnostics.codes import CODES
from seqspec.core.linter.explain import explain
from seqspec.core.linter.registry import rules
from tests import CASES

from . import vocabulary

CASES = CASES / "err"
# Words in quotes that are no names: sizes and texts of an author's own.
FREE = re.compile(
    r"[A-Z]|\?|\$\w+|\d+(/\d+)?|[\w/{}:.-]+\.(keras|h5|csv|weights\.h5|toml|json)|x-[\w-]+|val_\w+|\w+_\d+"
)


def advice():
    """Every finding of a rule in the golden documents and on the pages, with the text that it is about."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(CASES.rglob("*.toml"))]
    texts += [explain(rule.rule).sections["Example"] for rule in rules()]
    seen = set()
    for text in texts:
        try:
            tree = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        for found in seqspec.check(tree).diagnostics:
            if family(found.code) >= "3" and found.help and (found.name, found.help) not in seen:
                seen.add((found.name, found.help))
                yield pytest.param(found, text, id=f"{found.name}-{len(seen)}")


ADVICE = list(advice())


def options(command=cli):
    context = click.Context(command)
    for name in command.list_commands(context):
        for parameter in command.get_command(context, name).params:
            yield from parameter.opts + parameter.secondary_opts


@pytest.mark.parametrize(("found", "text"), ADVICE)
def test_keys_and_words_and_options_exist(found, text):
    said = f"{found.message} {found.help} {found.label or ''}"
    for key in re.findall(r"(?<![\w.\"])([a-z_]\w*) = ", said):
        assert key in vocabulary.known_keys() or re.search(rf"\b{key}\b", text), f"no key {key}: {said}"
    for written in re.findall(r'"([^"\s]+)"', found.help):
        word = re.sub(r"\([\d.,=e-]*\)$", "", written)  # a shorthand with numbers
        known = word in vocabulary.known_values() or word in vocabulary.known_keys() or word in text
        assert known or FREE.fullmatch(word), f"no word {word}: {said}"
    assert set(re.findall(r"--[a-z][\w-]+", said)) <= set(options())
    for code in re.findall(r"SEQ\d{3}", said):
        assert code in {entry.code for entry in CODES.values()}


@pytest.mark.parametrize(("found", "text"), ADVICE)
def test_whole_entries_can_be_read(found, text):
    for entry in re.findall(r"\{ type = [^{}]*(?:\{[^{}]*\}[^{}]*)*\}", found.help):
        if "..." in entry or "…" in entry:
            continue
        tree = tomllib.loads(f"entry = {entry}")["entry"]
        violations = []
        if tree["type"] in CALLBACK.names():
            CALLBACK.read(tree)
        elif tree["type"].lower() in OPTIMIZER.names():
            OPTIMIZER.read(tree)
        elif tree["type"] in vocabulary.LAYERS:
            read_layer(tree, violations)
        else:
            assert tree["type"] in vocabulary.known_values(), entry
        assert violations == [], entry
