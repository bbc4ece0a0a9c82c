"""Automatic names of layers, as far as the order in which a program creates them shows."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seqspec.core.api.language import snake_case
from seqspec.programs.keras_api.keras_names import is_input
from seqspec.programs.keras_api.signatures import layer_declaration
from seqspec.programs.values.abstract_values import KerasCall, LayerEntry
from seqspec.programs.values.spans import position

_REPEATED = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.Match,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
"""Code that may run any number of times."""


class Clash(NamedTuple):
    """Two layers of a model with one name, which is the automatic one of one of them.

    Attributes:
        name: The name.
        node: The call of the later layer, for which Keras raises `ValueError`.
    """

    name: str
    node: ast.AST


def automatic_clash(layers: Sequence[LayerEntry], tree: ast.Module) -> Clash | None:
    """The first layer whose automatic name another layer has."""
    calls = [entry.value for entry in layers if isinstance(entry.value, KerasCall) and not is_input(entry.value)]
    named = {name: call for call in calls if isinstance(name := call.value("name"), str)}
    for call in calls if named else ():
        name = _class_name(call.ref.name)
        prefix = snake_case(name) if name is not None else ""
        if name is None or call.argument("name") is not None or not any(other.startswith(prefix) for other in named):
            continue
        number = _earlier_calls(name, call.node, tree)
        automatic = prefix if number == 0 else f"{prefix}_{number}"
        if number is not None and automatic in named:
            return Clash(automatic, max(call.node, named[automatic].node, key=position))
    return None


def _class_name(name: str) -> str | None:
    cls = layer_declaration(name)[0]
    return None if cls is None else cls.__name__


def _earlier_calls(name: str, node: ast.AST, tree: ast.Module) -> int | None:
    """The number of unnamed layers of a class that a program creates before a call; None where it is not certain."""
    count = 0
    for call, repeated in _calls(tree):
        if _class_name(getattr(call.func, "attr", getattr(call.func, "id", ""))) != name:
            continue
        if repeated or any(keyword.arg is None for keyword in call.keywords):
            return None
        unnamed = all(keyword.arg != "name" for keyword in call.keywords)
        count += unnamed and position(call) < position(node)
    return count


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, bool]]:
    """Every call, in any order, and whether it may not run exactly once."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, repeated = waiting.pop()
        if isinstance(node, ast.Call):
            yield node, repeated
        repeated = repeated or isinstance(node, _REPEATED)
        waiting += [(child, repeated) for child in ast.iter_child_nodes(node)]
