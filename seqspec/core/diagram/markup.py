"""Renders a diagram as Mermaid, for Markdown, and as DOT, for Graphviz."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seqspec.core.diagnostics.quote import shorten
from seqspec.core.diagram.description import Diagram, GraphDiagram, Group, Layer, Tensor, Unreached
from seqspec.core.diagram.display import short
from seqspec.core.diagram.theme import SEVERITIES
from seqspec.core.output.text import visible

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


class _Graph:
    """The part that both languages share: numbers and labels of nodes."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.count = 0
        self.groups = 0
        self.edges: list[tuple[str, str, str]] = []
        self.last: tuple[str, Tensor] | None = None

    def enter(self, output: Tensor) -> str:
        """The name of the next node, which is connected to the previous one."""
        name = f"n{self.count}"
        self.count += 1
        if self.last is not None:
            self.edges.append((self.last[0], name, str(self.last[1])))
        self.last = (name, output)
        return name

    def text(self, layer: Layer) -> list[str]:
        given = ", ".join(f"{key}={value}" for key, value in layer.arguments)
        cost = [
            f"{short(layer.params)} parameters" if layer.params else "",
            f"{short(layer.macs)} MACs" if layer.macs else "",
        ]
        marks = [layer.kind if layer.kind != "layer" else "", "frozen" if layer.frozen else ""]
        inner = [f"{inner_layer.type} {inner_layer.name}" for inner_layer in layer.layers]
        lines = [
            layer.name,
            shorten(given, _MAX_ARGUMENTS),
            ", ".join(inner),
            ", ".join(filter(None, cost)),
            ", ".join(filter(None, marks)),
        ]
        return [*filter(None, lines), *self.found(layer.findings)]

    def found(self, findings: tuple[int, ...]) -> list[str]:
        return [
            f"{self.diagram.findings[index].severity} {self.diagram.findings[index].code}" for index in findings[:3]
        ]

    def style(self, layer: Layer) -> str | None:
        severities = {self.diagram.findings[index].severity for index in _findings(layer)}
        worst = next((severity for severity in SEVERITIES if severity in severities), None)
        return worst or ("frozen" if layer.frozen else "backbone" if layer.kind == "backbone" else None)

    def entries(self) -> Iterator[tuple[Group | None, tuple[Layer, ...], str]]:
        """The layers in sequence, with their group and repetitions."""
        for entry in self.diagram.entries:
            if isinstance(entry, Group):
                for copy in entry.copies:
                    times = f" ×{copy.times}" if copy.times > 1 else ""
                    yield entry, copy.layers, f"{entry.group}{times}"
            else:
                yield None, (entry,), ""

    def nodes(self) -> Iterator[tuple[str, str, list[str], str | None, bool]]:
        """The nodes of a graph: name, title, further lines, style, and whether it is an input or output."""
        nodes = self.diagram.nodes if isinstance(self.diagram, GraphDiagram) else ()
        for index, node in enumerate(nodes):
            self.edges += [
                (f"n{source}", f"n{index}", " ".join(map(str, nodes[source].outputs))) for source in node.inputs
            ]
            if node.kind != "call":
                yield f"n{index}", node.kind.capitalize(), [*filter(None, [node.name])], None, True
            elif isinstance(node.layer, Layer):
                yield f"n{index}", node.layer.type, self.text(node.layer), self.style(node.layer), False
            elif isinstance(node.layer, Unreached):
                style = "error" if node.layer.finding is not None else "unreached"
                yield f"n{index}", node.layer.type, _unreached(self, node.layer), style, False
            else:
                yield f"n{index}", node.name, [], "unreached" if node.outputs[0].shape is None else None, False


