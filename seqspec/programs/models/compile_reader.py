"""The call of `compile` as the table of a spec."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from seqspec.core.api.catalog import METRIC
from seqspec.core.api.spec import Compile
from seqspec.core.api.syntax import Tree
from seqspec.programs.keras_api.signatures import argument_names
from seqspec.programs.layers.layer_reader import LayerReader
from seqspec.programs.layers.object_reader import OMITTED, contains_unknown
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.models.compile_arguments import DROPPED, compile_order, is_spec_key, note_unexpected
from seqspec.programs.models.model_outputs import PER_OUTPUT, Output, argument_of_output, key_node
from seqspec.programs.values.abstract_values import (
    Argument,
    Dict,
    Either,
    Invocation,
    KerasCall,
    List,
    Unknown,
    known_items,
)

_METRICS = ("metrics", "weighted_metrics")


def read_compile(reader: LayerReader, call: Invocation, output: Output) -> None:
    """Adds what a call of `compile` says about an output to the tree of a model."""
    result = reader.result
    table: Tree = {}
    misnamed: dict[str, Argument] = {}
    result.values["compile",] = call.node
    order = compile_order(call)
    for argument in call.arguments:
        key = argument.key if isinstance(argument.key, str) else _name_at(order, argument.key)
        own = _own_argument(result, key, _metric_in_list(result, key, argument, output), output)
        if own is not None:
            _read_argument(reader, key, own, output, table, misnamed)
        elif key == "loss" and argument.value is not None:
            table["loss"] = result.declare_loss(argument.node)
    if call.open is not None:
        result.left_out(f"not all arguments of {call.method} are known: {call.open}", call.node, "unknown-arguments")
        result.unspecified.add("metrics")
        if "loss" not in table:
            table["loss"] = result.declare_loss(call.node)
    reader.add_misnamed(Compile, table, misnamed, ("compile",))
    if table:
        result.tree["compile"] = table


def _name_at(names: Sequence[str], index: int) -> str:
    return names[index] if index < len(names) else f"argument {index + 1}"


def _metric_in_list(result: ProgramModel, key: str, argument: Argument, output: Output) -> Argument:
    """An argument of `compile`, a single metric as the list that Keras 2 makes of it."""
    if key not in _METRICS or not isinstance(argument.value, KerasCall):
        return argument
    if not output.at:
        message = f"{key} must be a list of metrics, got {argument.value.ref.name}"
        result.note("wrong-type", message, argument.node, "write it in a list: [ ... ]", only_keras=3)
    return argument if result.calls is not None else Argument(key, List([argument.value]), argument.node)


def _own_argument(result: ProgramModel, key: str, argument: Argument, output: Output) -> Argument | None:
    """What an argument of `compile` says about an output; None if nothing is known about it."""
    of_outputs = isinstance(argument.value, Dict) or (key == "loss" and isinstance(argument.value, List))
    if result.kind == "external" and key in PER_OUTPUT and of_outputs:
        # The outputs are in another file.
        if key != "loss":
            result.unspecified.add("metrics")
        return None
    if result.calls is not None and key in PER_OUTPUT:
        named = Argument(key, argument.value, argument.node, argument.keyword, argument.spread)
        if not output.at:
            _note_outputs(result, named, output.names)
        return argument_of_output(named, output)
    return argument


def _read_argument(
    reader: LayerReader, key: str, argument: Argument, output: Output, table: Tree, misnamed: dict[str, Argument]
) -> None:
    """Adds an argument of `compile` to its table, or to those that `compile` does not have."""
    result = reader.result
    if key in DROPPED or (key == "loss_weights" and output.is_one_of_several):
        return
    if key in _METRICS and isinstance(argument.value, (Unknown, Either)):
        result.unspecified.add("metrics")
        return
    if key == "metrics" and argument.key == 2 and isinstance(argument.value, str):
        # Keras 2 accepts one metric without a list, and to Keras 3 it is not one.
        argument = Argument(key, List([argument.value]), argument.node)
    is_known = key in argument_names(Compile)
    if not is_known and is_spec_key(key):
        note_unexpected(result, Compile, key, argument)
        return
    result.place(("compile", key), argument)
    if not is_known:
        misnamed[key] = argument
        return
    value = _read_value(reader, key, argument)
    if value is not OMITTED:
        table[key] = value


def _read_value(reader: LayerReader, key: str, argument: Argument) -> object:
    """An argument of `compile` as in a spec; `OMITTED` if it has no effect, or is not known."""
    result = reader.result
    value = reader.value(argument.value, argument.node, ("compile", key), key)
    if key == "loss" and isinstance(value, Unknown):
        value = result.declare_loss(argument.node)
    if key in _METRICS and isinstance(value, list):
        value = _known_metrics(result, value, argument.node)
    if isinstance(value, Unknown):
        result.left_out(f"{key} is not known: {value.text}", argument.node)
        return OMITTED
    if isinstance(value, (list, dict)) and contains_unknown(value) and key not in ("optimizer", "loss"):
        result.left_out(f"{key} is not known as a whole", argument.node)
        if key == "metrics":
            result.unspecified.add("metrics")
        return OMITTED
    return OMITTED if value is None and key not in ("loss", "metrics", "optimizer") else value


def _known_metrics(result: ProgramModel, value: Sequence[object], node: ast.AST) -> list[object]:
    known = [item for item in value if not contains_unknown(item)]
    if len(known) == len(value):
        return known
    result.left_out("metrics of the program's own are left out", node)
    result.unspecified.add("metrics")
    # After an omitted metric the paths of later ones would be wrong, so only names are kept.
    return [item for item in known if isinstance(item, str) and METRIC.named(item)]


def _note_outputs(result: ProgramModel, argument: Argument, names: Sequence[str | None]) -> None:
    """Adds notes on losses and metrics that do not belong to the outputs of the model."""
    value, node = argument.value, argument.node
    items = known_items(value)
    if isinstance(value, Dict) and value.unknown is None and None not in names:
        listing = ", ".join(str(name) for name in names)
        for key in value.items:
            if isinstance(key, str) and key not in names:
                message = f'{argument.key} is for an output "{key}", which the model does not have'
                result.note("unknown-output", message, key_node(node, key), f"outputs: {listing}")
    if not isinstance(items, tuple) or len(names) == 1 or len(items) == len(names):
        return
    if argument.key != "loss" and not items:
        return
    count = f"{argument.key} has {len(items)} {'entry' if len(items) == 1 else 'entries'} for {len(names)} outputs"
    if len(items) < len(names) and argument.key == "loss":
        message = f"{count}: the last {len(names) - len(items)} are not trained"
        result.note("output-without-loss", message, node, "write a loss, or None, for each output")
    else:
        # Keras 2 computes each metric of a list for every output.
        only_keras = 3 if argument.key != "loss" else None
        result.note("unknown-output", count, node, "write one entry for each output", only_keras=only_keras)
