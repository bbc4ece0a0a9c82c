"""The loss, metrics and labels of one of several outputs of a model."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from seqspec.programs.models.compile_arguments import compile_order
from seqspec.programs.values.abstract_values import (
    Argument,
    Dict,
    Invocation,
    KerasCall,
    List,
    ModelState,
    ModelValue,
    Unknown,
    element_nodes,
    item_node,
    known_items,
)
from seqspec.programs.values.tensors import Operation, SymbolicTensor, is_tensor

MAX_OUTPUTS = 8
"""Maximum number of outputs of a model that are checked one by one."""

PER_OUTPUT = ("loss", "metrics", "weighted_metrics")
"""The arguments of `compile` that have a value for each output."""


def may_have_more_outputs(model: ModelValue, state: ModelState) -> bool:
    """Whether a model whose outputs were not counted may have several, whose names are then in those of the logs."""
    if model.kind == "sequential":
        return not state.layers or not _has_one_output(state.layers[-1].value)
    if model.tensors is None:
        return model.kind == "subclass"
    items = known_items(model.tensors[1])
    output = items[0] if isinstance(items, tuple) and len(items) == 1 else items
    if isinstance(output, SymbolicTensor) and isinstance(output.source, Operation):
        return bool(output.source.path) and output.source.path[0] not in ("keras", "tensorflow")
    if isinstance(output, SymbolicTensor):
        return not _has_one_output(output.source)
    return not is_tensor(output)


def _has_one_output(layer: object) -> bool:
    """Whether a layer has one output; the function of a `Lambda` may return a list."""
    return isinstance(layer, ModelValue) or (isinstance(layer, KerasCall) and layer.ref.name != "Lambda")


class Output(NamedTuple):
    """An output of a model.

    Attributes:
        names: The names of all outputs; None where unknown.
        at: Its index.
    """

    names: Sequence[str | None] = (None,)
    at: int = 0

    @property
    def name(self) -> str | None:
        """Its name; None where unknown."""
        return self.names[self.at]

    @property
    def is_one_of_several(self) -> bool:
        """Whether the model has other outputs."""
        return len(self.names) > 1


def argument_of_output(argument: Argument, output: Output) -> Argument | None:
    """One of the arguments `PER_OUTPUT` of `compile` for an output; None where it has none."""
    value, node = _value_of_output(argument, output)
    if value is None:
        return None
    if argument.key != "loss" and not isinstance(value, (List, tuple, Unknown)):
        value = List([value])
    return Argument(argument.key, value, node, argument.keyword, argument.spread)


def _value_of_output(argument: Argument, output: Output) -> tuple[object, ast.AST]:
    value, node = argument.value, argument.node
    names, index = output
    if isinstance(value, Dict):
        if value.unknown is None and output.name in value.items:
            return value.items[output.name], item_node(node, output.name)
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


def metric_names(compiled: Invocation, output: Output) -> list[str] | None:
    """The names of the metrics that `compile` has for an output; None if they depend on more than the program."""
    names, index = output
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
    entry_names = [entry.value("name") if isinstance(entry, KerasCall) else entry for entry in entries]
    texts = [name for name in entry_names if isinstance(name, str)]
    return texts if len(set(texts)) == len(entry_names) else None


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


def fit_of_output(call: Invocation, output: Output) -> Invocation:
    """A call of `fit` with the labels of one output."""
    copy = Invocation(call.method, call, call.trainable, call.repeated)
    if output.is_one_of_several:
        copy.arguments = [
            _labels(argument, output) if argument.key in ("y", 1) else argument for argument in call.arguments
        ]
    return copy


def _labels(argument: Argument, output: Output) -> Argument:
    value, items = argument.value, known_items(argument.value)
    if isinstance(value, Dict):
        value = value.items.get(output.name) if value.unknown is None and output.name is not None else None
    else:
        value = items[output.at] if isinstance(items, tuple) and len(items) == len(output.names) else None
    return Argument(argument.key, Unknown(argument.node) if value is None else value, argument.node)
