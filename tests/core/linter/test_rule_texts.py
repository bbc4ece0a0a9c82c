"""Texts of rules are `Message`s: their numbers stay data, so that findings for unknown values can be merged."""

import ast
from pathlib import Path

import pytest

import seqspec.core.linter.rules

RULES = Path(seqspec.core.linter.rules.__file__).parent
FILES = sorted(RULES.rglob("*.py"))

VALUES = {"Verbatim", "Setting", "set_value", "float"}
"""What takes values of a spec, which are text as it is written; so are tables."""


def formatted_texts(source: str) -> list[int]:
    """The lines of f-strings inside functions that are not values of a spec."""
    found: list[int] = []

    def visit(node: ast.AST, inside: bool) -> None:
        if isinstance(node, ast.JoinedStr) and inside:
            found.append(node.lineno)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in VALUES:
            return
        if isinstance(node, (ast.Compare, ast.Dict)):
            return
        for child in ast.iter_child_nodes(node):
            visit(child, inside or isinstance(node, ast.FunctionDef))

    visit(ast.parse(source), False)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_rules_format_no_text(file):
    """A number in an f-string would be lost to `common_message`: texts are composed by `fmt`."""
    lines = formatted_texts(file.read_text(encoding="utf-8"))
    assert lines == [], f'f-strings in {file.name}: write fmt("got {{}}", count) in place of f"got {{count}}"'


def test_formatted_text_is_found():
    source = 'def check(facts):\n    yield Violation("x", f"has {facts.count} layers", help=Setting("a", f"{1}"))\n'
    assert formatted_texts(source) == [2]
