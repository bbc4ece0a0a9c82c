"""The places of the boxes of a graph, and of the edges between them."""

import random
from itertools import pairwise

import pytest

from seqspec.core.diagram.layered import Box, place


def overlaps(boxes, places):
    """The pairs of boxes that overlap."""
    rectangles = [(x - box.left, y, x + box.right, y + box.height) for box, (x, y) in zip(boxes, places.boxes)]
    return [
        (one, other)
        for index, one in enumerate(rectangles)
        for other in rectangles[:index]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


def crossed(boxes, places):
    """The points of edges that are inside of boxes."""
    points = [
        (a[0] + (b[0] - a[0]) * step / 50, a[1] + (b[1] - a[1]) * step / 50)
        for route in places.edges
        for a, b in pairwise(route)
        for step in range(51)
    ]
    return [
        (x, y)
        for x, y in points
        for box, (left, top) in zip(boxes, places.boxes)
        if left - box.left + 1 < x < left + box.right - 1 and top + 1 < y < top + box.height - 1
    ]


@pytest.mark.parametrize("seed", range(20))
def test_boxes_do_not_overlap_and_edges_cross_none(seed):
    chance = random.Random(seed)
    count = chance.randint(1, 30)
    boxes = [Box(22, chance.choice([100, 300]), chance.choice([30, 200])) for _ in range(count)]
    edges = sorted({(a, b) for b in range(1, count) for a in chance.sample(range(b), min(b, chance.randint(0, 3)))})
    places = place(boxes, edges)
    assert not overlaps(boxes, places) and not crossed(boxes, places)
    assert all(x >= box.left and x + box.right <= places.width + 1e-6 for box, (x, _) in zip(boxes, places.boxes))
    for (start, end), route in zip(edges, places.edges):
        (x, y), tip = places.boxes[start], places.boxes[end]
        assert route[0] == (x, y + boxes[start].height) and route[-1] == tip
        assert all(upper[1] <= lower[1] for upper, lower in pairwise(route))


def test_a_chain_with_skip_connections_is_straight():
    """As in a residual network: the skips are beside the chain."""
    chain = [(index, index + 1) for index in range(20)]
    skips = [(index, index + 2) for index in range(0, 20, 2)]
    places = place([Box(22, 300, 100)] * 21, [*chain, *skips])
    assert max(x for x, _ in places.boxes) - min(x for x, _ in places.boxes) < 1


def test_parallel_branches_are_side_by_side():
    places = place([Box(22, 100, 50)] * 5, [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)])
    assert len({y for _, y in places.boxes[1:4]}) == 1
    assert places.boxes[0][0] == pytest.approx(places.boxes[2][0]) == pytest.approx(places.boxes[4][0])
    # Without a graph there is nothing to place.
    assert place([], []).boxes == []
