"""Calls of layers and models on tensors, and operations on them."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values.abstract_values import Argument, Call, Dict, Instance, KerasCall, List, ModelValue, Unknown
from seqspec.programs.values.operators import OPERATORS, binary
from seqspec.programs.values.tensors import (
    Choices,
    Operation,
    SymbolicTensor,
    argument_alternatives,
    has_tensor,
    tensors_in,
)


def call_layer(interpreter: Interpreter, layer: object, call: Call) -> object:
    """The result of a call of a layer, a model or something unknown on tensors."""
    results = [
        _call_once(interpreter, layer, alternative, call, choices)
        for alternative, choices in argument_alternatives(call.arguments)
    ]
    return interpreter.either(results, call.node)


def _call_once(
    interpreter: Interpreter, layer: object, arguments: Sequence[Argument], call: Call, choices: Choices
) -> object:
    inputs = list(tensors_in(argument.value for argument in arguments))
    if not inputs:
        first = arguments[0].value if arguments else None
        if not isinstance(first, Unknown) or not isinstance(layer, (KerasCall, ModelValue)):
            return call.unknown
        # The argument of a function that the file does not call.
        inputs = [first]
    if isinstance(layer, Instance):
        layer = layer.attributes.get("__model__", layer)
    tensor = SymbolicTensor(layer, inputs, call.node, arguments)
    tensor.is_certain = not interpreter.loops and not interpreter.choices
    tensor.choices = {**choices, **interpreter.choices}
    interpreter.tensors.append(tensor)
    if isinstance(layer, KerasCall):
        interpreter.journal.set_attribute(layer, "output", tensor if layer.output is None else call.unknown)
    return tensor


def operate(
    interpreter: Interpreter, name: str, arguments: Sequence[Argument], node: ast.AST, path: tuple[str, ...] = ()
) -> object:
    """The result of an operation on tensors.

    Args:
        interpreter: The interpreter.
        name: The name of the operation.
        arguments: Its operands.
        node: The expression.
        path: The canonical path of a function.
    """
    results: list[object] = []
    for alternative, choices in argument_alternatives(arguments):
        tensor = SymbolicTensor(
            Operation(name, path), list(tensors_in(argument.value for argument in alternative)), node, alternative
        )
        tensor.choices = {**choices, **interpreter.choices}
        interpreter.tensors.append(tensor)
        results.append(tensor)
    return interpreter.either(results, node)


def apply_operator(interpreter: Interpreter, name: str, node: ast.AST, *operands: object) -> object:
    """The result of an operator on tensors."""
    return operate(interpreter, name, [Argument(at, value, node) for at, value in enumerate(operands)], node)


def evaluate_binary(interpreter: Interpreter, op: ast.operator, left: object, right: object, node: ast.AST) -> object:
    """`left op right`, which may be tensors."""
    if any(has_tensor(side) and not isinstance(side, (List, tuple, Dict)) for side in (left, right)):
        known = OPERATORS.get(type(op))
        return apply_operator(interpreter, "matmul" if known is None else known.__name__, node, left, right)
    return binary(op, left, right, node)
