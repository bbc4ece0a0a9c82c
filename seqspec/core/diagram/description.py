"""The typed description of a diagram, without layout and colors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from seqspec.core.diagnostics.diagnostic import SEVERITIES, Diagnostic
from seqspec.core.diagnostics.violation import Path, pointer

Kind = Literal["layer", "backbone"]


@dataclass(frozen=True, slots=True)
class DiagramTensor:
    """The shape of one sample with names of unknown sizes, and the dtype; both None if unknown."""

    shape: tuple[int | str, ...] | None
    dtype: str | None

    def __str__(self) -> str:
        return "?" if self.shape is None else f"({', '.join(map(str, self.shape))})"


@dataclass(frozen=True, slots=True)
class Weight:
    """A variable of a layer."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool


@dataclass(frozen=True, slots=True)
class DiagramLayer:
    """A layer that was analyzed.

    Attributes:
        arguments: The arguments that were written, as text.
        pointer: JSON Pointer into the document that has the layer.
        path: The same as a path if the layer is in the checked document, else None, with `file`.
        params: The number of parameters; None if unknown.
        macs: Multiply-accumulates per sample: a number, a formula of unknown sizes, or None.
        memory: Bytes that training keeps for the backward pass, for the batch size of the diagram.
        kind: `"backbone"` for a base model of `keras.applications`, which is one box.
        frozen: It has parameters, and `trainable = false` on it or around it keeps all of them from training.
        findings: Positions in `Diagram.findings` of what was found at this layer.
    """

    name: str
    type: str
    arguments: tuple[tuple[str, str], ...]
    pointer: str
    path: Path | None
    file: str | None
    input: DiagramTensor
    outputs: tuple[DiagramTensor, ...]
    params: int | None
    trainable: int | None
    macs: int | str | None
    memory: int | str | None
    weights: tuple[Weight, ...]
    more_weights: int
    layers: tuple[DiagramLayer, ...]
    kind: Kind
    frozen: bool
    findings: tuple[int, ...]

    def all_findings(self) -> Iterator[int]:
        """The findings at the layer, and at those inside it."""
        yield from self.findings
        for inner in self.layers:
            yield from inner.all_findings()

    def arguments_text(self) -> str:
        """The arguments in one line."""
        return ", ".join(f"{key}={value}" for key, value in self.arguments)

    def output_text(self) -> str:
        """The shapes of the outputs."""
        return " ".join(map(str, self.outputs))


@dataclass(frozen=True, slots=True)
class Copy:
    """Layers of a group that repeat `times` times, identical except for their names."""

    times: int
    layers: tuple[DiagramLayer, ...]


@dataclass(frozen=True, slots=True)
class DiagramGroup:
    """The layers of one entry of the document: a block use, or a repeated layer."""

    group: str
    block: bool
    path: Path | None
    times: int
    copies: tuple[Copy, ...]
    findings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unreached:
    """A layer from the first failing one on; the first one has the `finding`."""

    name: str | None
    type: str
    arguments: tuple[tuple[str, str], ...]
    pointer: str
    path: Path | None
    finding: int | None


@dataclass(frozen=True, slots=True)
class HeadRow:
    """A row of the training settings: loss, optimizer, metrics or target."""

    key: Literal["loss", "target", "optimizer", "metrics"]
    values: tuple[str, ...]
    path: Path
    findings: tuple[int, ...]

    def __str__(self) -> str:
        return ", ".join(self.values)


@dataclass(frozen=True, slots=True)
class DiagramMemory:
    """Bytes, None if unknown; `optimizer` is None without one, `activations` a formula where sizes are unknown."""

    weights: int | None
    gradients: int | None
    optimizer: int | None
    activations: int | str | None


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals over the analyzed layers."""

    layers: int
    params: int | None
    trainable: int | None
    macs: int | str | None
    batch: int
    memory: DiagramMemory


@dataclass(frozen=True, slots=True)
class Diagram:
    """The diagram of one model.

    Attributes:
        entries: Layers and groups, from the input to the output.
        more: The number of omitted entries at the end.
        unreached: The layers from the first failing one on.
        elsewhere: Indices in `findings` of those outside of all boxes.
    """

    name: str | None
    input: DiagramTensor
    input_path: Path
    entries: tuple[DiagramLayer | DiagramGroup, ...]
    more: int
    unreached: tuple[Unreached, ...]
    head: tuple[HeadRow, ...]
    totals: Totals
    findings: tuple[Diagnostic, ...]
    elsewhere: tuple[int, ...]

    def copies(self) -> Iterator[tuple[DiagramGroup | None, Copy]]:
        """The layers that are drawn, each copy with its group; a layer outside of groups is a copy itself."""
        for entry in self.entries:
            if isinstance(entry, DiagramGroup):
                for copy in entry.copies:
                    yield entry, copy
            else:
                yield None, Copy(1, (entry,))

    def layers(self) -> Iterator[DiagramLayer]:
        """The layers that are drawn, equal copies once, without those inside others."""
        for _, copy in self.copies():
            yield from copy.layers

    def worst_severity(self, findings: Iterable[int]) -> str | None:
        """The worst severity of findings, given their indices."""
        severities = {self.findings[index].severity for index in findings}
        return next((severity for severity in SEVERITIES if severity in severities), None)


@dataclass(frozen=True, slots=True)
class DiagramNode:
    """An input of a graph, a call, or an output.

    Attributes:
        name: The name of the input or output, or of the operation that is called.
        layer: The layer that is called; None for an input, an output, or an operation that is not a layer.
        outputs: The tensors that it returns.
        inputs: The nodes whose tensors it receives, by their positions, which are lower than its own.
    """

    kind: Literal["input", "call", "output"]
    name: str
    layer: DiagramLayer | Unreached | None
    outputs: tuple[DiagramTensor, ...]
    inputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GraphDiagram(Diagram):
    """The diagram of a model that is not a stack; `entries` are the layers of its calls.

    Attributes:
        nodes: The inputs, the calls in topological order, and the outputs.
    """

    nodes: tuple[DiagramNode, ...]


def plain(value: object, locate: Callable[[Path], object] = pointer) -> Any:
    """A part of a diagram as JSON data: each `path` becomes a `range`, which `locate` looks up.

    Args:
        value: A description, or a part of one.
        locate: Returns what a client knows a path of the document by.
    """
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is None:
        return [plain(item, locate) for item in value] if isinstance(value, tuple) else value
    out = {}
    for name in fields:
        field = getattr(value, name)
        if name == "path":
            out["range"] = None if field is None else locate(field)
        else:
            out[name] = plain(field, locate)
    return out
