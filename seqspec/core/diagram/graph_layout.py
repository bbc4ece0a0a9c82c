"""The layout of a graph: each path without branches is a column of boxes; edges lead from path to path."""

from __future__ import annotations

from collections import Counter

from seqspec.core.diagram.description import Diagram, DiagramLayer, DiagramNode, GraphDiagram, Unreached
from seqspec.core.diagram.layered import Box, corners, place
from seqspec.core.diagram.layout import LINE, DiagramLayout, DiagramSizes, Piece
from seqspec.core.diagram.svg import Placed, Scene, Shape, Stroke

_BOX = 28
"""The height of an input, an output or an operation."""


def layout(diagram: Diagram, title: str) -> Scene:
    """Computes the layout of a diagram.

    Args:
        diagram: What is drawn.
        title: The title if the model has no name.
    """
    return (GraphLayout if isinstance(diagram, GraphDiagram) else DiagramLayout)(diagram).scene(diagram.name or title)


class GraphLayout(DiagramLayout):
    """The layout of the diagram of a graph."""

    forms = (
        DiagramSizes(width=400, cost=60, shape=0, one_line=36, two_lines=50, flow=22, column=0),
        DiagramSizes(width=540, cost=56, shape=124, one_line=25, two_lines=25, flow=3, column=0),
    )

    def __init__(self, diagram: Diagram) -> None:
        super().__init__(diagram)
        self.nodes = diagram.nodes if isinstance(diagram, GraphDiagram) else ()
        self.uses = Counter(source for node in self.nodes for source in node.inputs)

    def body(self) -> tuple[float, float, list[Shape]]:
        """The graph: its width, its height, and its shapes."""
        paths = self._paths()
        pieces = [self._path(path) for path in paths]
        path_of = {node: index for index, path in enumerate(paths) for node in path}
        edges = dict.fromkeys(
            (path_of[source], index) for index, path in enumerate(paths) for source in self.nodes[path[0]].inputs
        )
        boxes = [Box(LINE, self.form.width - LINE, piece.height) for piece in pieces]
        places = place(boxes, list(edges))
        shapes: list[Shape] = []
        top = 26.0
        for piece, (x, y) in zip(pieces, places.boxes):
            shapes.append(Placed(x - LINE, top + y, piece.shapes))
            if not y:
                shapes.append(Placed(x - LINE, 0, tuple(self.heading())))
        for route in places.edges:
            points = tuple((x, top + y) for x, y in corners(route))
            x, y = points[-1]
            shapes.append(Stroke(points, "flow"))
            shapes.append(Stroke(((x - 4.5, y - 6), (x + 4.5, y - 6), (x, y)), "arrow", closed=True))
        bottom = top + places.height
        if self.diagram.head:
            head = self.head(self.diagram.head)
            shapes.append(Placed(0, bottom + 12, head.shapes))
            bottom += 12 + head.height
        return max(places.width, self.form.width), bottom, shapes

    def _paths(self) -> list[list[int]]:
        """The nodes in paths without branches; each path is after those from which edges lead to it."""
        paths: list[list[int]] = []
        path_of: dict[int, list[int]] = {}
        for index, node in enumerate(self.nodes):
            if len(node.inputs) == 1 and self.uses[node.inputs[0]] == 1:
                path = path_of[node.inputs[0]]
            else:
                path = []
                paths.append(path)
            path.append(index)
            path_of[index] = path
        return paths

    def _path(self, path: list[int]) -> Piece:
        height = 0.0
        shapes: list[Shape] = []
        for index in path:
            piece = self._node(self.nodes[index], index == path[-1], self.uses[index] > 0)
            shapes.append(Placed(0, height, piece.shapes))
            height += piece.height
        return Piece(height, tuple(shapes))

    def _node(self, node: DiagramNode, is_last: bool, is_used: bool) -> Piece:
        """The box of a node, and the line after it."""
        flow = self.form.flow
        if isinstance(node.layer, DiagramLayer):
            return self.layer(node.layer, has_tip=not is_last)
        if isinstance(node.layer, Unreached):
            piece = self.unreached(node.layer)
            height = piece.height - 6
            return Piece(height + flow, (*piece.shapes, *self.arrow(height, has_tip=not is_last)))
        is_call = node.kind == "call"
        label, name = (node.name, "") if is_call else (node.kind.capitalize(), node.name)
        box = self.plain_box(label, node.outputs, name)
        if node.kind == "output" or not is_used:
            return Piece(_BOX, tuple(box))
        return Piece(_BOX + flow, (*box, *self.arrow(_BOX, has_tip=not is_last)))
