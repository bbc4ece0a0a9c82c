"""Describes the diagram of an analyzed spec; equal copies of layers are drawn once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

from seqspec.core.analysis.data.declared_data import BATCH_SIZE
from seqspec.core.analysis.graph import GraphWalk
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.memory import activation_bytes, activations, gradient_bytes, optimizer_bytes, weight_bytes
from seqspec.core.catalog.layer import Layer as CatalogLayer
from seqspec.core.check.check import Check
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.violation import Path, pointer, value_at
from seqspec.core.diagram.description import (
    Copy,
    Diagram,
    DiagramGroup,
    DiagramLayer,
    DiagramMemory,
    DiagramNode,
    DiagramTensor,
    GraphDiagram,
    HeadRow,
    Totals,
    Unreached,
    Weight,
)
from seqspec.core.diagram.labels import arguments, object_text, object_texts, public
from seqspec.core.shapes.tensor import Size, TensorSpec, total


class DrawnEntry(NamedTuple):
    """A layer, and the entry of the document that it came from.

    Attributes:
        key: What layers of one entry have in common.
        part: What the copies of one layer have in common.
        label: What the entry is called: a block, or a type.
        block: Whether the entry uses a block.
        path: Where the entry is; None where that is another document.
        layer: The layer.
        findings: What was found at the entry itself.
    """

    key: Hashable
    part: Hashable
    label: str
    block: bool
    path: Path | None
    layer: DiagramLayer
    findings: tuple[int, ...]


def group_entries(layers: Sequence[DrawnEntry], fold: bool = True) -> list[DiagramLayer | DiagramGroup]:
    """Layers, and the groups of those that came from one entry.

    Args:
        layers: The layers in their order.
        fold: Whether equal copies are merged.
    """
    out: list[DiagramLayer | DiagramGroup] = []
    for _, run in groupby(layers, key=lambda drawn: drawn.key):
        group = list(run)
        first = group[0]
        if len(group) == 1 and not first.block:
            out.append(first.layer)
            continue
        copies = _merged(_copies(group), fold)
        out.append(
            DiagramGroup(
                group=first.label,
                block=first.block,
                path=first.path,
                times=sum(copy.times for copy in copies),
                copies=tuple(copies),
                findings=first.findings,
            )
        )
    return out


def _copies(group: Iterable[DrawnEntry]) -> list[list[DiagramLayer]]:
    """The layers of a group, cut where its first layer comes again."""
    copies: list[list[DiagramLayer]] = []
    beginning: Hashable = None
    for drawn in group:
        if not copies or drawn.part == beginning:
            beginning = drawn.part
            copies.append([])
        copies[-1].append(drawn.layer)
    return copies


def _merged(copies: Iterable[list[DiagramLayer]], fold: bool) -> list[Copy]:
    out: list[Copy] = []
    for layers in copies:
        if fold and out and _meaning(out[-1].layers) == _meaning(layers):
            out[-1] = replace(out[-1], times=out[-1].times + 1)
        else:
            out.append(Copy(1, tuple(layers)))
    return out


def _meaning(layers: Iterable[DiagramLayer]) -> list[DiagramLayer]:
    return [replace(layer, name="", layers=tuple(_meaning(layer.layers))) for layer in layers]


MAX_LAYERS = 1000
"""The maximum number of entries of a diagram."""

_MAX_WEIGHTS = 40


def diagram(
    check: Check, findings: Sequence[Diagnostic] | None = None, *, fold: bool = True, batch: int | None = None
) -> Diagram:
    """Describes the diagram of a spec; one with errors is described as far as it could be analyzed.

    Args:
        check: The check of the spec.
        findings: The findings to mark; by default those of the report.
        fold: Whether equal copies of blocks and repeated layers are described once.
        batch: The batch size for the memory of activations; by default that of `[fit]`, or that of Keras.
    """
    diagnostics = tuple(check.linted.diagnostics if findings is None else findings)
    return _Describer(check, diagnostics, batch).diagram(fold)


class _Describer:
    def __init__(self, check: Check, findings: tuple[Diagnostic, ...], batch: int | None) -> None:
        self.check = check
        self.findings = findings
        self.file = check.document.file
        stage = next(iter(check.spec.fit), None)
        self.batch: int = batch or getattr(stage, "batch_size", None) or BATCH_SIZE
        self.marked: set[int] = set()
        self.breaking: set[int] = set()
        """The findings of the first failing layer, which do not apply to earlier copies of it."""
        layers = check.layers
        self.kept = {id(layer): kept for layer, kept in zip(layers, activations(layers, self.batch))}

    def diagram(self, fold: bool) -> Diagram:
        report, stack = self.check.linted, self.check.spec.stack
        unreached = self.unreached()
        self.breaking.update(layer.finding for layer in unreached if layer.finding is not None)
        entries = group_entries(list(self.drawn(report.layers)), fold)
        head = tuple(self.head())
        at_input = self.at(("model", "input"))
        self.marked.update(at_input)
        described = Diagram(
            name=stack.name,
            input=_tensor(stack.input),
            input_path=("model", "input"),
            entries=tuple(entries[:MAX_LAYERS]),
            more=max(0, len(entries) - MAX_LAYERS),
            unreached=tuple(unreached[:MAX_LAYERS]),
            head=head,
            totals=self.totals(),
            findings=self.findings,
            elsewhere=tuple(index for index in range(len(self.findings)) if index not in self.marked),
        )
        return described if self.check.graph is None else self.graph(described, self.check.graph)

    def graph(self, described: Diagram, walk: GraphWalk) -> GraphDiagram:
        """The diagram of a graph, given what it has in common with that of a stack."""
        graph, first = walk.graph, len(walk.graph.inputs)
        names = [*graph.input_names, *[""] * first]
        nodes = [DiagramNode("input", names[i], None, (_tensor(spec),), ()) for i, spec in enumerate(graph.inputs)]

        def positions(sources: Iterable[int | None]) -> tuple[int, ...]:
            return tuple(-1 - source if source < 0 else first + source for source in sources if source is not None)

        called: set[Path] = set()
        for call, report, output in zip(graph.calls, walk.by_call, walk.tensors):
            tensors = output if isinstance(output, list) else [output]
            layer: DiagramLayer | Unreached | None = None
            if report is not None:
                layer = self.layer(report, self.kept.get(id(report)))
                if report.path in called:
                    layer = replace(layer, arguments=(("weights", "shared with its first call"),))
                called.add(report.path)
            elif call.layer is not None:
                layer = self.unreached_layer(call.layer)
                layer = layer if layer.type != "?" else replace(layer, type=call.text or "?")
            nodes.append(
                DiagramNode("call", call.text or "?", layer, tuple(map(_tensor, tensors)), positions(call.inputs))
            )
        names = [*graph.output_names, *[""] * len(graph.outputs)]
        for name, source in zip(names, graph.outputs):
            at = positions([source])
            nodes.append(
                DiagramNode("output", name, None, nodes[at[0]].outputs if at else (DiagramTensor(None, None),), at)
            )
        # The other rows are those of one of several outputs.
        head = [row for row in described.head if len(graph.outputs) == 1 or row.key == "optimizer"]
        values = {field.name: getattr(described, field.name) for field in fields(described)}
        values |= {
            "entries": tuple(node.layer for node in nodes if isinstance(node.layer, DiagramLayer)),
            "more": 0,
            "unreached": (),
            "head": tuple(head),
            "totals": replace(described.totals, layers=len(called)),
            "elsewhere": tuple(index for index in range(len(self.findings)) if index not in self.marked),
        }
        return GraphDiagram(**values, nodes=tuple(nodes[:MAX_LAYERS]))

    def drawn(self, layers: Sequence[LayerReport]) -> Iterator[DrawnEntry]:
        result = self.check
        for layer in layers:
            origin = result.expansion.origin(layer.path)
            via = [step for step in origin.via if step.is_block_use]
            last = via[-1] if via else None
            document = last.document if last is not None else origin.document
            entry = last.path if last is not None else origin.path
            in_document = document is result.document
            value = value_at(document.tree, entry) if in_document else None
            block = value.get("use") if isinstance(value, dict) else None
            yield DrawnEntry(
                key=(id(document), entry),
                part=(id(origin.document), origin.path, tuple(step.path for step in via[:-1])),
                label=str(block) if block is not None else layer.type,
                block=last is not None,
                path=entry if in_document else None,
                layer=self.layer(layer, self.kept.get(id(layer))),
                findings=self.at(entry) if in_document and last is not None else (),
            )

    def layer(self, layer: LayerReport, memory: Size | None) -> DiagramLayer:
        origin = self.check.expansion.origin(layer.path)
        in_document = origin.document is self.check.document
        weights = layer.weights
        untrained = memory == 0
        inner = tuple(
            self.layer(inner_layer, 0 if untrained else activation_bytes(inner_layer, self.batch))
            for inner_layer in layer.layers
        )
        # A finding in an inner layer is marked only there.
        deeper = {index for inner_layer in inner for index in inner_layer.all_findings()}
        return DiagramLayer(
            name=layer.name,
            type=layer.type,
            # Inner layers are drawn separately.
            arguments=tuple(
                arguments(layer.layer, [str(inner_layer.path[len(layer.path)]) for inner_layer in layer.layers])
            ),
            pointer=pointer(origin.path),
            path=origin.path if in_document else None,
            file=None if in_document else os.path.basename(origin.document.file or ""),
            input=_tensor(layer.input),
            outputs=tuple(_tensor(output) for output in layer.outputs),
            params=layer.params,
            trainable=layer.trainable_params,
            macs=public(layer.cost),
            memory=public(memory),
            weights=tuple(Weight(w.name, tuple(w.shape), w.dtype, w.trainable) for w in weights[:_MAX_WEIGHTS]),
            more_weights=max(0, len(weights) - _MAX_WEIGHTS),
            layers=inner,
            kind="backbone" if "base_model" in layer.traits else "layer",
            frozen=layer.frozen,
            findings=tuple(
                index
                for index in self.at(origin.path, origin.document.file)
                if index not in deeper and index not in self.breaking
            ),
        )

    def at(self, path: Path, file: str | None = None) -> tuple[int, ...]:
        """The findings at a path or inside it."""
        at = pointer(path)
        indices = tuple(
            index
            for index, diagnostic in enumerate(self.findings)
            if _within(diagnostic, at) and (diagnostic.file or self.file) == (file or self.file)
        )
        self.marked.update(indices)
        return indices

    def unreached(self) -> list[Unreached]:
        """The layers from the first failing one on, whose outputs are unknown."""
        spec = self.check.spec
        if "model" not in spec.written or self.check.graph is not None:
            return []
        rest = [self.unreached_layer(i) for i in range(len(self.check.layers), len(spec.stack.layers))]
        return [*rest[:1], *(replace(layer, finding=None) for layer in rest[1:])]

    def unreached_layer(self, index: int) -> Unreached:
        """A layer whose output is unknown, with the first error at it."""
        spec = self.check.spec
        layer = spec.stack.layers[index] if index < len(spec.stack.layers) else None
        origin = self.check.expansion.origin(("model", "layers", index))
        in_document = origin.document is self.check.document
        written = value_at(self.check.document.tree, origin.path) if in_document else None
        errors = [number for number in self.at(origin.path) if self.findings[number].severity == "error"]
        return Unreached(
            name=layer.name if layer is not None else None,
            type=_type(layer, written),
            arguments=tuple(arguments(layer)),
            pointer=pointer(origin.path),
            path=origin.path if in_document else None,
            finding=errors[0] if errors else None,
        )

    def head(self) -> Iterator[HeadRow]:
        spec = self.check.spec
        compiled, target = spec.compile, spec.target
        if (loss := object_text(compiled.loss)) is not None:
            yield self.row("loss", (loss,), ("compile", "loss"))
        if target is not None:
            classes = getattr(target, "classes", None)
            label = target.kind + (f", {classes} classes" if classes is not None else "")
            yield self.row("target", (label,), ("target",))
        if (optimizer := object_text(compiled.optimizer)) is not None:
            yield self.row("optimizer", (optimizer,), ("compile", "optimizer"))
        if metrics := object_texts(compiled.metrics):
            yield self.row("metrics", tuple(metrics), ("compile", "metrics"))

    def row(self, key: Any, values: tuple[str, ...], path: Path) -> HeadRow:
        return HeadRow(key, values, path, self.at(path))

    def totals(self) -> Totals:
        report, spec = self.check.linted, self.check.spec
        layers = report.layers
        optimizer, name = spec.compile.optimizer, spec.stack.name or "sequential"
        return Totals(
            layers=len(layers),
            params=report.params,
            trainable=report.trainable_params,
            macs=public(total([layer.cost for layer in layers])),
            batch=self.batch,
            memory=DiagramMemory(
                weights=weight_bytes(layers),
                gradients=gradient_bytes(layers),
                optimizer=optimizer_bytes(layers, optimizer, name) if optimizer is not None else None,
                activations=public(total(activations(layers, self.batch))),
            ),
        )


def _within(diagnostic: Diagnostic, at: str) -> bool:
    return diagnostic.pointer == at or diagnostic.pointer.startswith(f"{at}/")


def common_diagram(diagrams: Sequence[Diagram], common_text: Callable[[Sequence[str | None]], str]) -> Diagram:
    """The diagram of a model with undetermined values, given its diagrams for several of them.

    Args:
        diagrams: The diagrams, with the same findings.
        common_text: Returns the text for sizes and arguments that differ, given one for each of the diagrams; None for
            a diagram with other layers.
    """
    # With some values, the layers are followed further than with others.
    ((usual, _),) = Counter(described.totals.layers for described in diagrams).most_common(1)
    kept = [index for index, described in enumerate(diagrams) if described.totals.layers == usual]

    def common(values: Sequence[Any]) -> Any:
        first = values[0]
        if all(value == first for value in values[1:]):
            return first
        if isinstance(first, DiagramTensor):
            shapes = [value.shape for value in values]
            if None in shapes or len(set(map(len, shapes))) > 1:
                return DiagramTensor(None, None)
            return DiagramTensor(tuple(text(sizes) for sizes in zip(*shapes)), first.dtype)
        if isinstance(first, tuple):
            return tuple(map(common, zip(*values))) if len(set(map(len, values))) == 1 else first
        if is_dataclass(first) and not isinstance(first, type) and len(set(map(type, values))) == 1:
            names = [field.name for field in fields(first) if field.name not in ("findings", "finding", "elsewhere")]
            return replace(first, **{name: common([getattr(value, name) for value in values]) for name in names})
        return text(values) if all(isinstance(value, str) for value in values) else None

    def text(values: Sequence[int | str]) -> int | str:
        if len(set(values)) == 1:
            return values[0]
        texts: list[str | None] = [None] * len(diagrams)
        for index, value in zip(kept, values):
            texts[index] = Message(int(value) if str(value).isdecimal() else value)
        return common_text(texts)

    merged: Diagram = common([diagrams[index] for index in kept])
    return merged


def _tensor(spec: TensorSpec | None) -> DiagramTensor:
    if spec is None:
        return DiagramTensor(None, None)
    return DiagramTensor(tuple(size if isinstance(size, int) else str(size) for size in spec.sample), spec.dtype)


def _type(layer: CatalogLayer | None, written: object) -> str:
    if layer is not None:
        return type(layer).__name__
    if isinstance(written, dict):
        written = next((written[key] for key in ("type", "use", "custom") if key in written), None)
    return written if isinstance(written, str) and written else "?"
