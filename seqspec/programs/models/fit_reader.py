"""The call of `fit` as the tables of a spec."""

from __future__ import annotations

from collections.abc import Set

from seqspec.core.api.catalog import CALLBACK
from seqspec.core.api.diagnostics import Path
from seqspec.core.api.messages import nearest
from seqspec.core.api.spec import DATA_ARGUMENTS, Fit
from seqspec.core.api.syntax import Tree
from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.keras_api.signatures import accepts, object_declaration
from seqspec.programs.layers.fit_data import describe_data, note_whole_shape
from seqspec.programs.layers.layer_reader import LayerReader
from seqspec.programs.layers.object_reader import OMITTED, UNDETERMINED, contains_unknown, custom_name
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.models.compile_arguments import OF_OLD_FITS, fit_argument, is_spec_key, note_unexpected
from seqspec.programs.values.abstract_values import (
    Argument,
    Array,
    CustomValue,
    Instance,
    Invocation,
    KerasCall,
    Unknown,
    element_nodes,
    known_items,
)

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
            value = _read_argument(reader, key, argument)
            if value is not OMITTED:
                table[key] = value
        elif is_spec_key(key):
            note_unexpected(result, Fit, key, argument)
        else:
            misnamed[key] = argument
    reader.add_misnamed(Fit, table, misnamed, ("fit",))
    return table


def _read_argument(reader: LayerReader, key: str, argument: Argument) -> object:
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
