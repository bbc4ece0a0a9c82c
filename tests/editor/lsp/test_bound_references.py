"""What a document declares, which names are visible where, and to which declarations references are bound."""

import pytest

from seqspec.core.language.symbols import DeclaredSymbols
from seqspec.editor.lsp.bound_references import bound_references, scope_at, unused_name, values

TREE = {
    "vars": {"width": 8, "x-note": "$width"},
    "blocks": {
        "dense": {
            "params": {"units": "$width", "use": 1},
            "layers": [
                {"for": {"n": "$units", "width": [1, 2]}, "repeat": "$units", "units": "$n", "name": "d${width}"},
                {"use": "other", "for": {"units": "$units"}},
            ],
        }
    },
    "custom": {
        "Own": {"import": "a:B", "args": {"required": ["k"], "properties": {"k": {}}}},
        "Loss": {"kind": "loss"},
    },
    "model": {"layers": [{"type": "Dense", "units": "$width", "name": "head", "layer": {"name": "inner"}}]},
    "x-notes": "$nothing",
    "keras": "$nothing",
}


def test_references_bind_to_the_innermost_declaration():
    found = {(each.path[-2:], each.reference.name): each.binder for each in bound_references(TREE, ["width"])}
    block = ("blocks", "dense")
    loop = (*block, "layers", 0, "for")
    assert found == {
        (("vars", "x-note"), "width"): ("vars", "width"),
        (("params", "units"), "width"): ("vars", "width"),
        (("for", "n"), "units"): (*block, "params", "units"),
        ((0, "repeat"), "units"): (*block, "params", "units"),
        ((0, "units"), "n"): (*loop, "n"),
        ((0, "name"), "width"): (*loop, "width"),
        (("for", "units"), "units"): (*block, "params", "units"),
        ((0, "units"), "width"): ("vars", "width"),
    }


def test_names_from_a_value_hide_all_others():
    tree = {"model": {"layers": [{"for": "$table", "units": "$width"}]}}
    assert [(each.reference.name, each.binder) for each in bound_references(tree, ["width", "table"])] == [
        ("table", ("vars", "table")),
        ("width", None),
    ]


def test_scope_has_the_visible_names():
    declared = DeclaredSymbols(TREE)
    entry = ("blocks", "dense", "layers", 0)
    inside = scope_at(TREE, (*entry, "units"), declared)
    assert [inside.kind(name) for name in ("n", "units", "width", "x")] == ["loop", "parameter", "loop", None]
    assert scope_at(TREE, (*entry, "for", "n"), declared).kind("n") is None
    assert scope_at(TREE, ("blocks", "dense", "params", "units"), declared).kind("units") is None


def test_declarations_of_a_document():
    declared = DeclaredSymbols(TREE)
    assert declared.variables == {"width": 8} and declared.parameters("dense") == {"units": "$width"}
    assert len(declared.block_layers("dense")) == 2 and declared.block_layers("other") == []
    assert declared.classes_of("layer") == ["Own"] and declared.classes_of("loss") == ["Loss"]
    assert declared.class_arguments("Own") == ({"k": {}}, ["k"])
    assert declared.layer_names() == ["head", "inner"]


@pytest.mark.parametrize("tree", [{}, {"vars": 1, "blocks": [], "custom": "x", "model": None}, {"blocks": {"b": 3}}])
def test_invalid_tables_declare_nothing(tree):
    declared = DeclaredSymbols(tree)
    assert (declared.variables, declared.blocks, declared.classes, declared.layer_names()) == ({}, {}, {}, [])
    assert list(bound_references(tree, [])) == [] and list(values(tree, []))[:0] == []


def test_an_unused_name_has_a_number_where_it_is_taken():
    assert [unused_name("a", taken) for taken in ([], ["a"], ["a", "a_2"])] == ["a", "a_2", "a_3"]
