"""Computes the layout of a diagram: cards with arrows for small models, rows in columns for large ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagnostics.message import counted
from seqspec.core.diagram.description import (
    Copy,
    Diagram,
    DiagramGroup,
    DiagramLayer,
    DiagramTensor,
    HeadRow,
    Unreached,
)
from seqspec.core.diagram.labels import cut, exact, listed, memory, short, width, wrapped
from seqspec.core.diagram.svg import Placed, Rect, Scene, Shape, Stroke, TextLine

_MARGIN = 20
_GUTTER = 44
LINE = 22
"""Where the line through the model is, from the left of its boxes."""
_MAX_CARDS = 24
"""The maximum number of layers for cards; more are rows."""
_DOT = " · "
"""Between the parts of a line."""
_ARGUMENT_LINE = 15
"""Height of a line of arguments."""
_MAX_ARGUMENT_LINES = 3
_MAX_NOTES = 3
_MAX_ELSEWHERE = 8


@dataclass(frozen=True, slots=True)
class DiagramSizes:
    """Sizes of a kind of picture, in pixels."""

    width: float
    cost: float
    shape: float
    one_line: float
    two_lines: float
    flow: float
    column: float
    """The target height of a column."""


_CARDS = DiagramSizes(width=520, cost=78, shape=0, one_line=36, two_lines=50, flow=22, column=1100)
_ROWS = DiagramSizes(width=680, cost=66, shape=150, one_line=25, two_lines=25, flow=3, column=1300)


@dataclass(frozen=True, slots=True)
class Piece:
    """Shapes at (0, 0), and their height."""

    height: float
    shapes: tuple[Shape, ...]


def totals_line(diagram: Diagram) -> str:
    """The sums in one line."""
    sums = diagram.totals
    frozen = (sums.params or 0) - (sums.trainable or 0)
    trainable = "all trainable" if not frozen else f"{exact(frozen)} non-trainable"
    return (
        f"{counted(sums.layers, 'layer')} · {exact(sums.params)} parameters"
        f"{f' ({trainable})' if sums.params else ''} · {short(sums.macs)} MACs per sample · "
        f"weights {memory(sums.memory.weights)}"
    )


class DiagramLayout:
    """The layout of a diagram: pieces from top to bottom, in columns."""

    forms = (_CARDS, _ROWS)
    """The sizes of a picture with cards, and of one with rows."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        layers = list(diagram.layers())
        self.rows = len(layers) + len(diagram.unreached) > _MAX_CARDS
        self.form = self.forms[self.rows]
        macs = [layer.macs for layer in layers]
        self.explained: set[int] = set()
        self.most_params = max((layer.params or 0 for layer in layers), default=0)
        # Bars are omitted if there are formulas of unknown sizes, which cannot be compared.
        numbers = [size for size in macs if isinstance(size, int)]
        self.most_macs = max(numbers, default=0) if len(numbers) == len(macs) else 0

    def scene(self, title: str) -> Scene:
        """The whole picture."""
        line = totals_line(self.diagram)
        room, height, body = self.body()
        wide = 2 * _MARGIN + room
        lines = listed(line.split(_DOT), room, 12, 3)
        shapes: list[Shape] = [TextLine(_MARGIN, 36, cut(title, room, 18, bold=True), "title")]
        shapes += [TextLine(_MARGIN, 56 + 16 * index, part, "text") for index, part in enumerate(lines)]
        top = 68.0 + 16 * len(lines)
        shapes.append(Placed(_MARGIN, top, tuple(body)))
        bottom = top + height + 6
        for part in self.elsewhere(room):
            shapes.append(Placed(_MARGIN, bottom, part.shapes))
            bottom += part.height
        high = bottom + _MARGIN
        page: list[Shape] = [Rect(0, 0, wide, high, "page")]
        return Scene(wide, high, f"Diagram of {title}", line, page + shapes)

    def body(self) -> tuple[float, float, list[Shape]]:
        """The model: its width, its height, and its shapes."""
        columns = self.columns(list(self.pieces()))
        shapes: list[Shape] = []
        bottom = 0.0
        for index, column in enumerate(columns):
            x = index * (self.form.width + _GUTTER)
            shapes.append(Placed(x, 0, tuple(self.heading())))
            y = 26.0
            for piece in column:
                shapes.append(Placed(x, y, piece.shapes))
                y += piece.height
            if index < len(columns) - 1:
                shapes.append(self.passage(x, y, 18))
                y += 14
            bottom = max(bottom, y)
        return len(columns) * (self.form.width + _GUTTER) - _GUTTER, bottom, shapes

    def columns(self, pieces: Sequence[Piece]) -> list[list[Piece]]:
        """The pieces in columns of about equal height."""
        height = sum(piece.height for piece in pieces)
        aim = height / max(1, ceil(height / self.form.column))
        columns: list[list[Piece]] = [[]]
        filled = 0.0
        for piece in pieces:
            if columns[-1] and filled + piece.height / 2 > aim:
                columns.append([])
                filled = 0
            columns[-1].append(piece)
            filled += piece.height
        return columns

    def heading(self) -> Iterator[Shape]:
        form = self.form
        right = form.width - 12
        if self.rows:
            yield TextLine(10, 12, "layer", "muted")
            yield TextLine(right - 2 * form.cost - 24 - form.shape, 12, "output shape", "muted")
        yield TextLine(right - form.cost - 12, 12, "parameters", "muted", "end")
        yield TextLine(right, 12, "MACs", "muted", "end")

    def passage(self, x: float, y: float, top: float) -> Stroke:
        """The line from the end of a column to the beginning of the next."""
        right = x + self.form.width + _GUTTER / 2
        start = x + LINE
        end = x + self.form.width + _GUTTER + LINE
        points = ((start, y), (start, y + 8), (right, y + 8), (right, top), (end, top), (end, top + 8))
        return Stroke(points, "flow")

    # The content from top to bottom

    def pieces(self) -> Iterator[Piece]:
        diagram = self.diagram
        if diagram.input.shape is not None:
            yield self.input()
        for entry in diagram.entries:
            if isinstance(entry, DiagramGroup):
                yield from self.group(entry)
            else:
                yield self.layer(entry)
        if diagram.more:
            yield self.text(f"… and {diagram.more:,} more")
        for unreached in diagram.unreached:
            yield self.unreached(unreached)
        if not diagram.entries and not diagram.unreached:
            yield self.text("no layers")
        if diagram.head and not diagram.unreached and diagram.entries:
            yield self.head(diagram.head)

    def text(self, text: str) -> Piece:
        return Piece(26, (TextLine(34, 17, text, "muted"),))

    def input(self) -> Piece:
        tensor = self.diagram.input
        return Piece(28 + self.form.flow, (*self.plain_box("Input", [tensor]), *self.arrow(28)))

    def plain_box(self, label: str, tensors: Sequence[DiagramTensor], name: str = "") -> Iterator[Shape]:
        """The box of an input, 28 pixels high."""
        wide = self.form.width
        yield Rect(0, 0, wide, 28, "input", 6)
        yield TextLine(12, 18, cut(label, wide / 2, 13, bold=True), "type")
        x = max(64, 24 + width(cut(label, wide / 2, 13, bold=True), 13, bold=True))
        if name:
            yield TextLine(x, 18, cut(name, wide / 2 - x, 11, mono=True), "name")
            x += width(cut(name, wide / 2 - x, 11, mono=True), 11, mono=True) + 12
        shown = cut(" ".join(map(_typed, tensors)), wide - 16 - x, 11.5, mono=True)
        yield TextLine(x, 18, shown, "shape")

    def layer(self, layer: DiagramLayer, wide: float | None = None, has_tip: bool = True) -> Piece:
        """The box of a layer, and the arrow after it."""
        wide = self.form.width if wide is None else wide
        height, shapes = self.card(layer, wide)
        card = Placed(0, 0, tuple(shapes), _tooltip(layer))
        return Piece(height + self.form.flow, (card, *self.arrow(height, layer, has_tip)))

    def arrow(self, y: float, layer: DiagramLayer | None = None, has_tip: bool = True) -> Iterator[Shape]:
        """The arrow after a box, with its tensor; without its tip, it is the beginning of a line to another box."""
        flow = self.form.flow
        end = y + flow
        yield Stroke(((LINE, y), (LINE, end)), "flow")
        if self.rows:
            return
        if has_tip:
            yield Stroke(((LINE - 4.5, end - 6), (LINE + 4.5, end - 6), (LINE, end)), "arrow", closed=True)
        if layer is not None:
            yield _output_text(layer, 36, y + 14, self.form.width - 60)

    def card(self, layer: DiagramLayer, wide: float) -> tuple[float, list[Shape]]:
        """The box of a layer with its cost, findings and inner layers, and its height."""
        form = self.form
        given = _given(layer)
        if layer.file is not None:
            given = f"{given} (from {layer.file})".strip()
        costs = 2 * form.cost + 12
        left = wide - 24 - costs - 12 - (form.shape + 12 if self.rows else 0)
        lines = [] if self.rows else listed(given.split(_DOT), left, 11.5, _MAX_ARGUMENT_LINES)
        height = (form.two_lines if given else form.one_line) + _ARGUMENT_LINE * max(0, len(lines) - 1)
        shapes: list[Shape] = list(self.title(layer, given, left))
        shapes += [TextLine(12, 37 + _ARGUMENT_LINE * index, line, "muted") for index, line in enumerate(lines) if line]
        right = wide - 12
        shapes += self.cost(right - form.cost - 12, layer.params, self.most_params, "params")
        shapes += self.cost(right, layer.macs, self.most_macs, "macs")
        if self.rows:
            shapes.append(_output_text(layer, right - costs - 12 - form.shape, 16, form.shape))
        height, notes = self.notes(layer.findings, height, wide)
        shapes += notes
        for inner in layer.layers:
            inside, content = self.card(inner, wide - 30)
            shapes.append(Placed(22, height, tuple(content), _tooltip(inner)))
            height += inside + 6
        box = Rect(0, 0, wide, height, self.box(layer), 6)
        return height, [box, *shapes]

    def title(self, layer: DiagramLayer, given: str, room: float) -> Iterator[Shape]:
        baseline = 16 if self.rows else 18 if given else 22
        pills = ["backbone"] * (layer.kind == "backbone") + ["frozen"] * layer.frozen
        taken = sum(width(pill, 10, bold=True) + 18 for pill in pills)
        name = cut(layer.type, room - taken, 13, bold=True)
        yield TextLine(12, baseline, name, "type")
        x = 12 + width(name, 13, bold=True) + 8
        for pill in pills:
            wide = width(pill, 10, bold=True) + 10
            yield Rect(x, baseline - 11, wide, 15, f"pill-{pill}", 7)
            yield TextLine(x + wide / 2, baseline, pill, "pill-text", "middle")
            x += wide + 8
        left = room + 12 - x
        if self.rows:
            # The name comes last, because most names are derived from the type.
            if given and left > 24:
                name = cut(given, left, 11.5)
                yield TextLine(x, baseline, name, "muted")
                x += width(name, 11.5) + 10
            if room + 12 - x > 40:
                yield TextLine(x, baseline, cut(layer.name, room + 12 - x, 11, mono=True), "name")
            return
        if left > 24:
            yield TextLine(x, baseline, cut(layer.name, left, 11, mono=True), "name")

    def cost(self, right: float, size: int | str | None, most: int, kind: str) -> Iterator[Shape]:
        """A number and below it a bar from left to right, its length a fraction of the largest one."""
        wide = self.form.cost
        baseline = 14 if self.rows else 17
        if size == 0:
            yield TextLine(right, baseline + (2 if self.rows else 5), "–", "muted", "end")
            return
        yield TextLine(right, baseline, cut(short(size), wide, 12), "text", "end")
        if isinstance(size, int) and most:
            y, thick = (18, 3) if self.rows else (23, 4)
            yield Rect(right - wide, y, wide, thick, "track", thick / 2)
            yield Rect(right - wide, y, max(2, wide * size / most), thick, kind, thick / 2)

    def box(self, layer: DiagramLayer) -> str:
        worst = self.diagram.worst_severity(layer.findings)
        if worst is not None:
            return f"box-{worst}"
        if layer.frozen:
            return "frozen"
        return "backbone" if layer.kind == "backbone" else "card"

    def notes(self, findings: Sequence[int], y: float, wide: float, least: float = 0) -> tuple[float, list[Shape]]:
        """The findings of a box, below its content, and their end position."""
        shapes: list[Shape] = []
        for index in findings[:_MAX_NOTES]:
            finding = self.diagram.findings[index]
            # A finding in a block is marked at each copy, with its text at the first.
            note = f"{finding.code}, as above" if index in self.explained else finding_line(finding)
            self.explained.add(index)
            lines = wrapped(note, wide - 40, 11.5, 3)
            shapes.append(Rect(12, y + 2, 8, 8, f"dot-{finding.severity}", 4))
            for line in lines:
                shapes.append(TextLine(26, y + 10, line, f"words-{finding.severity}"))
                y += 15
            y += 2
        if len(findings) > _MAX_NOTES:
            shapes.append(TextLine(26, y + 10, f"… and {len(findings) - _MAX_NOTES} more findings", "muted"))
            y += 17
        return y + (3 if findings else least), shapes

    def group(self, group: DiagramGroup) -> Iterator[Piece]:
        """The box of a group; a box that is higher than a column is split between copies."""
        parts = [self.copy(group, number, copy) for number, copy in _numbered(group.copies)]
        taken: list[Piece] = []
        first = True
        for part in parts:
            if taken and sum(box.height for box in taken) + part.height > self.form.column:
                yield self.group_box(group, taken, first)
                taken, first = [], False
            taken.append(part)
        yield self.group_box(group, taken, first)

    def copy(self, group: DiagramGroup, number: int, copy: Copy) -> Piece:
        shapes: list[Shape] = []
        y = 0.0
        if len(group.copies) > 1:
            last = number + copy.times - 1
            label = f"{number} of {group.times}" if copy.times == 1 else f"{number} to {last} of {group.times}"
            shapes.append(TextLine(10, 11, label, "muted"))
            y = 17
        for layer in copy.layers:
            piece = self.layer(layer, self.form.width - 16)
            shapes.append(Placed(0, y, piece.shapes))
            y += piece.height
        return Piece(y, tuple(shapes))

    def group_box(self, group: DiagramGroup, parts: Sequence[Piece], first: bool) -> Piece:
        shapes: list[Shape] = [TextLine(12, 17, cut(group.group, self.form.width - 160, 13, bold=True), "type")]
        x = 12 + width(cut(group.group, self.form.width - 160, 13, bold=True), 13, bold=True) + 8
        if group.times > 1:
            shapes.append(TextLine(x, 17, f"×{group.times}" + ("" if first else " (continued)"), "shape"))
        y, notes = self.notes(group.findings if first else (), 24, self.form.width)
        shapes += notes
        for part in parts:
            shapes.append(Placed(8, y, part.shapes))
            y += part.height
        worst = self.diagram.worst_severity(group.findings) if first else None
        style = "group" if worst is None else f"box-{worst}"
        box = Rect(0, 0, self.form.width, y + 2, style, 9)
        gap = 4 if self.rows else 10
        return Piece(y + 2 + gap, (box, *shapes, Stroke(((LINE, y + 2), (LINE, y + 2 + gap)), "flow")))

    def unreached(self, layer: Unreached) -> Piece:
        findings = () if layer.finding is None else (layer.finding,)
        given = _given(layer)
        wide = self.form.width
        name = cut(layer.type, wide - 24, 13, bold=True)
        x = 20 + width(name, 13, bold=True)
        label = cut(f"{layer.name or ''}  {given}".strip(), max(0, wide - 12 - x), 11, mono=True)
        height, notes = self.notes(findings, 26, wide, 2)
        box = Rect(0, 0, wide, height, "unreached" if not findings else "box-error", 6)
        return Piece(height + 6, (box, TextLine(12, 18, name, "type"), TextLine(x, 18, label, "name"), *notes))

    def head(self, rows: Sequence[HeadRow]) -> Piece:
        shapes: list[Shape] = []
        y = 8.0
        wide = self.form.width
        for row in rows:
            shapes.append(TextLine(12, y + 12, row.key, "muted"))
            shapes.append(TextLine(88, y + 12, cut(str(row), wide - 100, 12), "text"))
            y, notes = self.notes(row.findings, y + 20, wide)
            shapes += notes
        worst = self.diagram.worst_severity([index for row in rows for index in row.findings])
        return Piece(y + 8, (Rect(0, 0, wide, y + 2, "card" if worst is None else f"box-{worst}", 6), *shapes))

    def elsewhere(self, wide: float) -> Iterator[Piece]:
        """Findings outside of all boxes."""
        findings = [self.diagram.findings[index] for index in self.diagram.elsewhere]
        for diagnostic in findings[:_MAX_ELSEWHERE]:
            lines = wrapped(finding_line(diagnostic), wide - 20, 11.5, 3)
            texts = tuple(
                TextLine(14, 11 + 15 * n, line, f"words-{diagnostic.severity}") for n, line in enumerate(lines)
            )
            yield Piece(15 * len(lines) + 4, (Rect(0, 3, 8, 8, f"dot-{diagnostic.severity}", 4), *texts))
        if len(findings) > _MAX_ELSEWHERE:
            yield Piece(18, (TextLine(14, 12, f"… and {len(findings) - _MAX_ELSEWHERE} more findings", "muted"),))


