"""Functional models: the calls between their inputs and outputs, and those of which the layers form a single chain.

Through the calls of one with branches, the core infers shapes (`read_calls`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.api.shapes import GraphCall, TensorSpec
from seqspec.core.api.spec import read_model
from seqspec.programs.graphs.tensor_shapes import inference, main_inputs
from seqspec.programs.keras_api.keras_names import MERGING, family_of
from seqspec.programs.keras_api.operations import as_layer, is_attention, is_identity, keeps_shape
from seqspec.programs.values.abstract_values import (
    BaseModelLayers,
    Call,
    Class,
    CustomValue,
    Dict,
    Doubt,
    FunctionValue,
    Instance,
    KerasCall,
    LayerEntry,
    ModelState,
    ModelValue,
    Unknown,
    known_items,
)
from seqspec.programs.values.spans import position
from seqspec.programs.values.tensors import Operation, SymbolicTensor, alternatives, has_others, has_tensor, is_tensor

if TYPE_CHECKING:
    from seqspec.core.api.diagnostics import Kind, Topology


MODEL_INPUTS: tuple[str | int, ...] = ("inputs", "input", 0)
MODEL_OUTPUTS: tuple[str | int, ...] = ("outputs", "output", 1)
"""The keywords and the position of the outputs of `Model(inputs, outputs)`."""

MAX_CALLS = 5000
"""Maximum number of calls of a functional model."""

_MAX_DEPTH = 50
"""Maximum nesting of models."""


class FunctionalGraph(NamedTuple):
    """The calls of a functional model in topological order.

    Attributes:
        inputs: The tensors that it receives.
        outputs: The tensors that it returns.
        calls: The calls between them.
        missing: The calls of `Input`, and the inputs of other models, that the outputs depend on, and that are not
            among the inputs.
        topology: `"chain"`; `"branches"` with one input and one output; `"several_io"`; `"unknown"` where a tensor is
            not known, or does not depend on the inputs alone.
        is_stack: Whether it is the same model as a `Sequential` of the layers of its calls.
        uncalled: The layers among the outputs, which the program does not call.
        unknown: The expression of a tensor that is not known.
    """

    inputs: tuple[object, ...]
    outputs: tuple[object, ...]
    calls: tuple[SymbolicTensor, ...]
    missing: tuple[KerasCall | SymbolicTensor, ...]
    topology: Topology
    is_stack: bool
    uncalled: tuple[KerasCall, ...] = ()
    unknown: str | None = None

    def layers(self) -> tuple[LayerEntry, ...]:
        """The layers of the calls, each once, those of nested graphs included; of a chain one for every call."""
        if self.is_stack:
            declared = [LayerEntry(value, value.node) for value in self.inputs if isinstance(value, KerasCall)]
            calls = [call for call in self.calls if not isinstance(call.source, Doubt) and not is_identity(call)]
            return (*declared, *(LayerEntry(_step(call), layer_node(call), call.label, call.node) for call in calls))
        entries: dict[int, LayerEntry] = {}
        self._add_layers(entries, set(), False)
        return tuple(entries.values())

    def _add_layers(self, entries: dict[int, LayerEntry], nested_models: set[int], is_nested: bool) -> None:
        """Adds the layers by their identities, those of each nested model once."""
        for call in self.calls:
            if call.index is not None or isinstance(call.source, (Doubt, Operation)) or is_attention(call.source):
                continue
            inner = nested_graph(call.source)
            if inner is None:
                entries.setdefault(
                    id(call.source), LayerEntry(call.source, layer_node(call), None, call.node, is_nested)
                )
            elif id(call.source) not in nested_models:
                nested_models.add(id(call.source))
                inner._add_layers(entries, nested_models, True)

    def doubts(self) -> tuple[Doubt, ...]:
        """The reasons why the layers are not certain."""
        return tuple(call.source for call in self.calls if isinstance(call.source, Doubt))


def output_names(structure: object) -> list[str | None]:
    """The names of the outputs of a model: the keys of a dict, or the names of the layers; None where unknown."""
    if isinstance(structure, Dict) and structure.unknown is None:
        return [key if isinstance(key, str) else None for key in structure.items]
    return [_layer_name(value) for value in leaves(structure)]


def _layer_name(tensor: object) -> str | None:
    source = tensor.source if isinstance(tensor, SymbolicTensor) else None
    name = (
        source.value("name")
        if isinstance(source, KerasCall)
        else source.name
        if isinstance(source, ModelValue)
        else None
    )
    return name if isinstance(name, str) else None


def nested_graph(value: object) -> FunctionalGraph | None:
    """The graph of a nested model that is not a single chain; None for any other value."""
    if not isinstance(value, ModelValue) or len(value.states) != 1:
        return None
    graph = value.states[0].graph
    return graph if isinstance(graph, FunctionalGraph) and graph.topology != "unknown" and not graph.is_stack else None


def _needs_graph(call: SymbolicTensor) -> bool:
    """Whether the output of a call is known, although no layer of a stack computes the same."""
    if isinstance(call.source, Operation):
        steps = as_layer(call) is not None or keeps_shape(call) or is_identity(call)
        return not steps and inference(call) is not None
    return nested_graph(call.source) is not None or is_attention(call.source)


def _step(call: SymbolicTensor) -> object:
    """The layer of a call, or of an operation of which a layer computes the same."""
    return (as_layer(call) or call) if isinstance(call.source, Operation) else call.source


def layer_node(call: SymbolicTensor) -> ast.AST:
    """The expression of the layer that is called; the whole call where the layer has no expression of its own."""
    own = call.inlined or isinstance(call.source, Operation) or getattr(call.source, "node", None) is call.node
    return call.node.func if isinstance(call.node, ast.Call) and not own else call.node


def find_graph(inputs: Sequence[object], outputs: Sequence[object]) -> FunctionalGraph:
    """The calls between the inputs and outputs of a functional model."""
    starts = {id(value) for value in inputs}
    calls: list[SymbolicTensor] = []
    missing: dict[int, KerasCall | SymbolicTensor] = {}
    unknown: str | None = None
    seen: set[int] = set()
    known = all(is_tensor(value) or isinstance(value, Unknown) for value in inputs) and bool(inputs)
    stack: list[tuple[object, bool]] = [(value, False) for value in reversed(outputs)]
    while stack:
        value, is_done = stack.pop()
        if is_done and isinstance(value, SymbolicTensor):
            calls.append(value)
        elif id(value) in starts or id(value) in seen:
            continue
        elif not isinstance(value, SymbolicTensor) or value.source is None or len(seen) > MAX_CALLS:
            known = False
            unknown = value.text if isinstance(value, Unknown) and unknown is None else unknown
            is_start = isinstance(value, KerasCall) or (isinstance(value, SymbolicTensor) and value.source is None)
            if is_tensor(value) and is_start and all(map(is_tensor, inputs)):
                missing[id(value)] = value
        else:
            seen.add(id(value))
            stack.append((value, True))
            stack += [(model_input, False) for model_input in reversed(value.inputs)]
    topology: Topology = "branches"
    if not known or not calls or not outputs:
        topology = "unknown"
    elif len(inputs) > 1 or len(outputs) > 1:
        topology = "several_io"
    elif _is_chain(inputs[0], outputs[0], calls):
        topology = "chain"
    is_stack = topology == "chain" and len({id(call.source) for call in calls}) == len(calls)
    is_stack = is_stack and not any(map(_needs_graph, calls))
    return FunctionalGraph(
        tuple(inputs), tuple(outputs), tuple(calls), tuple(missing.values()), topology, is_stack, unknown=unknown
    )


def _is_chain(start: object, end: object, calls: Sequence[SymbolicTensor]) -> bool:
    for before, call in zip((start, *calls), calls):
        if len(call.inputs) != 1 or call.inputs[0] is not before or call.index is not None:
            return False
    return calls[-1] is end


def functional_states(
    model: ModelValue, kind: Kind, inputs: object, outputs: object, tensors: Sequence[SymbolicTensor]
) -> Sequence[ModelState]:
    """The states of a new model with its inputs and outputs, in each of the alternatives that these have.

    Args:
        model: Receives its kind and, if there is no alternative, its tensors.
        kind: Its kind.
        inputs: The structure of its inputs.
        outputs: That of its outputs.
        tensors: All tensors of the program.
    """
    ways = [way for way in alternatives((inputs, outputs)) if isinstance(way, tuple)]
    model.kind = kind
    model.tensors = ways[0] if len(ways) == 1 else None
    states = [graph_state(tensors, leaves(start), leaves(end), model.node) for start, end in ways]
    known = [
        state for state in states if isinstance(state.graph, FunctionalGraph) and state.graph.topology != "unknown"
    ]
    if known and len(known) < len(states):
        doubt = Doubt("unknown-condition", model.node, _DOUBTS["unknown"])
        known = [state.copy(doubts=(*state.doubts, doubt)) for state in known]
    return known or states


def graph_state(
    tensors: Sequence[SymbolicTensor], inputs: Sequence[object], outputs: Sequence[object], node: ast.AST
) -> ModelState:
    """The state of a model with these inputs and outputs, in a program with these tensors."""
    uncalled = tuple(value for value in outputs if isinstance(value, KerasCall) and _is_layer(value))
    last = _last_tensor(tensors, inputs) if uncalled else None
    if last is not None:
        # What is before the layer is checked as if the layer were called on it.
        outputs = [
            SymbolicTensor(output, (last,), output.node)
            if isinstance(output, KerasCall) and output in uncalled
            else output
            for output in outputs
        ]
    graph = find_graph(inputs, outputs)._replace(uncalled=uncalled)
    if graph.missing:
        # The rest is checked as if they were inputs.
        missing, every = graph.missing, find_graph([*inputs, *graph.missing], outputs)
        graph = graph if every.topology == "unknown" else every._replace(uncalled=uncalled, missing=missing)
    doubts = graph.doubts()
    if not graph.is_stack:
        text = _DOUBTS[graph.topology]
        if graph.topology == "unknown" and graph.unknown is not None:
            text = f"{graph.unknown} is not known statically: the shapes of this functional model are not checked"
        doubts = (*doubts, Doubt("graph", node, text))
    if has_others(graph.calls):
        doubts = (*doubts, Doubt("unknown-condition", node, _DOUBTS["unknown"]))
    return ModelState(graph.layers(), graph, doubts=doubts)


def _is_layer(value: KerasCall) -> bool:
    """Whether it is a layer, and neither `Input` nor a function such as `add` of something unknown."""
    return not is_tensor(value) and family_of(value.ref) == "layers" and value.ref.name[:1].isupper()


def _last_tensor(tensors: Sequence[SymbolicTensor], inputs: Sequence[object]) -> SymbolicTensor | None:
    """The only tensor computed from the inputs that no call receives; None if there are several."""
    received = {id(value) for tensor in tensors for value in tensor.inputs}
    last = [tensor for tensor in tensors if id(tensor) not in received]
    last = [tensor for tensor in last if find_graph(inputs, [tensor]).topology != "unknown"]
    return last[0] if len(last) == 1 else None


_DOUBTS = {
    "chain": "a functional model with operations: its layers, compile and fit are checked, shapes are not",
    "branches": "a functional model with branches: its layers, compile and fit are checked, shapes are not",
    "several_io": "a model with several inputs or outputs: its layers, compile and fit are checked, shapes are not",
    "unknown": "not all tensors of this functional model are known statically: shapes are not checked",
}


def leaves(value: object) -> list[object]:
    """The tensors in a structure of lists and dicts."""
    if isinstance(value, Dict) and value.unknown is None:
        return [leaf for item in value.items.values() for leaf in leaves(item)]
    items = known_items(value)
    return [leaf for item in items for leaf in leaves(item)] if isinstance(items, tuple) else [value]


def is_functional_call(call: Call) -> bool:
    """Whether a model class is called with the inputs and outputs of a functional model."""
    inputs, outputs = call.argument(*MODEL_INPUTS), call.argument(*MODEL_OUTPUTS)
    return inputs is not None and outputs is not None and has_tensor(outputs.value)


_OWN_TRAINING = ("train_step", "compute_loss", "compile", "fit")
"""Methods with which a class of models computes its own loss."""


def trains_itself(cls: Class) -> bool:
    """Whether a class of models defines its own training."""
    return any(isinstance(cls.find(name), FunctionValue) for name in _OWN_TRAINING)


def graph_layers(model: ModelValue) -> BaseModelLayers:
    """The layers of a model whose order or number in Keras is not known."""
    owners: dict[int, KerasCall] = {}
    pending: list[object] = [entry.value for state in model.states for entry in state.layers]
    for value in pending:
        if isinstance(value, ModelValue):
            pending += [entry.value for state in value.states for entry in state.layers if entry.value not in pending]
        elif isinstance(value, KerasCall):
            owners[id(value)] = value
    return BaseModelLayers(list(owners.values()))


def keras_layers(model: ModelValue) -> list[object] | None:
    """`model.layers` of a functional chain, its input first; None where Keras has another number of layers."""
    if len(model.states) != 1 or not isinstance(model.states[0].graph, FunctionalGraph):
        return None
    state, graph = model.states[0], model.states[0].graph
    inlined = any(call.inlined for call in graph.calls)
    if not graph.is_stack or inlined or state.doubts or model.kind != "functional":
        return None
    if any(isinstance(call.source, Operation) for call in graph.calls):
        # Whether operations count as layers depends on the version of Keras.
        return None
    layers = [entry.value for entry in state.layers]
    return layers if layers and is_tensor(layers[0]) else [graph.inputs[0], *layers]


PlaceName = Callable[[ast.AST, int], str]
"""The name of the place of a node in the text of a finding at a line."""


class GraphCalls(NamedTuple):
    """The calls of a graph.

    Attributes:
        calls: The calls, those of nested models in place of the calls of these models.
        outputs: The outputs of the model: the index of a call, or -1 - i for input i; None where unknown.
        input_names: What the program calls the inputs.
        output_names: What it calls the outputs.
        results: What the program calls the tensor that each layer returns, by the index of the layer.
        identical: The calls of layers that merge a tensor with itself.
        unknown: The expressions of operations whose output is not known.
    """

    calls: list[GraphCall]
    outputs: list[int | None]
    input_names: list[str]
    output_names: list[str]
    results: dict[int, str]
    identical: list[SymbolicTensor]
    unknown: list[ast.AST]


def read_calls(graph: FunctionalGraph, entries: Sequence[LayerEntry], place: PlaceName) -> GraphCalls:
    """The calls of a graph.

    Args:
        graph: The graph.
        entries: The layers of the model, each once.
        place: What the texts of findings call the place of a tensor.
    """
    input_names, output_names = ([_own_name(value) for value in values] for values in (graph.inputs, graph.outputs))
    result = GraphCalls([], [], input_names, output_names, {}, [], [])
    indices = {id(entry.value): index for index, entry in enumerate(entries)}
    sources: dict[int, list[int | None]] = {id(value): [-1 - at] for at, value in enumerate(graph.inputs)}
    _add_calls(result, graph, sources, indices, place, count(1))
    result.outputs.extend(_only(sources.get(id(value))) for value in graph.outputs)
    return result


def _add_calls(
    result: GraphCalls,
    graph: FunctionalGraph,
    sources: dict[int, list[int | None]],
    indices: Mapping[int, int],
    place: PlaceName,
    followed: Iterator[int],
    depth: int = 0,
) -> None:
    """Adds the calls of a graph, whose tensors come from `sources`, and those of its nested models."""
    for tensor in graph.calls:
        # Models that call a nested model twice, and so on, would have exponentially many calls; one may contain itself.
        is_followed = next(followed) <= MAX_CALLS and tensor.index is None and depth < _MAX_DEPTH
        inner = nested_graph(tensor.source) if is_followed else None
        inputs = main_inputs(tensor)
        if inner is not None:
            starts = zip(inner.inputs, inputs)
            inside: dict[int, list[int | None]] = {id(start): sources.get(id(value), [None]) for start, value in starts}
            _add_calls(result, inner, inside, indices, place, followed, depth + 1)
            sources[id(tensor)] = [_only(inside.get(id(value))) for value in inner.outputs]
            continue
        received = [source for value in inputs for source in sources.get(id(value), [None])]
        if tensor.index is not None and len(received) > 1:
            sources[id(tensor)] = received[tensor.index : tensor.index + 1]
            continue
        if is_identity(tensor):
            sources[id(tensor)] = received
            continue
        is_merge = isinstance(tensor.source, KerasCall) and tensor.source.ref.name in _DIFFERENT
        if is_merge and len(inputs) > 1 and len(set(map(id, inputs))) == 1:
            result.identical.append(tensor)
        names = tuple(tensor_name(value, place, tensor.node) for value in inputs)
        layer = indices.get(id(tensor.source)) if tensor.index is None else None
        operation = inference(tensor) if layer is None else None
        if layer is None and operation is None:
            result.unknown.append(tensor.node)
        if layer is not None and tensor.label is not None:
            result.results.setdefault(layer, tensor.label)
        sources[id(tensor)] = [len(result.calls)]
        result.calls.append(GraphCall(layer, tuple(received), names, operation, _called_name(tensor.source)))


_DIFFERENT = frozenset(MERGING.values()) - {"Dot", "Multiply"}
"""The layers that are meant for different tensors; `Multiply` of a tensor with itself is its square."""


def tensor_name(value: object, place: PlaceName, near: ast.AST) -> str:
    """What the program calls a tensor, with its place, for a finding at a node."""
    if not isinstance(value, (SymbolicTensor, KerasCall)):
        return "?"
    name = value.label or Unknown(value.node).text
    return f"{name} ({place(value.node, position(near)[0])})" if hasattr(value.node, "lineno") else name


def _called_name(source: object) -> str:
    """The name of an operation, or of a class of layers; empty if there is none."""
    if isinstance(source, Instance):
        return source.cls.node.name if source.cls is not None else ""
    if isinstance(source, KerasCall):
        return source.ref.name
    return source.name if isinstance(source, (CustomValue, Operation)) else ""


def _own_name(value: object) -> str:
    """The name of the layer of a tensor, or its variable; empty if it has neither."""
    label = value.label if isinstance(value, (SymbolicTensor, KerasCall)) else None
    source = value.source if isinstance(value, SymbolicTensor) else value
    name = source.value("name") if isinstance(source, KerasCall) else None
    return name if isinstance(name, str) else label or ""


def input_tensor(value: object) -> TensorSpec | None:
    """The tensor of an input as in a spec; None where its shape is not known or is invalid."""
    read = None if value is None else read_model({"input": value, "layers": []}, [])
    return None if read is None else read.input


def _only(sources: list[int | None] | None) -> int | None:
    return sources[0] if sources is not None and len(sources) == 1 else None
