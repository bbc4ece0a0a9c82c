"""Renders a diagram as Mermaid, for Markdown, and as DOT, for Graphviz."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from seqspec.core.diagnostics.message import shorten
from seqspec.core.diagram.description import Diagram, DiagramLayer, DiagramNode, DiagramTensor, GraphDiagram, Unreached
from seqspec.core.diagram.labels import short
from seqspec.core.output.text import visible

_Kind = Literal["box", "dashed", "end", "more"]
"""A layer, one that is not reached in a stack, an input or output, or the number of further layers."""

_MAX_ARGUMENTS = 60
# Only strokes are colored, so that the diagrams suit light and dark pages.
_STYLES = {"error": "#d0362b", "warning": "#b7791f", "info": "#3a86b4", "frozen": "#2b93bd", "backbone": "#4a74e0"}


def mermaid(diagram: Diagram) -> str:
    """The diagram as a Mermaid flowchart."""
    return "\n".join(_Mermaid(diagram).lines()) + "\n"


def dot(diagram: Diagram, title: str) -> str:
    """The diagram in the DOT language.

    Args:
        diagram: What is drawn.
        title: The label of the graph where the model has no name.
    """
    return "\n".join(_Dot(diagram).lines(diagram.name or title)) + "\n"


class _MarkupGraph:
    """The part that both languages share: the numbers, labels and styles of nodes."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.count = 0
        self.groups = 0
        self.edges: list[tuple[str, str, str]] = []
        self.last: tuple[str, DiagramTensor] | None = None

    def node(self, name: str, title: str, lines: Sequence[str], style: str | None, kind: _Kind = "box") -> str:
        """The declaration of a node."""
        raise NotImplementedError

    def group_start(self, label: str) -> str:
        """The beginning of the group with the number `groups`."""
        raise NotImplementedError

    group_end: ClassVar[str] = ""

    def enter(self, output: DiagramTensor) -> str:
        """The name of the next node, which is connected to the previous one."""
        name = f"n{self.count}"
        self.count += 1
        if self.last is not None:
            self.edges.append((self.last[0], name, str(self.last[1])))
        self.last = (name, output)
        return name

    def text(self, layer: DiagramLayer) -> list[str]:
        cost = [
            f"{short(layer.params)} parameters" if layer.params else "",
            f"{short(layer.macs)} MACs" if layer.macs else "",
        ]
        marks = [layer.kind if layer.kind != "layer" else "", "frozen" if layer.frozen else ""]
        inner = [f"{inner_layer.type} {inner_layer.name}" for inner_layer in layer.layers]
        lines = [
            layer.name,
            shorten(layer.arguments_text(), _MAX_ARGUMENTS),
            ", ".join(inner),
            ", ".join(filter(None, cost)),
            ", ".join(filter(None, marks)),
        ]
        return [*filter(None, lines), *self.found(layer.findings)]

    def found(self, findings: Sequence[int]) -> list[str]:
        return [
            f"{self.diagram.findings[index].severity} {self.diagram.findings[index].code}" for index in findings[:3]
        ]

    def layer(self, name: str, layer: DiagramLayer) -> str:
        worst = self.diagram.worst_severity(layer.all_findings())
        style = worst or ("frozen" if layer.frozen else "backbone" if layer.kind == "backbone" else None)
        return self.node(name, layer.type, self.text(layer), style)

    def unreached(self, name: str, layer: Unreached, kind: _Kind = "box") -> str:
        findings = () if layer.finding is None else (layer.finding,)
        lines = [*filter(None, [layer.name]), *self.found(findings)]
        return self.node(name, layer.type, lines, "error" if findings else "unreached", kind)

    def nodes(self) -> Iterator[str]:
        """The declarations of the nodes."""
        return self.graph(self.diagram.nodes) if isinstance(self.diagram, GraphDiagram) else self.stack()

    def stack(self) -> Iterator[str]:
        diagram = self.diagram
        if diagram.input.shape is not None:
            yield self.node(self.enter(diagram.input), "Input", (), None, "end")
        for group, copy in diagram.copies():
            if group is not None:
                self.groups += 1
                yield self.group_start(group.group + (f" ×{copy.times}" if copy.times > 1 else ""))
            for layer in copy.layers:
                yield ("  " if group else "") + self.layer(self.enter(layer.outputs[0]), layer)
            if group is not None:
                yield self.group_end
        if diagram.more:
            yield self.node(self.enter(DiagramTensor(None, None)), f"{diagram.more:,} more", (), None, "more")
        for unreached in diagram.unreached:
            yield self.unreached(self.enter(DiagramTensor(None, None)), unreached, "dashed")

    def graph(self, nodes: Sequence[DiagramNode]) -> Iterator[str]:
        for index, node in enumerate(nodes):
            name = f"n{index}"
            self.edges += [(f"n{source}", name, " ".join(map(str, nodes[source].outputs))) for source in node.inputs]
            if node.kind != "call":
                yield self.node(name, node.kind.capitalize(), [*filter(None, [node.name])], None, "end")
            elif isinstance(node.layer, DiagramLayer):
                yield self.layer(name, node.layer)
            elif isinstance(node.layer, Unreached):
                yield self.unreached(name, node.layer)
            else:
                yield self.node(name, node.name, (), "unreached" if node.outputs[0].shape is None else None)


