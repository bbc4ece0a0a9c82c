"""Fixes of the expanded tree as text edits: only where they are valid for every copy of the text."""

import tomllib

import pytest

from seqspec.core.analysis.resolve import resolve_diagnostics
from seqspec.core.diagnostics.diagnostic import TreeFix, insert, remove, rename, set_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.expand import expand
from seqspec.core.syntax.document_edits import apply_edits
from seqspec.core.syntax.source import parse_text, read_source

HEAD = "seqspec = 1\n"


def fixed(text, *remedies, path=("model", "layers")):
    """The text after the fix of one finding, met once for each remedy; None where there is no fix."""
    document = parse_text(HEAD + text, "x.toml")
    expansion = expand(document)
    assert expansion.violations == []
    violations = [Violation("bad-value", "", path=path, fix=TreeFix("do it", tuple(changes))) for changes in remedies]
    [diagnostic] = resolve_diagnostics(violations, expansion)
    if diagnostic.fix is None:
        return None
    return apply_edits(document, diagnostic.fix.edits).removeprefix(HEAD)


def layer(*path):
    return ("model", "layers", *path)


PLAIN = "[model]\nlayers = [\n  'Flatten', # f\n  { type = 'Dense', units = 3 },\n]\n"


def test_a_document_that_is_its_own_expansion():
    assert fixed(PLAIN, [set_value(layer(1, "units"), 4)]) == PLAIN.replace("3", "4")
    assert fixed(PLAIN, [insert(layer(2), "ReLU")]) == PLAIN.replace("3 },", '3 },\n  "ReLU",')


def test_an_argument_of_a_bare_name():
    expected = PLAIN.replace("'Flatten'", '{ type = "Flatten", name = "f" }')
    assert fixed(PLAIN, [set_value(layer(0, "name"), "f")]) == expected


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ('"adam(1e-3)"', set_value(("compile", "optimizer", "weight_decay"), 0.01), '"adam(1e-3, weight_decay=0.01)"'),
        ('"adam"', set_value(("compile", "optimizer", "learning_rate"), 0.01), '"adam(learning_rate=0.01)"'),
        ('"adam(1e-3, 0.8)"', set_value(("compile", "optimizer", "learning_rate"), 0.01), '"adam(0.01, 0.8)"'),
        ('"adam(1e-3, amsgrad=true)"', remove(("compile", "optimizer", "amsgrad")), '"adam(1e-3)"'),
        ('"sgd(lr=1)"', rename(("compile", "optimizer", "lr"), "learning_rate"), '"sgd(learning_rate=1)"'),
        ('"adam(1e-3, 0.8)"', remove(("compile", "optimizer", "learning_rate")), None),
        (
            "'adam(beta_1=0.8)'",
            set_value(("compile", "optimizer", "learning_rate"), {"type": "CosineDecay"}),
            '{ type = "Adam", beta_1 = 0.8, learning_rate = { type = "CosineDecay" } }',
        ),
    ],
)
def test_an_argument_of_a_shorthand(before, change, after):
    text = PLAIN.replace("{", "{{").replace("}", "}}") + "[compile]\noptimizer = {}\n"
    assert fixed(text.format(before), [change]) == (after and text.format(after))


def test_a_table_that_is_not_there_yet():
    expected = PLAIN + "\n[compile]\noptimizer = { clipnorm = 1.0 }\n"
    assert fixed(PLAIN, [set_value(("compile", "optimizer", "clipnorm"), 1.0)]) == expected


def test_tables_of_layers_take_no_bare_name():
    text = "[[model.layers]]\ntype = 'Dense'\nunits = 3\n"
    assert fixed(text, [insert(layer(0), "Flatten")]) == '[[model.layers]]\ntype = "Flatten"\n\n' + text


VARIABLE = "vars = { n = 3 }\n[model]\nlayers = [{ type = 'Dense', units = '$n' }, { type = 'Dense', units = '$n' }]\n"