def finding_line(finding: Diagnostic) -> str:
    """One line on a finding: code, line, message."""
    location = f" line {finding.span.line}" if finding.span is not None else ""
    return f"{finding.code}{location}: {finding.statement}"


def _output_text(layer: DiagramLayer, x: float, y: float, room: float) -> TextLine:
    """The output shape, and its dtype where the layer changes it."""
    dtype = layer.outputs[0].dtype
    label = layer.output_text() + (f" {dtype}" if dtype != layer.input.dtype else "")
    return TextLine(x, y, cut(label, room, 11.5, mono=True), "same" if layer.outputs == (layer.input,) else "shape")


def _given(layer: DiagramLayer | Unreached) -> str:
    return _DOT.join(f"{key} {value}" for key, value in layer.arguments)


def _numbered(copies: Sequence[Copy]) -> Iterator[tuple[int, Copy]]:
    number = 1
    for copy in copies:
        yield number, copy
        number += copy.times


def _tooltip(layer: DiagramLayer) -> str:
    lines = [f"{layer.type} {layer.name}", *(f"{key} = {value}" for key, value in layer.arguments)]
    lines.append(f"input {_typed(layer.input)}")
    lines.append(f"output {', '.join(map(_typed, layer.outputs))}")
    frozen = (layer.params or 0) - (layer.trainable or 0)
    lines.append(f"{exact(layer.params)} parameters{f', {exact(frozen)} non-trainable' if frozen else ''}")
    lines.append(f"{exact(layer.macs)} MACs per sample")
    lines += [f"{weight.name} {_shape(weight.shape)} {weight.dtype}" for weight in layer.weights[:8]]
    return "\n".join(lines)


def _typed(tensor: DiagramTensor) -> str:
    return f"{tensor} {tensor.dtype or ''}".rstrip()


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))})"
