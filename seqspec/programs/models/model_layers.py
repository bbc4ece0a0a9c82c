"""The layers of a model, how they are connected, and its input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seqspec.core.api.catalog import Outputs
from seqspec.core.api.language import is_name
from seqspec.core.api.shapes import TensorSpec
from seqspec.programs.graphs.functional_models import FunctionalGraph, read_calls, tensor_name
from seqspec.programs.keras_api.keras_names import is_input
from seqspec.programs.layers.input_reader import (
    declaring_samples,
    fixes_input,
    read_data_input,
    read_declared_input,
    read_input_layer,
    set_input,
)
from seqspec.programs.layers.layer_reader import LayerReader, has_weights
from seqspec.programs.layers.object_reader import custom_name
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.python.tensor_specs import tensor_spec
from seqspec.programs.values.abstract_values import Argument, Doubt, LayerEntry, ModelState, ModelValue, Unknown
from seqspec.programs.values.tensors import SymbolicTensor


def read_layers(reader: LayerReader, interpreter: Interpreter, model: ModelValue, state: ModelState) -> None:
    """Adds the input and the layers of a model in one of its states, and the calls of one with branches."""
    result = reader.result
    table = result.tree["model"]
    if isinstance(model.name, str) and is_name(model.name):
        table["name"] = model.name
        result.values["model", "name"] = model.name_node or model.node
    graph = state.graph if isinstance(state.graph, FunctionalGraph) and not state.graph.is_stack else None
    follows = graph is not None and graph.topology != "unknown" and len(state.doubts) == 1
    _note_doubts(result, model, () if follows else state.doubts)
    _note_uncalled(result, state)
    entries = _read_input(result, interpreter, state, graph)
    result.values["model", "layers"] = model.node
    table["layers"] = [_read_entry(reader, entries, index) for index in range(len(entries))]
    if graph is not None:
        result.calls = []
    if graph is not None and follows:
        _read_calls(result, interpreter, graph, entries)
    if model.kind == "external":
        result.topology = "unknown"
    if not entries and result.complete:
        result.complete = False
        result.not_followed("filled-elsewhere", "no layers are added to this model in this file", model.node)
    if "input" not in table:
        result.input_known = fixes_input(entries[0].value) if entries else False


def _note_doubts(result: ProgramModel, model: ModelValue, doubts: Iterable[Doubt]) -> None:
    """Adds notes on why the layers are not certain, and on the mistakes in the class of the model."""
    for doubt in doubts:
        result.complete = False
        result.doubtful = True
        messages = {
            "unknown-loop": f"layers are added in a loop of unknown length: {doubt.text}",
            "unknown-layers": f"the layers come from a value that is not known statically: {doubt.text}",
        }
        if not model.mistakes:
            result.not_followed(doubt.kind, messages.get(doubt.kind, doubt.text), doubt.node)
    for mistake in model.mistakes:
        result.add(mistake)


def _note_uncalled(result: ProgramModel, state: ModelState) -> None:
    """Adds notes on layers in place of outputs of the model."""
    for layer in state.graph.uncalled if isinstance(state.graph, FunctionalGraph) else ():
        code = Unknown(layer.node).text
        message = f"{layer.label or code} is a layer that is not called"
        result.note("wrong-type", message, layer.node, f"call it on a tensor: {code}(...)")


def _read_input(
    result: ProgramModel, interpreter: Interpreter, state: ModelState, graph: FunctionalGraph | None
) -> Sequence[LayerEntry]:
    """Sets the input, which calls, the first layer, `build` or the data declare; returns the layers after it."""
    fit = next((call for call in state.calls if call.method != "compile"), None)
    entries = state.layers
    if graph is not None:
        _read_graph_inputs(result, interpreter, graph)
    elif entries and is_input(entries[0].value):
        read_input_layer(result, entries[0].value)
        entries = entries[1:]
    elif entries:
        read_declared_input(result, entries[0].value, declaring_samples(fit) is not None)
    table = result.tree["model"]
    if "input" not in table:
        # Keras builds the model for the batches that it is called on.
        result.unspecified.add("model_batch_size")
    if "input" not in table and state.built is not None:
        set_input(result, state.built, has_batch=True)
    if "input" not in table:
        read_data_input(result, fit)
    return entries


def _read_graph_inputs(result: ProgramModel, interpreter: Interpreter, graph: FunctionalGraph) -> None:
    """Sets the inputs of a graph: the first as the input of the model, the others beside it."""
    place = interpreter.places.name
    for missing in graph.missing if result.alternatives_of is None else ():
        name = tensor_name(missing, place, result.node)
        message = f"the outputs depend on {name}, which is not an input of the model"
        result.note("disconnected-output", message, result.node, f"add {missing.label or name} to inputs")
    result.tree["inputs"] = [None] * (len(graph.inputs) - 1)
    for number, value in enumerate(graph.inputs):
        if is_input(value):
            read_input_layer(result, value, number)
        elif isinstance(value, SymbolicTensor):
            _read_tensor_input(result, value, tensor_spec(interpreter, value), number)


def _read_tensor_input(result: ProgramModel, tensor: SymbolicTensor, spec: Outputs | None, number: int) -> None:
    """Sets an input to the tensor of a layer, where its shape is known and it is dense."""
    if isinstance(spec, TensorSpec) and spec.shape[0] is None and not spec.sparse and not spec.ragged:
        shape, dtype = Argument("shape", spec.shape[1:], tensor.node), Argument("dtype", spec.dtype, tensor.node)
        set_input(result, shape, dtype=dtype, number=number)


def _read_entry(reader: LayerReader, entries: Sequence[LayerEntry], index: int) -> object:
    """A layer of the model as an entry of `layers`."""
    result, entry = reader.result, entries[index]
    layer = reader.layer(entry.value, entry.node, ("model", "layers", index))
    if entry.is_inner and isinstance(layer, dict):
        layer.pop("name", None)
    if entry.call is not None:
        result.call_nodes[index] = entry.call
    if entry.label is not None:
        result.results[index] = entry.label
    before = next((i for i, other in enumerate(entries[:index]) if other.value is entry.value), None)
    if before is not None and has_weights(entry.value):
        other = f"{result.expression}.layers[{before}]"
        text = f"{custom_name(entry.value)} shares its weights with {other}, which is not followed"
        result.not_followed("shared-layer", text, entry.node)
    return layer


def _read_calls(
    result: ProgramModel, interpreter: Interpreter, graph: FunctionalGraph, entries: Sequence[LayerEntry]
) -> None:
    place = interpreter.places.name
    calls = read_calls(graph, entries, place)
    result.calls, result.outputs, result.results = calls.calls, calls.outputs, calls.results
    result.tensor_names = calls.input_names, calls.output_names
    for tensor in calls.identical:
        name = tensor_name(tensor.inputs[0], place, tensor.node)
        message = f"{custom_name(tensor.source)} merges {name} with itself"
        result.note("merge-of-identical", message, tensor.node, "pass different tensors")
    for unknown in calls.unknown:
        result.complete = False
        result.not_followed("unknown-layer", f"the output of {Unknown(unknown).text} is not known", unknown)
