"""Optimizers and callbacks that a program creates and never uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.layers.program_model import Note
from seqspec.programs.python.interpreter import Interpreter

_KINDS = {
    "optimizers": ("optimizer", ("compile",), "pass it to compile: optimizer={}"),
    "callbacks": ("callback", ("fit", "fit_generator"), "pass it to fit: callbacks=[{}]"),
}
"""What an object of each family is, the methods that it is passed to, and how."""

_READS_ANYTHING = {"eval", "exec", "globals", "locals", "vars"}


def unused_objects(interpreter: Interpreter, tree: ast.AST) -> Iterator[Note]:
    """A note on each object in a variable that the program, which trains a model, never reads."""
    objects = [
        each for each in interpreter.training_objects if each.label is not None and not each.label.startswith("_")
    ]
    if not objects:
        return
    read: set[str] = set()
    # `optimizer="sgd"` is the name of a class, and not that of a variable.
    classes = {
        id(value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "compile"
        for value in (*call.args, *(keyword.value for keyword in call.keywords))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.add(node.id)
        elif isinstance(node, ast.Attribute):
            read.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in classes:
            # `getattr(module, "name")` and `__all__`.
            read.add(node.value)
    if read & _READS_ANYTHING:
        return
    called = {
        call.method for model in interpreter.models for state in (*model.former, *model.states) for call in state.calls
    }
    for each in objects:
        kind, methods, help = _KINDS[family_of(each.ref) or ""]
        if each.label not in read and not called.isdisjoint(methods):
            message = f"the {kind} {each.label} is never used"
            yield Note("unused-object", message, each.node, help.format(each.label))
