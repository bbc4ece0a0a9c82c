"""Whether generators of a program end."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def is_endless(function: ast.AST) -> bool:
    """Whether a generator certainly never ends: it yields in a `while True` that nothing leaves."""
    loops = [node for node in _own_nodes(function) if isinstance(node, ast.While) and _is_true(node.test)]
    if len(loops) != 1 or any(isinstance(node, (ast.Break, ast.Return, ast.Raise)) for node in _own_nodes(loops[0])):
        return False
    return any(isinstance(node, ast.Yield) for node in _own_nodes(loops[0]))


def ends(function: ast.AST) -> bool:
    """Whether a generator certainly ends after one pass over its data: it only has loops over ranges."""
    nodes = list(_own_nodes(function))
    loops = [node for node in nodes if isinstance(node, (ast.For, ast.While, ast.AsyncFor))]
    if not loops or any(isinstance(node, ast.YieldFrom) for node in nodes):
        return False
    return all(isinstance(loop, ast.For) and _is_pass(loop) for loop in loops)


def _is_pass(loop: ast.For) -> bool:
    """Whether a loop is over a range that is not one of epochs, which repeats the data."""
    called = loop.iter.func if isinstance(loop.iter, ast.Call) else None
    is_range = isinstance(called, ast.Name) and called.id == "range"
    return is_range and "epoch" not in f"{ast.unparse(loop.target)} {ast.unparse(loop.iter)}".lower()


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes in a function or loop, without those of inner functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _own_nodes(child)
