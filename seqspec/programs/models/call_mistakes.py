"""Calls on tensors that Keras refuses: of inner models, of layers that merge, operators and unpacked results."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from seqspec.core.api.messages import counted, fmt
from seqspec.core.api.shapes import Shape, TensorSpec, broadcast, show
from seqspec.programs.graphs.functional_models import FunctionalGraph, leaves
from seqspec.programs.graphs.tensor_shapes import main_inputs
from seqspec.programs.keras_api.keras_names import MERGING, is_input
from seqspec.programs.keras_api.operations import ARITHMETIC, is_attention, is_identity
from seqspec.programs.keras_api.signatures import layer_declaration
from seqspec.programs.layers.gradients import CUTTING, casts_to_integers
from seqspec.programs.layers.object_reader import custom_name
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.python.tensor_specs import declared_input, tensor_spec
from seqspec.programs.values.abstract_values import (
    MAX_NESTED_MODELS,
    CodeViolation,
    Dict,
    KerasCall,
    ModelState,
    ModelValue,
    Ref,
    Unknown,
    known_items,
)
from seqspec.programs.values.tensors import Operation, SymbolicTensor, is_tensor


def call_mistakes(interpreter: Interpreter, state: ModelState, depth: int = 0) -> Iterator[CodeViolation]:
    """The mistakes in the calls of a model, and in those of its inner models, on tensors of known shapes."""
    if depth > MAX_NESTED_MODELS or any(doubt.kind != "graph" for doubt in state.doubts):
        return
    for call in _calls(interpreter, state):
        if call.index is not None:
            yield from _unpacking(interpreter, call)
        elif isinstance(call.source, Operation):
            yield from _operation(interpreter, call)
        elif isinstance(call.source, KerasCall):
            yield from _layer(interpreter, call.source, call)
        elif isinstance(call.source, ModelValue) and len(call.source.states) == 1 and not call.inlined:
            yield from call_mistakes(interpreter, call.source.states[0], depth + 1)
            yield from _inner_model(interpreter, call.source, call)


def _unpacking(interpreter: Interpreter, call: SymbolicTensor) -> Iterator[CodeViolation]:
    whole = call.inputs[0]
    result = tensor_spec(interpreter, whole)
    if result is None or call.targets is None or not isinstance(whole, SymbolicTensor):
        return
    count = len(result) if isinstance(result, list) else 1
    # With a known batch size, some versions of TensorFlow unpack the samples.
    if count == call.targets or (isinstance(result, TensorSpec) and isinstance(result.dims[0], int)):
        return
    name = custom_name(whole.source) if isinstance(whole.source, KerasCall) else Unknown(whole.node).text
    cls = layer_declaration(name)[0] if isinstance(whole.source, KerasCall) else None
    help = "set return_state=True" if count == 1 and cls is not None and cls.role == "recurrent" else None
    message = f"{name} returns {counted(count, 'tensor')}, not {call.targets}"
    yield CodeViolation("wrong-type", message, whole.node, help)


def _operation(interpreter: Interpreter, call: SymbolicTensor) -> Iterator[CodeViolation]:
    inputs = [tensor_spec(interpreter, value) for value in call.inputs]
    known = [tensor for tensor in inputs if isinstance(tensor, TensorSpec)]
    if len(known) < len(inputs) or is_identity(call) or tensor_spec(interpreter, call) is not None:
        return
    assert isinstance(call.source, Operation)
    if call.source.name in ARITHMETIC and len(known) == 2:
        one, other = known
        if broadcast(one.dims, other.dims) is None:
            message = str(fmt("cannot broadcast {} and {}", show(one.sample), show(other.sample)))
            yield CodeViolation("shape-mismatch", message, call.node, "make both shapes equal, or sizes 1")
            return
    yield CodeViolation(
        "not-followed", f"the output of {Unknown(call.node).text} is not known", call.node, kind="unknown-layer"
    )


def _layer(interpreter: Interpreter, layer: KerasCall, call: SymbolicTensor) -> Iterator[CodeViolation]:
    first = call.arguments[0].value if call.arguments else None
    created = first is not None and layer.node is call.node and layer.ref.name not in MERGING.values()
    if created and isinstance(call.node, ast.Call):
        name, (tensor, *others) = Unknown(call.node.func).text, map(_text, (*call.node.args, *call.node.keywords))
        message = f"{layer.ref.name} is created with a tensor, not called on it"
        yield CodeViolation("wrong-type", message, call.node, f"write {name}({', '.join(others)})({tensor})")
    if is_attention(layer):
        yield from _attention(interpreter, layer, call)
    declared = layer_declaration(layer.ref.name)[0]
    if declared is not None and declared.role == "recurrent" and "units" in declared.model_fields:
        yield from _initial_states(interpreter, layer, call)
    axis = layer.value("axis", 0)
    if layer.ref.name == "Concatenate" and axis == 0 and not isinstance(axis, bool):
        message = "Concatenate joins the samples of batches: axis 0 is the batch size"
        help = "set axis=-1, or 1 for the first axis per sample"
        yield CodeViolation("bad-axis", message, call.node, help, "warning")
    if layer.ref.name not in MERGING.values() or not is_tensor(first):
        return
    # Several outputs of a layer are a list.
    if isinstance(tensor_spec(interpreter, first), TensorSpec) and isinstance(call.node, ast.Call):
        name, inputs = Unknown(call.node.func).text, ", ".join(Unknown(node).text for node in call.node.args)
        message = f"{layer.ref.name} must be called on a list of tensors"
        yield CodeViolation("wrong-type", message, call.node, f"write {name}([{inputs}])")


def _attention(interpreter: Interpreter, layer: KerasCall, call: SymbolicTensor) -> Iterator[CodeViolation]:
    """A call of attention on its query alone."""
    first = call.arguments[0] if call.arguments else None
    if first is None or not isinstance(call.node, ast.Call) or len(call.node.args) != 1:
        return
    if isinstance(call.node.args[0], ast.Starred) or any(
        keyword.arg in (None, "value") for keyword in call.node.keywords
    ):
        return
    if not isinstance(tensor_spec(interpreter, first.value), TensorSpec):
        return
    code, query = Unknown(call.node.func).text, Unknown(first.node).text
    if layer.ref.name in ("AdditiveAttention", "Attention"):
        message = f"{layer.ref.name} must be called on a list: the query and the value"
        yield CodeViolation("wrong-type", message, call.node, f"write {code}([{query}, {query}]) for self-attention")
    else:
        message = f"missing argument value in the call of {layer.ref.name}"
        help = f"write {code}({query}, {query}) for self-attention"
        yield CodeViolation("missing-argument", message, call.node, help)


def _initial_states(interpreter: Interpreter, layer: KerasCall, call: SymbolicTensor) -> Iterator[CodeViolation]:
    """Initial states of another size than the units of a recurrent layer."""
    argument = next((argument for argument in call.arguments if argument.key == "initial_state"), None)
    items = None if argument is None else known_items(argument.value)
    units = _named(layer.value("units", 0))
    for state in items if isinstance(items, tuple) else () if argument is None else (argument.value,):
        spec = tensor_spec(interpreter, state) if is_tensor(state) else None
        size = spec.dims[-1] if isinstance(spec, TensorSpec) and spec.dims else _bidirectional_size(state)
        if argument is None or size is None or _may_equal(size, units):
            continue
        text, wanted = (dim.text if isinstance(dim, Unknown) else str(dim) for dim in (size, units))
        message = f"the initial state has {text} values, but {layer.ref.name} has {wanted} units"
        yield CodeViolation("shape-mismatch", message, argument.node, f"set units={text}, or project the state")


def _bidirectional_size(state: object) -> object:
    """The size of what a Bidirectional layer returns whose units are not known, since it joins both directions."""
    wrapper = state.source if isinstance(state, SymbolicTensor) and state.index is None else None
    if not isinstance(wrapper, KerasCall) or wrapper.ref.name != "Bidirectional" or wrapper.argument("merge_mode", 1):
        return None
    inner = wrapper.value("layer", 0)
    units = _named(inner.value("units", 0)) if isinstance(inner, KerasCall) else None
    return Unknown(text=f"2 * {units.text}", formula=(ast.Mult(), 2, units)) if isinstance(units, Unknown) else None


def _named(value: object) -> object:
    """A name that is imported from somewhere else, as an unknown value."""
    return Unknown(text=value.name) if isinstance(value, Ref) else value


def _may_equal(size: object, units: object) -> bool:
    if isinstance(size, int) and isinstance(units, int):
        return size == units
    if not isinstance(size, Unknown) or size.formula is None or not isinstance(units, Unknown):
        return True
    # Twice something is not the same.
    doubled = size.formula[2] if isinstance(size.formula[0], ast.Mult) and size.formula[1] == 2 else None
    return not (isinstance(doubled, Unknown) and doubled.identity == units.identity)


def _text(node: ast.AST) -> str:
    return f"{node.arg}={Unknown(node.value).text}" if isinstance(node, ast.keyword) else Unknown(node).text


def _inner_model(interpreter: Interpreter, inner: ModelValue, call: SymbolicTensor) -> Iterator[CodeViolation]:
    for expected, received in _inputs(interpreter, inner, call):
        if not _accepts(inner.states[0], expected.dims, received.dims):
            name = inner.label or "the inner model"
            shapes = show(expected.sample), show(received.sample)
            message = str(fmt("{} was created for inputs of shape {}, got {}", name, *shapes))
            help = f"change the input of {name}, or the layers before it"
            # Keras 2 only warns where the layers accept the shape.
            yield CodeViolation("shape-mismatch", message, call.node, help, only_keras=3)


def cut_outputs(model: ModelValue) -> Iterator[CodeViolation]:
    """The outputs of a functional model that no gradient leaves, such as `argmax` of the probabilities."""
    outputs = leaves(model.tensors[1]) if model.kind == "functional" and model.tensors is not None else []
    cuts = [_cut(output) for output in outputs]
    if cuts and all(cut is not None for cut in cuts):
        tensor = next(cut for cut in cuts if cut is not None)
        name = tensor.source.name if isinstance(tensor.source, Operation) else ""
        message = f"{name} has no gradient, so fit cannot train the layers before it"
        help = f"train a model without it, and apply {name} to the predictions"
        yield CodeViolation("no-gradient", message, tensor.node, help)


def _cut(output: object) -> SymbolicTensor | None:
    """The operation without a gradient between an output and every layer with weights; None if there is none."""
    pending, cutting, seen = [output], None, set()
    while pending:
        value = pending.pop()
        if id(value) in seen or (is_tensor(value) and isinstance(value, KerasCall)):
            continue
        seen.add(id(value))
        if not isinstance(value, SymbolicTensor):
            return None
        layer = value.source
        cast = isinstance(layer, Operation) and layer.name == "cast"
        nodes = [argument.node for argument in value.arguments] if cast else []
        if isinstance(layer, Operation) and (layer.name in CUTTING or casts_to_integers(nodes)):
            cutting = value
            continue
        declared = layer_declaration(layer.ref.name)[0] if isinstance(layer, KerasCall) else None
        weightless = declared is not None and not (declared.has.weights or declared.variables.hidden)
        if not isinstance(layer, Operation) and not weightless and value.index is None:
            return None
        pending += value.inputs
    return cutting


def _calls(interpreter: Interpreter, state: ModelState) -> Iterator[SymbolicTensor]:
    """The calls of a functional model, or those that a `Sequential` makes."""
    if isinstance(state.graph, FunctionalGraph):
        yield from state.graph.calls
        return
    if not any(isinstance(entry.value, ModelValue) for entry in state.layers):
        return
    layers = list(state.layers)
    first = layers[0].value
    if not isinstance(first, (KerasCall, ModelValue)):
        return
    tensor = SymbolicTensor(None, (), layers[0].node)
    tensor.spec = declared_input(interpreter, first)
    for entry in layers[1:] if is_input(first) else layers:
        tensor = SymbolicTensor(entry.value, (tensor,), entry.node)
        yield tensor


def _inputs(
    interpreter: Interpreter, inner: ModelValue, call: SymbolicTensor
) -> Iterator[tuple[TensorSpec, TensorSpec]]:
    """The declared and the received shapes of the inputs of an inner model, where both are known."""
    graph = inner.states[0].graph
    starts = graph.inputs if isinstance(graph, FunctionalGraph) else (inner,)
    inputs = main_inputs(call)
    if len(starts) != len(inputs) or any(isinstance(argument.value, Dict) for argument in call.arguments):
        return
    for start, value in zip(starts, inputs):
        expected = declared_input(interpreter, start) if isinstance(start, (KerasCall, ModelValue)) else None
        received = tensor_spec(interpreter, value)
        if expected is not None and isinstance(received, TensorSpec):
            yield expected, received


def _accepts(state: ModelState, expected: Shape, received: Shape) -> bool:
    """Whether Keras calls a model with this input on this tensor; it ignores last axes of size 1 on both sides."""
    if any(_differ(one, other) for one, other in zip(_squeezed(expected)[1:], _squeezed(received)[1:])):
        return False
    if len(expected) != len(received) or not _differ(expected[-1], received[-1]):
        return True
    first = next((entry.value for entry in state.layers if not is_input(entry.value)), None)
    return not _needs_channels(first)


def _squeezed(shape: Shape) -> Shape:
    return shape[:-1] if shape[-1] == 1 else shape


def _differ(one: object, other: object) -> bool:
    return isinstance(one, int) and isinstance(other, int) and one != other


def _needs_channels(layer: object) -> bool:
    """Whether a layer only accepts as many channels as it was built for, on the last axis."""
    cls = layer_declaration(layer.ref.name)[0] if isinstance(layer, KerasCall) else None
    if cls is None or not isinstance(layer, KerasCall) or layer.argument("data_format") is not None:
        return False
    return cls.__name__ in ("Dense", "Conv1D", "Conv2D", "Conv3D")
