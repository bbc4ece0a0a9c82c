"""Assignments to names, attributes and items, also by `for`, `with` and comprehensions."""

from __future__ import annotations

import ast

from seqspec.programs.graphs.functional_models import graph_layers
from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.python.journal import forget_items
from seqspec.programs.python.misused_values import change_layers, note_unpacked_states
from seqspec.programs.python.tensor_calls import evaluate_binary
from seqspec.programs.values.abstract_values import (
    Argument,
    Array,
    BaseModelLayers,
    Class,
    Dict,
    Environment,
    Frame,
    Instance,
    KerasCall,
    List,
    ModelValue,
    PartialChange,
    SequentialLayers,
    Signal,
    Unknown,
    is_integer,
    iterate,
)
from seqspec.programs.values.tensors import SymbolicTensor, part


def assign(
    interpreter: Interpreter, target: ast.expr, value: object, env: Environment, source: ast.expr | None = None
) -> None:
    """Assigns a value to a target."""
    if isinstance(target, ast.Name):
        set_name(interpreter, target.id, value, env)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(interpreter, target.elts, value, env, source)
    elif isinstance(target, ast.Attribute):
        _set_attribute(interpreter, target, value, env, source)
    elif isinstance(target, ast.Subscript):
        _set_item(interpreter, target, value, env)
    elif isinstance(target, ast.Starred):
        assign(interpreter, target.value, value, env)


def set_name(interpreter: Interpreter, name: str, value: object, env: Environment) -> None:
    """Assigns a value to a variable."""
    interpreter.label(value, name)
    variables = env.variables
    if name in env.global_names:
        variables = env.root().variables
    interpreter.journal.set_item(variables, name, value)


def _unpack(
    interpreter: Interpreter, targets: list[ast.expr], value: object, env: Environment, source: ast.expr | None
) -> None:
    items = iterate(value)
    if items is not None and len(items) == len(targets):
        nodes = source.elts if isinstance(source, (ast.Tuple, ast.List)) and len(source.elts) == len(targets) else None
        for index, target in enumerate(targets):
            assign(interpreter, target, items[index], env, nodes[index] if nodes is not None else None)
        return
    if isinstance(value, SymbolicTensor):
        count = None if any(isinstance(target, ast.Starred) for target in targets) else len(targets)
        if count is not None:
            note_unpacked_states(interpreter, value, count)
        for index, target in enumerate(targets):
            assign(interpreter, target, part(value, index, target, count), env)
        return
    for target in targets:
        assign(interpreter, target, Unknown(target if not isinstance(target, ast.Starred) else target.value), env)


def _set_attribute(
    interpreter: Interpreter, target: ast.Attribute, value: object, env: Environment, source: ast.expr | None
) -> None:
    holder = interpreter.evaluate(target.value, env)
    if isinstance(holder, Instance):
        interpreter.label(value, target.attr, Unknown(target).text)
        interpreter.journal.set_item(holder.attributes, target.attr, value)
    elif isinstance(holder, Class):
        interpreter.journal.set_item(holder.attributes, target.attr, value)
    elif isinstance(holder, KerasCall):
        interpreter.journal.set_item(holder.attributes, target.attr, Argument(target.attr, value, source or target))
    elif isinstance(holder, BaseModelLayers) or (isinstance(holder, ModelValue) and target.attr == "trainable"):
        holder = graph_layers(holder) if isinstance(holder, ModelValue) else holder
        for owner in holder.owners:
            value = _value_of_part(holder, owner, target, value) if holder.part else value
            interpreter.journal.set_item(owner.attributes, target.attr, Argument(target.attr, value, source or target))


def _value_of_part(holder: BaseModelLayers, owner: KerasCall, target: ast.Attribute, value: object) -> object:
    """The value of an attribute of a base model after an assignment to some of its layers."""
    before = owner.attributes.get(target.attr) or owner.argument(target.attr)
    former = True if before is None else getattr(before, "value", None)
    certain = holder.has_layers and len(holder.owners) == 1 and family_of(owner.ref) == "applications"
    if not certain or target.attr != "trainable" or not isinstance(former, bool) or not isinstance(value, bool):
        return Unknown(target)
    return value if value is former else PartialChange(target, value)


def _holder_and_key(interpreter: Interpreter, target: ast.Subscript, env: Environment) -> tuple[object, object]:
    """The list or dict of which an item is set or deleted, and the key; None for a slice."""
    holder = interpreter.evaluate(target.value, env)
    key = interpreter.evaluate(target.slice, env) if not isinstance(target.slice, ast.Slice) else None
    if isinstance(holder, SequentialLayers):
        change_layers(interpreter, holder.owner, target)
    return holder, key


def _set_item(interpreter: Interpreter, target: ast.Subscript, value: object, env: Environment) -> None:
    holder, key = _holder_and_key(interpreter, target, env)
    if isinstance(holder, Dict) and isinstance(key, (str, int, float)):
        interpreter.journal.set_attribute(holder, "items", {**holder.items, key: value})
    elif isinstance(holder, List) and is_integer(key) and -len(holder.items) <= key < len(holder.items):
        items = list(holder.items)
        items[key] = value
        interpreter.journal.set_attribute(holder, "items", tuple(items))
    elif isinstance(holder, Array) and isinstance(target.value, ast.Name):
        # A new column changes the shape of a table.
        shape = None if isinstance(key, (str, Unknown)) else holder.shape
        set_name(interpreter, target.value.id, Array(shape, holder.dtype, node=holder.node), env)
    elif isinstance(holder, Unknown) and isinstance(key, str):
        interpreter.journal.set_item(holder.columns, key, value)
    else:
        forget_items(interpreter.journal, holder, Unknown(target))


def delete(interpreter: Interpreter, node: ast.Delete, frame: Frame) -> Signal:
    """Deletes items of lists and dicts."""
    for target in node.targets:
        if not isinstance(target, ast.Subscript):
            continue
        holder, key = _holder_and_key(interpreter, target, frame.env)
        if isinstance(holder, Dict) and isinstance(key, (str, int, float)):
            others = {name: value for name, value in holder.items.items() if name != key}
            interpreter.journal.set_attribute(holder, "items", others)
        elif isinstance(holder, List) and is_integer(key) and -len(holder.items) <= key < len(holder.items):
            at = key % len(holder.items)
            interpreter.journal.set_attribute(holder, "items", holder.items[:at] + holder.items[at + 1 :])
        else:
            forget_items(interpreter.journal, holder, Unknown(target))
    return None


def assign_augmented(interpreter: Interpreter, node: ast.AugAssign, frame: Frame) -> Signal:
    """Assigns the result of an operation such as `+=`."""
    before = interpreter.evaluate(node.target, frame.env)
    value = interpreter.evaluate(node.value, frame.env)
    if isinstance(before, List) and isinstance(node.op, ast.Add):
        items = iterate(value)
        if items is None:
            forget_items(interpreter.journal, before, Unknown(node.value))
        else:
            interpreter.journal.set_attribute(before, "items", (*before.items, *items))
        return None
    result = evaluate_binary(interpreter, node.op, before, value, node.target)
    assign(interpreter, node.target, result, frame.env)
    return None
