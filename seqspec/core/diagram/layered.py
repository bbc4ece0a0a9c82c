"""Places boxes of a directed graph in layers, by the method of Sugiyama: ranks, order, coordinates."""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]

_SWEEPS = 12
_BETWEEN_LAYERS = 40
_BELOW = 4
"""The distance of the edges that pass a box from its end."""
_TIP = 10
"""The length of the vertical end of an edge."""
_BETWEEN_BOXES = 28
_BETWEEN_LINES = 16


class Box(NamedTuple):
    """The size of a box: what is left and right of the line through it, and its height, in pixels."""

    left: float
    right: float
    height: float


class GraphPositions(NamedTuple):
    """Where boxes and edges are.

    Attributes:
        boxes: The upper end of the line through each box.
        edges: The corners of each edge.
        width: The width of all.
        height: The height of all.
    """

    boxes: list[Point]
    edges: list[list[Point]]
    width: float
    height: float


def place(boxes: Sequence[Box], edges: Sequence[tuple[int, int]]) -> GraphPositions:
    """The places of boxes, and of edges between them that cross no box.

    Args:
        boxes: The boxes, each after all boxes from which an edge leads to it.
        edges: The boxes at which each edge begins and ends, by their indices.
    """
    return _LayeredGraph(boxes, edges).places()


