"""Shape inference through a graph of layer calls, which a program may have; a spec is always a stack."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from seqspec.core.analysis.layer_report import LayerReport, layer_names
from seqspec.core.catalog.layer import InferenceContext, Layer, Outputs
from seqspec.core.catalog.layer_inference import output_spec, require_storable
from seqspec.core.diagnostics.message import Message, fmt, join
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.shapes.tensor import TensorSpec, show
from seqspec.core.syntax.document import Document

Operation = Callable[[Sequence[TensorSpec]], Outputs | None]
"""The output of an operation that is not a layer; None where it is not known."""


class GraphCall(NamedTuple):
    """A call of a layer or an operation.

    Attributes:
        layer: The index of the layer in `layers` of the model; None for an operation, or something unknown.
        inputs: The tensors that it receives: the index of a call, or -1 - i for input i of the model; None for an
            unknown tensor.
        names: What the program calls each of them, such as `"x (line 12)"`.
        operation: The output for these inputs, if it is not a layer.
        text: The name of the operation, such as `"cast"`, or of the class of the layer.
    """

    layer: int | None
    inputs: tuple[int | None, ...]
    names: tuple[str, ...]
    operation: Operation | None = None
    text: str = ""


class Graph(NamedTuple):
    """The calls of a model in topological order.

    Attributes:
        inputs: The inputs of the model; None where unknown.
        calls: The calls.
        outputs: The outputs of the model, as the inputs of calls are given.
        output: The index of the output whose loss, metrics and labels the document has.
        input_names: What the program calls the inputs.
        output_names: What it calls the outputs.
    """

    inputs: Sequence[TensorSpec | None]
    calls: Sequence[GraphCall]
    outputs: Sequence[int | None]
    output: int = 0
    input_names: Sequence[str] = ()
    output_names: Sequence[str] = ()


class GraphDocument(Document, ABC):
    """A document that may be a graph: its `layers` are those of the calls, in any order."""

    @property
    @abstractmethod
    def graph(self) -> Graph | None:
        """The calls of the model; None for a stack."""

    @abstractmethod
    def result_of(self, layer: int) -> str | None:
        """What messages call the tensor that a layer of a graph returns; None where it has no name, and in a stack."""


class GraphWalk(NamedTuple):
    """The result of a walk through a graph.

    Attributes:
        graph: The graph.
        reports: A report for each call of a layer that is known; a layer that is called twice has two.
        by_call: The report of each call; None where there is none.
        tensors: What each call returns; None where unknown.
    """

    graph: Graph
    reports: list[LayerReport]
    by_call: list[LayerReport | None]
    tensors: list[Outputs | None]

    def tensor(self, source: int | None) -> Outputs | None:
        """The tensor that a call receives, or the model returns."""
        if source is None:
            return None
        return self.graph.inputs[-1 - source] if source < 0 else self.tensors[source]

    @property
    def output_segment(self) -> list[LayerReport]:
        """The layers before the output of the document; empty if they are not known."""
        outputs, index = self.graph.outputs, self.graph.output
        return self.segment(outputs[index]) if index < len(outputs) else []

    def is_joined(self, path: Path) -> bool:
        """Whether what a layer returns is combined with other tensors, before another layer reads its positions."""
        source = next(
            (at for at, layer_call in enumerate(self.by_call) if layer_call is not None and layer_call.path == path),
            None,
        )
        while source is not None:
            users = [at for at, call in enumerate(self.graph.calls) if source in call.inputs]
            if len(users) != 1:
                return False
            if len(self.graph.calls[users[0]].inputs) > 1:
                return True
            report = self.by_call[users[0]]
            source = users[0] if report is not None and not {"convolution", "pooling"} & report.traits else None
        return False

    def path_to(self, entry: LayerReport) -> list[LayerReport] | None:
        """The layers between the first input and a layer; None if these are not known, or more than one path."""
        call = next((call for call, node in zip(self.graph.calls, self.by_call) if node is entry), None)
        if call is None or len(call.inputs) != 1:
            return None
        reports, source = [], call.inputs[0]
        while source is not None and source >= 0:
            report, before = self.by_call[source], self.graph.calls[source]
            if report is None or len(before.inputs) != 1:
                return None
            reports.append(report)
            source = before.inputs[0]
        return reports[::-1] if source == -1 else None

    def paths(self) -> list[tuple[list[LayerReport], bool]]:
        """The paths without branches of layers that are called once, and whether another layer is called on their end.

        Only the next layer of the path receives what each of them returns.
        """
        uses = Counter(source for call in self.graph.calls for source in call.inputs)
        uses.update(self.graph.outputs)
        counts = Counter(call.layer for call in self.graph.calls)
        continued = {source for call in self.graph.calls if call.layer is not None for source in call.inputs}
        path_of: dict[int | None, list[int]] = {}
        paths: list[list[int]] = []
        for index, (call, report) in enumerate(zip(self.graph.calls, self.by_call)):
            if report is None or counts[call.layer] > 1:
                continue
            before = call.inputs[0] if len(call.inputs) == 1 and uses[call.inputs[0]] == 1 else None
            path_of[index] = path_of.get(before) or []
            if not path_of[index]:
                paths.append(path_of[index])
            path_of[index].append(index)
        reports = [[report for index in path if (report := self.by_call[index]) is not None] for path in paths]
        return [(path, indices[-1] in continued) for path, indices in zip(reports, paths)]

    def segment(self, source: int | None) -> list[LayerReport]:
        """The layers before a tensor, back to the last one with several inputs; empty unless all of them are known."""
        reports: list[LayerReport] = []
        while source is not None and source >= 0:
            report, call = self.by_call[source], self.graph.calls[source]
            if report is None:
                break
            reports.append(report)
            source = call.inputs[0] if len(call.inputs) == 1 else None
        return reports[::-1]


def walk_graph(
    layers: Sequence[Layer | None], graph: Graph, env: InferenceContext, path: Path, violations: list[Violation]
) -> GraphWalk:
    """The output of every call whose inputs are known; the violations of all others are appended to `violations`.

    After a call that fails, or that is not known, only the calls that depend on it are unknown.
    """
    names = layer_names(layers)
    walk = GraphWalk(graph, [], [], [])
    counted: set[int] = set()
    for call in graph.calls:
        report: LayerReport | None = None
        output: Outputs | None = None
        inputs = [walk.tensor(source) for source in call.inputs]
        layer = layers[call.layer] if call.layer is not None else None
        if layer is not None and call.layer is not None:
            try:
                report = _called(layer, inputs, env, (*path, call.layer), names[call.layer])
            except Violation as violation:
                notes = (*violation.notes, *_input_notes(inputs, call.names))
                violations.append(violation.replace(path=(*path, call.layer, *violation.path), notes=notes))
            output = None if report is None else report.output
        elif call.operation is not None:
            output = _operated(call.operation, inputs)
        if report is not None:
            walk.reports.append(report)
            if call.layer in counted:
                # The weights of a shared layer count once.
                report.__dict__["weights"] = []
            elif call.layer is not None:
                counted.add(call.layer)
        walk.by_call.append(report)
        walk.tensors.append(output)
    return walk


def _called(
    layer: Layer, inputs: Sequence[Outputs | None], env: InferenceContext, path: Path, name: str
) -> LayerReport | None:
    """The report of a layer that is called on these tensors; None where they are not known."""
    if inputs == [None]:
        inputs = [layer.fixed_input()]
    first = inputs[0] if inputs else None
    if layer.role == "recurrent":
        # The other tensors are its states.
        inputs = inputs[:1]
    tensors = [tensor for tensor in inputs if isinstance(tensor, TensorSpec)]
    if isinstance(first, list) and len(inputs) == 1:
        output = output_spec(layer, first, env)
        tensors = first
    elif len(tensors) < len(inputs) or not tensors:
        return None
    else:
        together = len(tensors) > 1 or layer.several_inputs.required
        output = output_spec(layer, tensors if together else tensors[0], env)
    report = LayerReport(path, name, layer, tensors[0], output, env)
    if layer.has.weights:
        require_storable(report.weights)
    return report


def _operated(operation: Operation, inputs: Sequence[Outputs | None]) -> Outputs | None:
    known: list[TensorSpec] = []
    for tensor in inputs:
        if tensor is None:
            return None
        known += tensor if isinstance(tensor, list) else [tensor]
    return operation(known)


def _input_notes(inputs: Sequence[Outputs | None], names: Sequence[str]) -> Iterator[str]:
    """The shapes of the inputs of a call, as the program calls them."""
    shown = [
        fmt("{} from {}", show(tensor.sample), name)
        for tensor, name in zip(inputs, names)
        if isinstance(tensor, TensorSpec)
    ]
    if shown:
        yield Message("input shape: " if len(shown) == 1 else "input shapes: ", join(", ", shown))
