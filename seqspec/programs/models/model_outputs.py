"""The loss, metrics and labels of one of several outputs of a model."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from seqspec.programs.models.compile_arguments import compile_order
from seqspec.programs.values.abstract_values import (
    Argument,
    Dict,
    Invocation,
    KerasCall,
    List,
    Model,
    ModelState,
    Unknown,
    element_nodes,
    item_node,
    known_items,
)
from seqspec.programs.values.tensors import Operation, Tensor, is_tensor

MAX_OUTPUTS = 8
"""Maximum number of outputs of a model that are checked one by one."""

PER_OUTPUT = ("loss", "metrics", "weighted_metrics")
"""The arguments of `compile` that have a value for each output."""


def may_have_more_outputs(model: Model, state: ModelState) -> bool:
    """Whether a model whose outputs were not counted may have several, whose names are then in those of the logs."""
    if model.kind == "sequential":
        return not state.layers or not _has_one_output(state.layers[-1].value)
    if model.tensors is None:
        return model.kind == "subclass"
    items = known_items(model.tensors[1])
    output = items[0] if isinstance(items, tuple) and len(items) == 1 else items
    if isinstance(output, Tensor) and isinstance(output.source, Operation):
        return bool(output.source.path) and output.source.path[0] not in ("keras", "tensorflow")
    if isinstance(output, Tensor):
        return not _has_one_output(output.source)
    return not is_tensor(output)


def _has_one_output(layer: object) -> bool:
    """Whether a layer has one output; the function of a `Lambda` may return a list."""
    return isinstance(layer, Model) or (isinstance(layer, KerasCall) and layer.ref.name != "Lambda")


def argument_of_output(argument: Argument, names: Sequence[str | None], index: int) -> Argument | None:
    """The argument of `compile` for one output; None where the output has none.

    Args:
        argument: One of `PER_OUTPUT`.
        names: The names of the outputs; None where unknown.
        index: The index of the output.
    """
    value, node = _value_of_output(argument, names, index)
    if value is None:
        return None
    if argument.key != "loss" and not isinstance(value, (List, tuple, Unknown)):
        value = List([value])
    return Argument(argument.key, value, node, argument.keyword, argument.spread)


def _value_of_output(argument: Argument, names: Sequence[str | None], index: int) -> tuple[object, ast.AST]:
    value, node, name = argument.value, argument.node, names[index]
    if isinstance(value, Dict):
        if value.unknown is None and name in value.items:
            return value.items[name], item_node(node, name)
        known = value.unknown is None and all(isinstance(key, str) for key in value.items) and None not in names
        return (None if known else Unknown(node)), node
    items = known_items(value)
    if isinstance(items, tuple) and argument.key == "loss":
        nodes = element_nodes(node, len(items))
        return (items[index], nodes[index]) if index < len(items) else (None, node)
    if isinstance(items, tuple) and (len(items) == len(names) or len(names) == 1):
        if len(names) == 1:
            return value, node
        return items[index], element_nodes(node, len(items))[index]
    return (Unknown(node) if isinstance(value, (List, tuple)) else value), node


def metric_names(compiled: Invocation, names: Sequence[str | None], index: int) -> list[str] | None:
    """The names of the metrics that `compile` has for one output; None if they depend on more than the program."""
    arguments = {_key(compiled, argument): argument.value for argument in compiled.arguments}
    metrics = arguments.get("metrics")
    if compiled.open is not None or arguments.get("weighted_metrics") is not None or not _are_distinct(names):
        return None
    items = known_items(metrics)
    if isinstance(metrics, Dict):
        known = metrics.unknown is None and all(key in names for key in metrics.items)
        own = metrics.items.get(names[index]) if known else Unknown(compiled.node)
    elif isinstance(items, tuple) and len(items) == len(names) and all(isinstance(x, (List, tuple)) for x in items):
        own = items[index]
    else:
        # Keras 2 computes the metrics of a list without lists for every output.
        own = None if metrics is None else Unknown(compiled.node)
    entries = known_items(own)
    entries = () if own is None else entries if isinstance(entries, tuple) else (own,)
    found = [entry.value("name") if isinstance(entry, KerasCall) else entry for entry in entries]
    texts = [name for name in found if isinstance(name, str)]
    return texts if len(set(texts)) == len(found) else None


def _key(call: Invocation, argument: Argument) -> str:
    order = compile_order(call)
    if isinstance(argument.key, str):
        return argument.key
    return order[argument.key] if argument.key < len(order) else ""


def _are_distinct(names: Sequence[str | None]) -> bool:
    return None not in names and len(set(names)) == len(names)


def key_node(node: ast.AST, name: str) -> ast.AST:
    """The expression of a key of a dict that is written out; the whole dict otherwise."""
    keys = node.keys if isinstance(node, ast.Dict) else ()
    return next((key for key in keys if isinstance(key, ast.Constant) and key.value == name), node)


def fit_of_output(call: Invocation, names: Sequence[str | None], index: int) -> Invocation:
    """A call of `fit` with the labels of one output."""
    arguments: list[Argument] = []
    for argument in call.arguments:
        if argument.key in ("y", 1) and len(names) > 1:
            value = argument.value
            items = known_items(value)
            if isinstance(value, Dict):
                value = value.items.get(names[index]) if value.unknown is None and names[index] is not None else None
            else:
                value = items[index] if isinstance(items, tuple) and len(items) == len(names) else None
            argument = Argument(argument.key, Unknown(argument.node) if value is None else value, argument.node)
        arguments.append(argument)
    copy = Invocation(call.method, call, call.trainable, call.repeated)
    copy.arguments = arguments
    return copy