class _LayeredGraph:
    """Vertices are the boxes, and a point in every layer that an edge passes."""

    def __init__(self, boxes: Sequence[Box], edges: Sequence[tuple[int, int]]) -> None:
        self.boxes = boxes
        ranks = _ranks(len(boxes), edges)
        self.layers: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
        for box, rank in enumerate(ranks):
            self.layers[rank].append(box)
        self.above: list[list[int]] = [[] for _ in boxes]
        self.below: list[list[int]] = [[] for _ in boxes]
        self.paths: list[list[int]] = []
        for start, end in edges:
            path = [start]
            for rank in range(ranks[start] + 1, ranks[end]):
                path.append(len(self.above))
                self.layers[rank].append(path[-1])
                self.above.append([])
                self.below.append([])
            path.append(end)
            for upper, lower in pairwise(path):
                self.below[upper].append(lower)
                self.above[lower].append(upper)
            self.paths.append(path)
        self.x = [0.0] * len(self.above)

    def places(self) -> GraphPositions:
        self._reduce_crossings()
        self._align()
        tops: list[float] = []
        bottom = 0.0
        for layer in self.layers:
            tops.append(bottom)
            bottom += max(self._height(vertex) for vertex in layer) + _BETWEEN_LAYERS
        ends = [top - _BETWEEN_LAYERS + _BELOW for top in (*tops[1:], bottom)]
        rank = {vertex: number for number, layer in enumerate(self.layers) for vertex in layer}
        first = min((self.x[box] - self.boxes[box].left for box in range(len(self.boxes))), default=0.0)
        first = min(first, min(self.x, default=0.0))
        last = max((self.x[box] + self.boxes[box].right for box in range(len(self.boxes))), default=0.0)
        x = [place - first for place in self.x]
        routes: list[list[Point]] = []
        for path in self.paths:
            route: list[Point] = [(x[path[0]], tops[rank[path[0]]] + self._height(path[0]))]
            for upper, lower in pairwise(path):
                tip = _TIP if lower < len(self.boxes) else 0
                route += [(x[upper], ends[rank[upper]]), (x[lower], tops[rank[lower]] - tip)]
            route.append((x[path[-1]], tops[rank[path[-1]]]))
            routes.append(route)
        boxes = [(x[box], tops[rank[box]]) for box in range(len(self.boxes))]
        return GraphPositions(
            boxes, routes, max(last, max(self.x, default=0.0)) - first, max(0.0, bottom - _BETWEEN_LAYERS)
        )

    def _height(self, vertex: int) -> float:
        return self.boxes[vertex].height if vertex < len(self.boxes) else 0

    def _reduce_crossings(self) -> None:
        """Sorts each layer by the mean positions of the neighbours in the one before it, and keeps the best order."""
        best, fewest = self.layers, self._crossings()
        for sweep in range(_SWEEPS):
            if not fewest:
                break
            downwards = sweep % 2 == 0
            layers = [list(layer) for layer in self.layers]
            neighbours = self.above if downwards else self.below
            order = layers if downwards else layers[::-1]
            for fixed, layer in pairwise(order):
                at = {vertex: index for index, vertex in enumerate(fixed)}
                own = {vertex: index for index, vertex in enumerate(layer)}
                mean = {v: _mean([at[n] for n in neighbours[v]], own[v]) for v in layer}
                layer.sort(key=mean.__getitem__)
            self.layers = layers
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = layers, crossings
        self.layers = best

    def _crossings(self) -> int:
        count = 0
        for upper, lower in pairwise(self.layers):
            at = {vertex: index for index, vertex in enumerate(lower)}
            ends: list[int] = []
            for vertex in upper:
                own = sorted(at[neighbour] for neighbour in self.below[vertex])
                count += sum(len(ends) - bisect(ends, end) for end in own)
                for end in own:
                    insort(ends, end)
        return count

    def _align(self) -> None:
        """Moves each vertex towards its neighbours, as far as the others in its layer allow."""
        for layer in self.layers:
            self._spread(layer, [0.0] * len(layer))
        for sweep in range(_SWEEPS):
            downwards = sweep % 2 == 0
            for layer in self.layers if downwards else self.layers[::-1]:
                neighbours = self.above if downwards else self.below
                self._spread(layer, [self._desired(vertex, neighbours[vertex]) for vertex in layer])

    def _desired(self, vertex: int, neighbours: Sequence[int]) -> float:
        """The mean place of the neighbours of the same kind, so that paths of boxes and long edges are straight."""
        is_box = vertex < len(self.boxes)
        alike = [neighbour for neighbour in neighbours if (neighbour < len(self.boxes)) == is_box]
        return _mean([self.x[neighbour] for neighbour in alike or neighbours], self.x[vertex])

    def _spread(self, layer: Sequence[int], desired: Sequence[float]) -> None:
        """The places of a layer with the least squared distances from the desired ones, by isotonic regression."""
        offsets = [0.0]
        for left, right in pairwise(layer):
            offsets.append(offsets[-1] + self._distance(left, right))
        groups: list[tuple[float, float, int]] = []
        for vertex, place, offset in zip(layer, desired, offsets):
            # Boxes stay where they are, and long edges move.
            weight = 1.0 if vertex < len(self.boxes) else 1e-6
            group = (weight * (place - offset), weight, 1)
            while groups and groups[-1][0] / groups[-1][1] >= group[0] / group[1]:
                before = groups.pop()
                group = (before[0] + group[0], before[1] + group[1], before[2] + group[2])
            groups.append(group)
        shifts = [total / weight for total, weight, count in groups for _ in range(count)]
        for vertex, shift, offset in zip(layer, shifts, offsets):
            self.x[vertex] = shift + offset

    def _distance(self, left: int, right: int) -> float:
        count = len(self.boxes)
        if left >= count and right >= count:
            return _BETWEEN_LINES
        after = self.boxes[left].right if left < count else 0
        before = self.boxes[right].left if right < count else 0
        return after + before + _BETWEEN_BOXES


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box: below all boxes before it; one without any is directly above the first after it."""
    ranks = [0] * count
    for start, end in sorted(edges, key=lambda edge: edge[1]):
        ranks[end] = max(ranks[end], ranks[start] + 1)
    targets = {end for _, end in edges}
    for box in range(count):
        after = [ranks[end] for start, end in edges if start == box]
        if box not in targets and after:
            ranks[box] = min(after) - 1
    return ranks


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def corners(route: Sequence[Point]) -> Iterator[Point]:
    """The corners of an edge without those on a straight line."""
    for index, point in enumerate(route):
        inner = 0 < index < len(route) - 1
        if not (inner and route[index - 1][0] == point[0] == route[index + 1][0]):
            yield point
