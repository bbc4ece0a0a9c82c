"""The calls of a functional model with branches, in the form in which shapes are inferred through them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from seqspec.core.analysis.graph import GraphCall
from seqspec.core.document.model_table import read_model
from seqspec.core.shapes.tensor import TensorSpec
from seqspec.programs.graphs.functional_models import MAX_CALLS, Graph, nested_graph
from seqspec.programs.graphs.tensor_shapes import inference, main_inputs
from seqspec.programs.keras_api.keras_names import MERGING
from seqspec.programs.keras_api.operations import is_identity
from seqspec.programs.values.abstract_values import CustomObject, Instance, KerasCall, LayerEntry, Unknown
from seqspec.programs.values.spans import position
from seqspec.programs.values.tensors import Operation, Tensor

PlaceName = Callable[[ast.AST, int], str]
"""The name of the place of a node in the text of a finding at a line."""


class GraphCalls:
    """The calls of a graph.

    Args:
        graph: The graph.
        entries: The layers of the model, each once.
        place: What the texts of findings call the place of a tensor.

    Attributes:
        calls: The calls, those of nested models in place of the calls of these models.
        outputs: The outputs of the model: the index of a call, or -1 - i for input i; None where unknown.
        input_names: What the program calls the inputs.
        output_names: What it calls the outputs.
        results: What the program calls the tensor that each layer returns, by the index of the layer.
        identical: The calls of layers that merge a tensor with itself.
        unknown: The expressions of operations whose output is not known.
    """

    def __init__(self, graph: Graph, entries: Sequence[LayerEntry], place: PlaceName) -> None:
        self._place = place
        self.calls: list[GraphCall] = []
        self.results: dict[int, str] = {}
        self.unknown: list[ast.AST] = []
        self.identical: list[Tensor] = []
        self._followed = 0
        self._indices = {id(entry.value): index for index, entry in enumerate(entries)}
        sources: dict[int, list[int | None]] = {id(value): [-1 - at] for at, value in enumerate(graph.inputs)}
        self._add(graph, sources)
        self.outputs = [_only(sources.get(id(value))) for value in graph.outputs]
        self.input_names = [_own_name(value) for value in graph.inputs]
        self.output_names = [_own_name(value) for value in graph.outputs]

    def _add(self, graph: Graph, sources: dict[int, list[int | None]]) -> None:
        for tensor in graph.calls:
            self._followed += 1
            # Models that call a nested model twice, and so on, would have exponentially many calls.
            is_followed = tensor.index is None and self._followed <= MAX_CALLS
            inner = nested_graph(tensor.source) if is_followed else None
            inputs = main_inputs(tensor)
            if inner is not None:
                inside: dict[int, list[int | None]] = {
                    id(start): sources.get(id(value), [None]) for start, value in zip(inner.inputs, inputs)
                }
                self._add(inner, inside)
                sources[id(tensor)] = [_only(inside.get(id(value))) for value in inner.outputs]
                continue
            received = [source for value in inputs for source in sources.get(id(value), [None])]
            if tensor.index is not None and len(received) > 1:
                sources[id(tensor)] = received[tensor.index : tensor.index + 1]
                continue
            if is_identity(tensor):
                sources[id(tensor)] = received
                continue
            if isinstance(tensor.source, KerasCall) and tensor.source.ref.name in _DIFFERENT and len(inputs) > 1:
                self.identical += [tensor] if len(set(map(id, inputs))) == 1 else []
            names = tuple(tensor_name(value, self._place, tensor.node) for value in inputs)
            layer = self._indices.get(id(tensor.source)) if tensor.index is None else None
            operation = inference(tensor) if layer is None else None
            if layer is None and operation is None:
                self.unknown.append(tensor.node)
            if layer is not None and tensor.label is not None:
                self.results.setdefault(layer, tensor.label)
            sources[id(tensor)] = [len(self.calls)]
            self.calls.append(GraphCall(layer, tuple(received), names, operation, _called_name(tensor.source)))


_DIFFERENT = frozenset(MERGING.values()) - {"Dot", "Multiply"}
"""The layers that are meant for different tensors; `Multiply` of a tensor with itself is its square."""


def tensor_name(value: object, place: PlaceName, near: ast.AST) -> str:
    """What the program calls a tensor, with its place, for a finding at a node."""
    if not isinstance(value, (Tensor, KerasCall)):
        return "?"
    name = value.label or Unknown(value.node).text
    return f"{name} ({place(value.node, position(near)[0])})" if hasattr(value.node, "lineno") else name


def _called_name(source: object) -> str:
    """The name of an operation, or of a class of layers; empty if there is none."""
    if isinstance(source, Instance):
        return source.cls.node.name if source.cls is not None else ""
    if isinstance(source, KerasCall):
        return source.ref.name
    return source.name if isinstance(source, (CustomObject, Operation)) else ""


def _own_name(value: object) -> str:
    """The name of the layer of a tensor, or its variable; empty if it has neither."""
    label = value.label if isinstance(value, (Tensor, KerasCall)) else None
    source = value.source if isinstance(value, Tensor) else value
    name = source.value("name") if isinstance(source, KerasCall) else None
    return name if isinstance(name, str) else label or ""


def input_tensor(value: object) -> TensorSpec | None:
    """The tensor of an input as in a spec; None where its shape is not known or is invalid."""
    read = None if value is None else read_model({"input": value, "layers": []}, [])
    return None if read is None else read.input


def _only(sources: list[int | None] | None) -> int | None:
    return sources[0] if sources is not None and len(sources) == 1 else None
