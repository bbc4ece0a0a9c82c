"""Statements of a program: the handler of each, and definitions and imports."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from seqspec.programs.keras_api.keras_names import canonical
from seqspec.programs.python.assignments import assign, assign_augmented, delete, set_name
from seqspec.programs.python.control_flow import follow_for, follow_if, follow_match, follow_try, follow_while
from seqspec.programs.python.functions import define_function
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.python.misused_values import function_mistakes, note_unused_result
from seqspec.programs.source.imported_files import module_of
from seqspec.programs.values.abstract_values import (
    MISSING,
    Class,
    Environment,
    Frame,
    FunctionValue,
    Ref,
    Signal,
    Unknown,
)

Handler = Callable[[Interpreter, Any, Frame], Signal]


def _expression(interpreter: Interpreter, node: ast.Expr, frame: Frame) -> Signal:
    value = interpreter.evaluate(node.value, frame.env)
    if isinstance(node.value, ast.Call) and not interpreter.is_notebook and not interpreter.is_refused:
        note_unused_result(interpreter, node.value, value, frame.env)
    return None


def _assign(interpreter: Interpreter, node: ast.Assign, frame: Frame) -> Signal:
    value = interpreter.evaluate(node.value, frame.env)
    for target in node.targets:
        assign(interpreter, target, value, frame.env, node.value)
    return None


def _annotated(interpreter: Interpreter, node: ast.AnnAssign, frame: Frame) -> Signal:
    if node.value is not None:
        assign(interpreter, node.target, interpreter.evaluate(node.value, frame.env), frame.env, node.value)
    return None


def _with(interpreter: Interpreter, node: ast.With | ast.AsyncWith, frame: Frame) -> Signal:
    for item in node.items:
        interpreter.evaluate(item.context_expr, frame.env)
        if item.optional_vars is not None:
            assign(interpreter, item.optional_vars, Unknown(item.context_expr), frame.env)
    with interpreter.refused_code(any(_asserts_error(item.context_expr) for item in node.items)):
        return interpreter.block(node.body, frame)


def _asserts_error(context: ast.expr) -> bool:
    """`pytest.raises(ValueError)` and `self.assertRaises(ValueError)`."""
    function = context.func if isinstance(context, ast.Call) else None
    return isinstance(function, ast.Attribute) and function.attr in ("raises", "assertRaises", "assertRaisesRegex")


def _return(interpreter: Interpreter, node: ast.Return, frame: Frame) -> Signal:
    frame.returned.append(None if node.value is None else interpreter.evaluate(node.value, frame.env))
    return "return"


def _jump(signal: Signal) -> Handler:
    """The handler of a statement that only ends its block."""
    return lambda interpreter, node, frame: signal


def _global(interpreter: Interpreter, node: ast.Global, frame: Frame) -> Signal:
    frame.env.global_names.update(node.names)
    return None


def _define(interpreter: Interpreter, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> Signal:
    interpreter.notes += function_mistakes(node)
    set_name(interpreter, node.name, define_function(interpreter, node, frame.env), frame.env)
    return None


def _define_class(interpreter: Interpreter, node: ast.ClassDef, frame: Frame) -> Signal:
    env = Environment(frame.env)
    inner = Frame(env)
    bases = [interpreter.evaluate(base, frame.env) for base in node.bases]
    interpreter.block(node.body, inner)
    cls = Class(node, env.variables, bases)
    for value in env.variables.values():
        if isinstance(value, FunctionValue) and not isinstance(value.node, ast.Lambda):
            value.owner = cls
            value.env = frame.env
            names = {d.id for d in value.node.decorator_list if isinstance(d, ast.Name)}
            kinds = (("staticmethod", "static"), ("classmethod", "class"), ("property", "property"))
            value.kind = next((kind for name, kind in kinds if name in names), "function")
    interpreter.classes.append(cls)
    set_name(interpreter, node.name, cls, frame.env)
    return None


def _import(interpreter: Interpreter, node: ast.Import, frame: Frame) -> Signal:
    for alias in node.names:
        path = tuple(alias.name.split("."))
        module = MISSING if interpreter.imports is None else interpreter.imports.value(path, None, node.lineno)
        if module is not MISSING and (alias.asname is not None or len(path) == 1):
            interpreter.journal.set_item(frame.env.variables, alias.asname or path[0], module)
            continue
        if alias.asname is None:
            path = path[:1]
        ref = canonical(path)
        _note_source(interpreter, canonical(tuple(alias.name.split("."))))
        interpreter.journal.set_item(frame.env.variables, alias.asname or path[0], ref)
    return None


def _import_from(interpreter: Interpreter, node: ast.ImportFrom, frame: Frame) -> Signal:
    module, imports = module_of(node), interpreter.imports
    for alias in node.names:
        if alias.name == "*":
            for name, value in imports.public(module, node.lineno).items() if imports is not None else ():
                interpreter.journal.set_item(frame.env.variables, name, value)
            ref = canonical(module)
            _note_source(interpreter, ref)
            frame.env.modules.append(ref)
            continue
        value = MISSING if imports is None else imports.value(module, alias.name, node.lineno)
        if value is MISSING:
            value = ref = canonical((*module, alias.name))
            _note_source(interpreter, ref)
        interpreter.journal.set_item(frame.env.variables, alias.asname or alias.name, value)
    return None


def _note_source(interpreter: Interpreter, ref: Ref) -> None:
    if ref.is_keras:
        interpreter.sources.add(ref.source)


STATEMENTS: dict[type[ast.stmt], Handler] = {
    ast.Delete: delete,
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: assign_augmented,
    ast.If: follow_if,
    ast.For: follow_for,
    ast.AsyncFor: follow_for,
    ast.While: follow_while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: follow_try,
    ast.Match: follow_match,
    ast.Return: _return,
    ast.Raise: _jump("raise"),
    ast.Break: _jump("break"),
    ast.Continue: _jump("continue"),
    ast.Global: _global,
    ast.FunctionDef: _define,
    ast.AsyncFunctionDef: _define,
    ast.ClassDef: _define_class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
}
"""The handler of each statement; others, such as `pass`, do not affect a model."""