class _Mermaid(_MarkupGraph):
    group_end = "  end"

    def __init__(self, diagram: Diagram) -> None:
        super().__init__(diagram)
        self.styled: dict[str, list[str]] = {}
        """The names of nodes by their style."""

    def lines(self) -> Iterator[str]:
        yield "flowchart TD"
        yield from self.nodes()
        for start, end, label in self.edges:
            yield f'  {start} -->|"{_entities(label)}"| {end}'
        for style, names in self.styled.items():
            line = f"stroke:{_STYLES[style]},stroke-width:2px" if style in _STYLES else "stroke-dasharray:4 3"
            yield f"  classDef {style} {line}"
            yield f"  class {','.join(names)} {style}"

    def node(self, name: str, title: str, lines: Sequence[str], style: str | None, kind: _Kind = "box") -> str:
        if style is not None:
            self.styled.setdefault(style, []).append(name)
        heading = _entities(title) if kind in ("end", "more") else f"<b>{_entities(title)}</b>"
        text = "<br/>".join([heading, *map(_entities, lines)])
        return f'  {name}(["{text}"])' if kind == "end" else f'  {name}["{text}"]'

    def group_start(self, label: str) -> str:
        return f'  subgraph g{self.groups}["{_entities(label)}"]'


class _Dot(_MarkupGraph):
    group_end = "  }"

    def lines(self, title: str) -> Iterator[str]:
        yield "digraph model {"
        yield f"  graph [label={_quoted(title)}, labelloc=t, fontname=Helvetica]"
        yield "  node [shape=box, style=rounded, fontname=Helvetica, fontsize=11]"
        yield "  edge [fontname=Courier, fontsize=10]"
        yield from self.nodes()
        for start, end, label in self.edges:
            yield f"  {start} -> {end} [label={_quoted(label)}]"
        yield "}"

    def node(self, name: str, title: str, lines: Sequence[str], style: str | None, kind: _Kind = "box") -> str:
        dashed = ', style="rounded,dashed"' if kind in ("end", "dashed") or style == "unreached" else ""
        color = f', color="{_STYLES[style]}", penwidth=2' if style in _STYLES else ""
        return f"  {name} [label={_quoted(title, *lines)}{dashed}{color}]"

    def group_start(self, label: str) -> str:
        return f"  subgraph cluster_{self.groups} {{ label={_quoted(label)} style=rounded fontname=Helvetica"


def _entities(text: str) -> str:
    """Text for a quoted Mermaid label, with markup characters as entities."""
    return re.sub(r"[^\w \-(),.=×·…/+:]", lambda match: f"#{ord(match[0])};", visible(text))


def _quoted(*lines: str) -> str:
    """A multi-line DOT string."""
    return '"' + "\\n".join(visible(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'
