"""Shape inference for losses and metrics: what Keras does with labels and predictions in the first training step.

Shapes start with the batch size, as `BATCH`. It is assumed to differ from all other sizes of the model, since an
accidental equality is not intended. Nothing is claimed about two unknown sizes, which may turn out equal.
"""

from __future__ import annotations

from typing import NamedTuple

from seqspec.analysis.training.objective import Objective
from seqspec.catalog import losses
from seqspec.shapes.dims import BATCH, Dim, Shape, Size


class Refused(Exception):
    """Keras raises an error in the first step."""


class Step(NamedTuple):
    """The outcome for labels and predictions.

    `broadcasts` is true if one of the two was broadcast against the other, so that predictions are compared with labels
    of other samples or positions.
    """

    refused: bool = False
    broadcasts: bool = False


class BroadcastTracker:
    """Tracks shapes through a computation; `broadcasts` becomes true if one is broadcast against the other."""

    def __init__(self) -> None:
        self.broadcasts = False

    def broadcast(self, one: Shape, other: Shape) -> Shape:
        """The result shape of an element-wise operation."""
        if one == other:
            return one
        longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
        missing = len(longer) - len(shorter)
        self.broadcasts = self.broadcasts or (missing > 0 and len(longer) > 0)
        return (*longer[:missing], *map(self._meet, longer[missing:], shorter))

    def _meet(self, one: Size, other: Size) -> Size:
        if same(one, other):
            return one if isinstance(one, int) else other
        if 1 in (one, other):
            self.broadcasts = True
            return other if one == 1 else one
        raise Refused

    def equal(self, one: Shape, other: Shape) -> None:
        """Requires equal shapes."""
        if one != other and (len(one) != len(other) or not all(map(same, one, other))):
            raise Refused

    def elements(self, one: Shape, other: Shape, repeats: bool = False) -> None:
        """Requires the same number of elements; with `repeats`, a single element may be broadcast."""
        if not _as_many(one, other):
            if not repeats or 1 not in (_count(one), _count(other)):
                raise Refused
            self.broadcasts = True

    def weigh(self, values: Shape, weights: Shape) -> None:
        """Multiplies per-sample losses by a mask."""
        values, weights = align(values, weights)
        own = self.broadcasts
        self.broadcast(values, weights)
        self.broadcasts = own


def same(one: Size, other: Size) -> bool:
    """Whether two sizes can be equal."""
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    return one == other or BATCH not in (one, other)


def _count(shape: Shape) -> Size | None:
    total = 1
    for size in shape:
        if not isinstance(size, int):
            return None
        total *= size
    return total


def _as_many(one: Shape, other: Shape) -> bool:
    batches = [BATCH in shape for shape in (one, other)]
    rest = [tuple(size for size in shape if size != BATCH) for shape in (one, other)]
    counts = [_count(shape) for shape in rest]
    return batches[0] == batches[1] and (None in counts or counts[0] == counts[1])


def align(one: Shape, other: Shape) -> tuple[Shape, Shape]:
    """Keras's adjustment if ranks differ by 1: a last axis of size 1 is dropped, or added to rank 1."""
    if len(one) == len(other) + 1 and one[-1] == 1:
        return (one, (*other, 1)) if len(other) == 1 else (one[:-1], other)
    if len(other) == len(one) + 1 and other[-1] == 1:
        return ((*one, 1), other) if len(one) == 1 else (one, other[:-1])
    return one, other


def choose(labels: Shape, predictions: Shape) -> str:
    """Which of `"binary"`, `"sparse"` and `"categorical"` Keras selects for `"accuracy"` and `"crossentropy"`."""
    if predictions[-1] == 1:
        return "binary"
    if len(labels) < len(predictions) or (labels[-1] == 1 and predictions[-1] != 1):
        return "sparse"
    return "categorical"


CROSS_ENTROPY = {
    "binary": "BinaryCrossentropy",
    "sparse": "SparseCategoricalCrossentropy",
    "categorical": "CategoricalCrossentropy",
}
"""The losses that Keras selects for `"crossentropy"`."""


def loss_step(objective: Objective, labels: Shape, predictions: Shape, mask: Shape | None = None) -> Step:
    """The outcome for labels and predictions in a loss.

    Args:
        objective: The loss.
        labels: The shape of a batch of labels, batch size first.
        predictions: The output shape of the model.
        mask: The shape of the mask of the predictions.
    """
    meeting = BroadcastTracker()
    loss = objective.loss or CROSS_ENTROPY[choose(labels, predictions)]
    try:
        values = _values(loss, objective, meeting, *align(labels, predictions))
        if mask is not None and values:
            meeting.weigh(values, mask)
    except Refused:
        return Step(refused=True)
    return Step(broadcasts=meeting.broadcasts)


def _values(loss: str, objective: Objective, meeting: BroadcastTracker, y: Shape, p: Shape) -> Shape:
    """The shape of the unreduced losses; () if they are a scalar."""
    traits = losses.CLASSES.traits(loss)
    if "equal_shapes" in traits:
        meeting.equal(y, p)
        return p[:-1]
    if "broadcasts" in traits:
        return meeting.broadcast(y, p)[:-1]
    if loss == "SparseCategoricalCrossentropy":
        return sparse(meeting, y, p)
    if "overlap" in traits:
        meeting.broadcast(y, p)
        return ()
    if loss == "CategoricalGeneralizedCrossEntropy":
        return meeting.broadcast((*y, p[-1]), p)[:-1]
    if loss == "CTC":
        if (len(y), len(p)) != (2, 3):
            raise Refused
        return p[:1]
    # Circle compares all pairs of samples, with one value per pair.
    if len(p) != 2 or len(y) > 2 or (len(y) == 2 and y[1] != 1 and not isinstance(y[1], Dim)):
        raise Refused
    return p[:1]


def sparse(meeting: BroadcastTracker, y: Shape, p: Shape) -> Shape:
    """The result shape of a loss over class indices."""
    if len(y) == len(p) and y[-1] == 1:
        y = y[:-1]
    meeting.equal(y, p[:-1])
    return y
