"""The calls of `compile` and `fit` of a model as the tables of a spec, for each of its outputs."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from seqspec.core.api.catalog import CALLBACK, METRIC
from seqspec.core.api.diagnostics import Path
from seqspec.core.api.language import ELSEWHERE, move_to
from seqspec.core.api.messages import nearest
from seqspec.core.api.spec import DATA_ARGUMENTS, DOCUMENT_TABLES, STAGE_KEYS, Compile, Fit, Table
from seqspec.core.api.syntax import Tree
from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.keras_api.signatures import accepts, argument_names, object_declaration
from seqspec.programs.layers.fit_data import describe_data, note_whole_shape
from seqspec.programs.layers.layer_reader import LayerReader
from seqspec.programs.layers.object_reader import OMITTED, UNDETERMINED, contains_unknown, custom_name
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.values.abstract_values import (
    Argument,
    Array,
    CustomValue,
    Dict,
    Either,
    Instance,
    Invocation,
    KerasCall,
    List,
    ModelState,
    ModelValue,
    Unknown,
    element_nodes,
    is_integer,
    item_node,
    known_items,
)
from seqspec.programs.values.generation import KerasGeneration
from seqspec.programs.values.tensors import Operation, SymbolicTensor, is_tensor

KERAS_2_ORDER = ("optimizer", "loss", "metrics", "loss_weights", "sample_weight_mode", "weighted_metrics")
"""The arguments in the positional order of Keras 1 and 2."""

KERAS_3_ORDER = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
"""The first arguments in the positional order of Keras 3."""

DROPPED = (
    "sample_weight_mode", "target_tensors", "experimental_run_tf_function", "distribute", "class_mode", "theano_mode",
    "options", "run_metadata", "cloning", "experimental_steps_per_execution", "pss_evaluation_shards",
)  # fmt: skip
"""The arguments of `compile` in Keras 1 and 2 that Keras 3 does not have."""

_FIT_ORDER = (
    "x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle",
    "class_weight", "sample_weight", "initial_epoch", "steps_per_epoch", "validation_steps",
)  # fmt: skip
"""The first arguments of `fit` in order, in every version of Keras; the later ones depend on the version."""

_FIT_GENERATOR_ORDER = ("generator", "steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data")
"""The first arguments of `fit_generator` in order, in Keras 2; the later ones depend on the version."""

OF_KERAS_1_FITS = frozenset("max_q_size nb_epoch nb_val_samples nb_worker samples_per_epoch".split())
"""The arguments of `fit` and `fit_generator` that Keras 2 renamed."""

OF_OLD_FITS = OF_KERAS_1_FITS | frozenset(
    "generator max_queue_size pickle_safe show_accuracy use_multiprocessing wait_time workers".split()
)
"""The arguments of `fit` and `fit_generator` in Keras 1 and 2 that `fit` of Keras 3 does not have."""


def compile_order(call: Invocation) -> tuple[str, ...]:
    """The arguments of `compile` in the positional order of the Keras that accepts the values of a call."""
    values = {argument.key: argument.value for argument in call.arguments}
    return KERAS_3_ORDER if _is_weights(values.get(2)) or (values.get(2) is None and 3 in values) else KERAS_2_ORDER


def fit_argument(call: Invocation, position: int | str, generation: KerasGeneration) -> str | None:
    """The argument of `fit` or `fit_generator` at a position; None where it depends on the version of Keras."""
    if isinstance(position, str):
        return position
    order = _FIT_ORDER if call.method == "fit" else _FIT_GENERATOR_ORDER
    if position >= len(order):
        return None
    keys = {argument.key for argument in call.arguments}
    of_keras_1 = generation == KerasGeneration.KERAS_1 or not keys.isdisjoint(OF_KERAS_1_FITS)
    return "samples_per_epoch" if of_keras_1 and order[position] == "steps_per_epoch" else order[position]


def _is_weights(value: object) -> bool:
    items = value.items if isinstance(value, List) else value if isinstance(value, tuple) else (value,)
    return bool(items) and all(isinstance(item, float) or is_integer(item) for item in items)


def is_spec_key(key: str) -> bool:
    """Whether a key has a meaning in specs that it does not have in calls of Keras."""
    return key in STAGE_KEYS or key in ELSEWHERE or DOCUMENT_TABLES.home(key) not in (None, "compile", "fit")


def note_unexpected(model: ProgramModel, table: type[Table], key: str, argument: Argument) -> None:
    """Adds a note on an argument that no version of Keras has."""
    of_compile = move_to("compile") if DOCUMENT_TABLES.home(key) == "compile" else None
    help = ELSEWHERE.get(key) or of_compile or table.listing()
    model.note("unknown-argument", table.unexpected(key), argument.keyword or argument.node, help)


class FitCall(NamedTuple):
    """A call of `fit` and the call of `compile` before it; a call of `compile` that no `fit` follows.

    Attributes:
        compiled: The call of `compile`.
        fit: The call of `fit`.
        trainable: The values assigned to `trainable` of layers when the training starts; None if it is not known when.
        continues: Whether the model has been trained before.
    """

    compiled: Invocation | None = None
    fit: Invocation | None = None
    trainable: Mapping[int, object] | None = None
    continues: bool = False


def training_stages(state: ModelState) -> list[FitCall]:
    """The stages of the training of a model; the first one belongs to its first `fit`, or its last `compile`."""
    stages: list[FitCall] = []
    compiled: Invocation | None = None
    trainable: Mapping[int, object] | None = None
    trained = is_open = False
    for call in state.calls:
        if call.method == "compile":
            if is_open and compiled is not None:
                stages.append(FitCall(compiled, None, compiled.trainable, trained))
            compiled, trainable, is_open = call, None, True
        else:
            # Keras collects the trainable weights in the first fit after compile.
            trainable = call.trainable if trainable is None else trainable
            stages.append(FitCall(compiled, call, trainable, trained))
            trained, is_open = True, False
    if is_open or not stages:
        trainable = None if compiled is None or state.stepped != compiled.trainable else compiled.trainable
        stages.append(FitCall(compiled, None, trainable, trained))
    first = next((index for index, stage in enumerate(stages) if stage.fit is not None), len(stages) - 1)
    return [stages[first], *stages[:first], *stages[first + 1 :]]


def only_predicts(state: ModelState, nested: bool) -> bool:
    """Whether a model is only compiled: it is part of another one, or its weights are loaded."""
    if state.used & {"evaluate", "train_on_batch"} or any(call.method != "compile" for call in state.calls):
        return False
    return nested or bool(state.used) or any(_has_set_weights(entry.value) for entry in state.layers)


def _has_set_weights(layer: object) -> bool:
    return isinstance(layer, KerasCall) and "set_weights" in layer.attributes


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


_SHUFFLING = frozenset({"shuffle", "permutation", "permuted", "sample"})
"""The names of functions that shuffle."""


def read_fit(reader: LayerReader, call: Invocation, names: Set[str]) -> None:
    """Adds a call of `fit`, its data and its labels to the tree of a model.

    Args:
        reader: The reader of the model.
        call: The call.
        names: The names in the program.
    """
    result = reader.result
    if call.open is not None:
        # Whether the model is validated, and for how many epochs it is trained, is unknown.
        result.left_out(f"not all arguments of {call.method} are known: {call.open}", call.node, "unknown-arguments")
        describe_data(result, call, reader.channels_first)
        return
    result.values["fit",] = call.node
    data = result.tree.setdefault("data", {})
    table = _read_arguments(reader, call)
    data.setdefault("train", {})
    result.values["data",] = call.node
    labels = call.argument("y", 1)
    if labels is None or call.method != "fit":
        _leave_batches_open(result, call, table)
    result.tree["fit"] = table
    note_whole_shape(result, call)
    describe_data(result, call, reader.channels_first)
    is_ordered = labels is not None and isinstance(labels.value, Array) and labels.value.is_ordered
    if is_ordered and names.isdisjoint(_SHUFFLING):
        data.setdefault("train", {})["ordered"] = True


def _read_arguments(reader: LayerReader, call: Invocation) -> Tree:
    """The arguments of `fit` as `[fit]`; adds the validation data to the tree."""
    result = reader.result
    table: Tree = {}
    misnamed: dict[str, Argument] = {}
    for argument in call.arguments:
        key = fit_argument(call, argument.key, result.generation)
        key = "epochs" if key == "nb_epoch" else key
        if key == "validation_data" and argument.value is not None:
            result.tree["data"]["validation"] = {}
            result.place(("data", "validation"), argument)
        if key is None or key in DATA_ARGUMENTS or key in OF_OLD_FITS:
            continue
        if key in Fit.call_arguments():
            result.place(("fit", key), argument)
            value = _read_fit_argument(reader, key, argument)
            if value is not OMITTED:
                table[key] = value
        elif is_spec_key(key):
            note_unexpected(result, Fit, key, argument)
        else:
            misnamed[key] = argument
    reader.add_misnamed(Fit, table, misnamed, ("fit",))
    return table


def _read_fit_argument(reader: LayerReader, key: str, argument: Argument) -> object:
    """An argument of `fit` as in a spec; `OMITTED` if it has no effect, or is not known."""
    result = reader.result
    path: Path = ("fit", key)
    if key == "class_weight" and argument.value == "balanced":
        # Only `seqspec train` counts the classes.
        message = 'class_weight must be a dict from class indices to weights, got a string: "balanced"'
        result.note("bad-value", message, argument.node)
        return OMITTED
    if key == "callbacks":
        return _read_callbacks(reader, argument, path) or OMITTED
    if key == "shuffle" and isinstance(argument.value, (int, float)):
        # Keras accepts any truth value.
        return bool(argument.value)
    value = reader.argument(Fit, key, argument.value, argument.node, path)
    if value is UNDETERMINED or (value is None and not accepts(Fit, key, None)):
        return OMITTED
    if isinstance(value, (list, dict)) and contains_unknown(value):
        result.forget_unknown(path)
        return OMITTED
    return value


def _leave_batches_open(result: ProgramModel, call: Invocation, table: Tree) -> None:
    """A dataset or generator determines the size of the batches and their order, which Keras does not change."""
    unknown = Unknown(call.node, text="the batch size of the data")
    table.setdefault("batch_size", unknown)
    if table["batch_size"] is unknown:
        result.add_unknown(("fit", "batch_size"), unknown, (1, 32, 100), from_data=True)
    table["shuffle"] = shuffled = Unknown(call.node, text="the order of the data")
    result.add_unknown(("fit", "shuffle"), shuffled, (True, False), from_data=True)


def _read_callbacks(reader: LayerReader, argument: Argument, path: Path) -> list[object]:
    """The built-in callbacks; custom ones are omitted."""
    result = reader.result
    items = known_items(argument.value)
    if not isinstance(items, tuple):
        if not isinstance(items, KerasCall):
            result.unspecified |= {"metrics", "callbacks"}
        items = (items,) if isinstance(items, KerasCall) else ()
    callbacks: list[object] = []
    for item, node in zip(items, element_nodes(argument.node, len(items))):
        if not isinstance(item, KerasCall) or family_of(item.ref) != "callbacks":
            # It can add values to the logs, and change the learning rate.
            result.unspecified |= {"metrics", "callbacks"}
            if isinstance(item, (Instance, CustomValue)):
                result.left_out(f"the callback {custom_name(item)} is the program's own", node)
            continue
        if item.ref.name == "LambdaCallback":
            result.unspecified |= {"metrics", "callbacks"}
        known = object_declaration(CALLBACK, item.ref.name) is not None
        if not known and nearest(item.ref.name, CALLBACK.names()) is None:
            # Such as LearningRateScheduler, whose function is code.
            result.unspecified.add("learning_rate")
            continue
        before = len(result.unknown_values)
        callback = reader.keras_object(item, (*path, len(callbacks)))
        if _needs_code(callback):
            del result.unknown_values[before:]
        else:
            callbacks.append(callback)
    return callbacks


def _needs_code(value: object) -> bool:
    """Whether a required part of a callback is code, such as the function of a LearningRateScheduler."""
    return isinstance(value, dict) and any(
        isinstance(item, Unknown) and key in ("schedule", "on_epoch_end") for key, item in value.items()
    )