def test_a_variable_is_replaced_where_it_is_used():
    # Its value elsewhere stays, and the fix is none that is made unasked.
    document = parse_text(HEAD + VARIABLE)
    violation = Violation(
        "bad-value", "", path=layer(0, "units"), fix=TreeFix("", (set_value(layer(0, "units"), 4),), True)
    )
    [diagnostic] = resolve_diagnostics([violation], expand(document))
    assert not diagnostic.fix.safe
    assert apply_edits(document, diagnostic.fix.edits) == HEAD + VARIABLE.replace("'$n'", "4", 1)


def test_inside_a_variable_nothing_is_changed():
    text = "vars = { d = { type = 'Dense', units = 3 } }\n[model]\nlayers = ['$d']\n"
    assert fixed(text, [set_value(layer(0, "units"), 4)]) is None
    assert fixed(text, [set_value(layer(0, "name"), "x")]) is None
    assert tomllib.loads(fixed(text, [remove(layer(0))]))["model"] == {"layers": []}


REPEATED = "[model]\nlayers = [{ type = 'Dense', units = 3, repeat = 2 }, 'Flatten']\n"


def test_copies_are_changed_together_or_not_at_all():
    one, two = ([set_value(layer(index, "units"), 4)] for index in range(2))
    assert fixed(REPEATED, one, path=layer(0)) is None
    assert resolve_diagnostics([], expand(parse_text(HEAD + REPEATED))) == []
    document = parse_text(HEAD + REPEATED)
    violations = [
        Violation("bad-value", "", path=layer(index, "units"), fix=TreeFix("", tuple(changes)))
        for index, changes in enumerate((one, two))
    ]
    [diagnostic] = resolve_diagnostics(violations, expand(document))
    assert apply_edits(document, diagnostic.fix.edits) == HEAD + REPEATED.replace("3", "4")


def test_an_item_beside_copies():
    assert fixed(REPEATED, [insert(layer(1), "ReLU")]) is None
    expected = REPEATED.replace("'Flatten'", "\"ReLU\", 'Flatten'")
    assert fixed(REPEATED, [insert(layer(2), "ReLU")]) == expected
    assert fixed(REPEATED, [insert(layer(0), "ReLU")]) == REPEATED.replace("[{", '["ReLU", {')


BLOCKS = (
    "[model]\nlayers = [{ use = 'b' }, { use = 'b' }, { use = 'c' }]\n"
    "[blocks.b]\nlayers = ['ReLU', 'ELU']\n[blocks.c]\nlayers = ['Softmax']\n"
)


def test_an_item_beside_blocks():
    assert fixed(BLOCKS, [insert(layer(2), "Flatten")]) == BLOCKS.replace("}, {", '}, "Flatten", {', 1)
    assert fixed(BLOCKS, [insert(layer(5), "Flatten")]) == BLOCKS.replace("'c' }]", "'c' }, \"Flatten\"]")
    # Within a block that is used twice only where both uses need it.
    assert fixed(BLOCKS, [insert(layer(1), "Flatten")]) is None


def test_a_block_that_is_used_once():
    expected = BLOCKS.replace("'Softmax'", '{ type = "Softmax", name = "p" }')
    assert fixed(BLOCKS, [set_value(layer(4, "name"), "p")]) == expected


def test_fix_leaves_values_of_bases(tmp_path):
    base = tmp_path / "base.toml"
    base.write_text(HEAD + PLAIN + "[compile]\nloss = 'mse'\n")
    child = tmp_path / "child.toml"
    child.write_text(f"{HEAD}extends = 'base.toml'\n[fit]\nepochs = 1\n")
    expansion = expand(read_source(child))
    assert expansion.violations == []

    def fix(path):
        violation = Violation("bad-value", "", path=path, fix=TreeFix("", (set_value(path, 2),)))
        return resolve_diagnostics([violation], expansion)[0].fix

    assert fix(("compile", "loss")) is None
    assert fix(("compile", "metrics")) is None
    assert [edit.text for edit in fix(("fit", "epochs")).edits] == ["2"]