class _Mermaid(_Graph):
    def lines(self) -> Iterator[str]:
        yield "flowchart TD"
        styled: dict[str, list[str]] = {}
        for name, title, lines, style, is_end in self.nodes():
            text = "<br/>".join([title if is_end else f"<b>{_entities(title)}</b>", *map(_entities, lines)])
            yield f'  {name}(["{text}"])' if is_end else f'  {name}["{text}"]'
            if style is not None:
                styled.setdefault(style, []).append(name)
        if not isinstance(self.diagram, GraphDiagram):
            yield from self.stack(styled)
        for start, end, label in self.edges:
            yield f'  {start} -->|"{_entities(label)}"| {end}'
        for style, names in styled.items():
            line = f"stroke:{_STYLES[style]},stroke-width:2px" if style in _STYLES else "stroke-dasharray:4 3"
            yield f"  classDef {style} {line}"
            yield f"  class {','.join(names)} {style}"

    def stack(self, styled: dict[str, list[str]]) -> Iterator[str]:
        """The nodes of a stack, whose names are added to those of their styles."""
        diagram = self.diagram
        if diagram.input.shape is not None:
            yield f'  {self.enter(diagram.input)}(["Input"])'
        for group, layers, label in self.entries():
            if group is not None:
                self.groups += 1
                yield f'  subgraph g{self.groups}["{_entities(label)}"]'
            for layer in layers:
                name = self.enter(layer.outputs[0])
                title = "<br/>".join([f"<b>{_entities(layer.type)}</b>", *map(_entities, self.text(layer))])
                yield f'  {"  " if group else ""}{name}["{title}"]'
                if (style := self.style(layer)) is not None:
                    styled.setdefault(style, []).append(name)
            if group is not None:
                yield "  end"
        if diagram.more:
            yield f'  {self.enter(Tensor(None, None))}["{diagram.more:,} more"]'
        for unreached in diagram.unreached:
            name = self.enter(Tensor(None, None))
            title = "<br/>".join([f"<b>{_entities(unreached.type)}</b>", *map(_entities, _unreached(self, unreached))])
            yield f'  {name}["{title}"]'
            styled.setdefault("error" if unreached.finding is not None else "unreached", []).append(name)


class _Dot(_Graph):
    def lines(self, title: str) -> Iterator[str]:
        diagram = self.diagram
        yield "digraph model {"
        yield f"  graph [label={_quoted(title)}, labelloc=t, fontname=Helvetica]"
        yield "  node [shape=box, style=rounded, fontname=Helvetica, fontsize=11]"
        yield "  edge [fontname=Courier, fontsize=10]"
        for name, title, lines, style, is_end in self.nodes():
            dashed = ', style="rounded,dashed"' if is_end or style == "unreached" else ""
            color = f', color="{_STYLES[style]}", penwidth=2' if style in _STYLES else ""
            yield f"  {name} [label={_quoted(title, *lines)}{dashed}{color}]"
        if not isinstance(diagram, GraphDiagram):
            yield from self.stack()
        for start, end, label in self.edges:
            yield f"  {start} -> {end} [label={_quoted(label)}]"
        yield "}"

    def stack(self) -> Iterator[str]:
        """The nodes of a stack."""
        diagram = self.diagram
        if diagram.input.shape is not None:
            yield f'  {self.enter(diagram.input)} [label="Input", style="rounded,dashed"]'
        for group, layers, label in self.entries():
            if group is not None:
                self.groups += 1
                yield f"  subgraph cluster_{self.groups} {{ label={_quoted(label)} style=rounded fontname=Helvetica"
            for layer in layers:
                name = self.enter(layer.outputs[0])
                style = self.style(layer)
                color = f', color="{_STYLES[style]}", penwidth=2' if style is not None else ""
                yield f"  {'  ' if group else ''}{name} [label={_quoted(layer.type, *self.text(layer))}{color}]"
            if group is not None:
                yield "  }"
        if diagram.more:
            yield f"  {self.enter(Tensor(None, None))} [label={_quoted(f'{diagram.more:,} more')}]"
        for unreached in diagram.unreached:
            name = self.enter(Tensor(None, None))
            color = f', color="{_STYLES["error"]}", penwidth=2' if unreached.finding is not None else ""
            unreached_label = _quoted(unreached.type, *_unreached(self, unreached))
            yield f'  {name} [label={unreached_label}, style="rounded,dashed"{color}]'


def _unreached(graph: _Graph, layer: Unreached) -> list[str]:
    return [*filter(None, [layer.name]), *graph.found(() if layer.finding is None else (layer.finding,))]


def _findings(layer: Layer) -> Iterator[int]:
    yield from layer.findings
    for inner in layer.layers:
        yield from _findings(inner)


def _entities(text: str) -> str:
    """Text for a quoted Mermaid label, with markup characters as entities."""
    return re.sub(r"[^\w \-(),.=×·…/+:]", lambda match: f"#{ord(match[0])};", visible(text))


def _quoted(*lines: str) -> str:
    """A multi-line DOT string."""
    return '"' + "\\n".join(visible(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'
