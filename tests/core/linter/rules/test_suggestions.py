"""Names in suggestions exist: keys, values, command-line options, layer entries."""

import re
import tomllib

import click
import pytest

from seqspec.cli.main import cli
from seqspec.core.catalog.objects import CALLBACK, OPTIMIZER
from seqspec.core.catalog.reading import read_layer
from seqspec.core.diagnostics.codes import CODES
from tests import CASES

from . import vocabulary

CASES = CASES / "err"
# Words in quotes that are not names: sizes, and texts that authors choose.
FREE = re.compile(
    r"[A-Z]|\?|\$\w+|\d+(/\d+)?|[\w/{}:.-]+\.(keras|h5|csv|weights\.h5|toml|json)|x-[\w-]+|val_\w+|\w+_\d+"
)


def suggestions():
    """Every finding of a rule in the golden outputs that has a help: its text, its help, and the spec."""
    seen = set()
    for path in sorted(CASES.rglob("*.toml.out")):
        spec = path.with_suffix("").read_text(encoding="utf-8")
        for finding in re.split(r"\n\n(?=\S)", path.read_text(encoding="utf-8")):
            name, help = (re.search(pattern, finding) for pattern in (r"\[SEQ[3-8]\d\d\] ([\w-]+): ", r"= help: (.+)"))
            if name and help and (name[1], help[1]) not in seen:
                seen.add((name[1], help[1]))
                yield pytest.param(finding, help[1], spec, id=f"{name[1]}-{len(seen)}")


SUGGESTIONS = list(suggestions())


def options(command=cli):
    context = click.Context(command)
    for name in command.list_commands(context):
        for parameter in command.get_command(context, name).params:
            yield from parameter.opts + parameter.secondary_opts


@pytest.mark.parametrize(("finding", "help", "spec"), SUGGESTIONS)
def test_names_in_suggestions_exist(finding, help, spec):
    for key in re.findall(r"(?<![\w.\"])([a-z_]\w*) = ", finding):
        assert key in vocabulary.known_keys() or re.search(rf"\b{key}\b", spec), f"unknown key {key}: {finding}"
    for written in re.findall(r'"([^"\s]+)"', help):
        word = re.sub(r"\([\d.,=e-]*\)$", "", written)  # a shorthand with numbers
        known = word in vocabulary.known_values() or word in vocabulary.known_keys() or word in spec
        assert known or FREE.fullmatch(word), f"unknown word {word}: {finding}"
    assert set(re.findall(r"--[a-z][\w-]+", finding)) <= set(options())
    for code in re.findall(r"SEQ\d{3}", finding):
        assert code in {entry.code for entry in CODES.values()}


@pytest.mark.parametrize(("finding", "help", "spec"), SUGGESTIONS)
def test_layer_entries_in_suggestions_are_valid(finding, help, spec):
    for entry in re.findall(r"\{ type = [^{}]*(?:\{[^{}]*\}[^{}]*)*\}", help):
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
