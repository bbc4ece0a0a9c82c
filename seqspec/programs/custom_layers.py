"""Calls of classes outside of Keras: the imports for `[custom]`, and their arguments."""

from __future__ import annotations

import ast
from typing import NamedTuple


class CustomCall(NamedTuple):
    """A layer of a custom class.

    Attributes:
        name: The name of the class.
        source: Its import path, as `"module:Class"`.
        arguments: Its arguments by keyword.
    """

    name: str
    source: str
    arguments: dict[str, object]


class NotDeclarableError(Exception):
    """A layer that a spec cannot declare; the message says why."""


def custom_call(node: ast.AST, program: ast.AST | None, module: str) -> CustomCall:
    """The custom layer that an expression creates.

    Args:
        node: The expression.
        program: The whole program.
        module: The module name of the program, from which its own classes are imported.

    Raises:
        NotDeclarableError: For everything but a call of a class of the file or of an imported module whose
            arguments are literals.
    """
    if not isinstance(node, ast.Call) or program is None:
        raise NotDeclarableError("a spec declares layers of classes only")
    source = _source(node.func, program, module)
    if source is None:
        raise NotDeclarableError(f"{ast.unparse(node.func)} is not a class of this file or of an imported module")
    name = source.rpartition(":")[2]
    arguments: dict[str, object] = {}
    parameters = _parameters(name, program) if source == f"{module}:{name}" else None
    for index, argument in enumerate(node.args):
        if parameters is None or index >= len(parameters) or isinstance(argument, ast.Starred):
            raise NotDeclarableError(
                f"the name of positional argument {index + 1} of {name} is unknown: pass it by keyword"
            )
        arguments[parameters[index]] = _literal(argument, name)
    for keyword in node.keywords:
        if keyword.arg is None:
            raise NotDeclarableError(f"the arguments {ast.unparse(keyword)} of {name} are unknown")
        arguments[keyword.arg] = _literal(keyword.value, name)
    return CustomCall(name, source, arguments)


def _literal(node: ast.AST, name: str) -> object:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise NotDeclarableError(f"argument {ast.unparse(node)[:60]} of {name} is not a literal")
    if value is not None and not isinstance(value, (bool, int, float, str, list, tuple, dict)):
        raise NotDeclarableError(f"argument {ast.unparse(node)[:60]} of {name} cannot be written in a spec")
    return value


def _source(function: ast.AST, program: ast.AST, module: str) -> str | None:
    """`"module:Class"` of what is called; None if it is neither defined in the file nor imported."""
    parts = ast.unparse(function).split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    for node in ast.walk(program):
        if isinstance(node, ast.ClassDef) and parts == [node.name]:
            return f"{module}:{node.name}"
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            for alias in node.names:
                if parts[0] == (alias.asname or alias.name):
                    path = [node.module, *([alias.name] if len(parts) > 1 else []), *parts[1:-1]]
                    return f"{'.'.join(path)}:{parts[-1] if len(parts) > 1 else alias.name}"
        if isinstance(node, ast.Import) and len(parts) > 1:
            for alias in node.names:
                if parts[0] == alias.asname:
                    return f"{'.'.join([alias.name, *parts[1:-1]])}:{parts[-1]}"
                if alias.asname is None and parts[0] == alias.name.partition(".")[0]:
                    return f"{'.'.join(parts[:-1])}:{parts[-1]}"
    return None


def _parameters(name: str, program: ast.AST) -> list[str] | None:
    """The positional parameters of a class of the file; None if its `__init__` is not in the class."""
    for node in ast.walk(program):
        if isinstance(node, ast.ClassDef) and node.name == name:
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                    return [argument.arg for argument in (*item.args.posonlyargs, *item.args.args)][1:]
    return None
