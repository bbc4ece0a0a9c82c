"""Shape inference for losses and metrics: what Keras does with labels and predictions in the first training step.

Shapes start with the batch size, as `BATCH`. It is assumed to differ from all other sizes of the model, since an
accidental equality is not intended. Nothing is claimed about two unknown sizes, which may turn out equal.
"""

from __future__ import annotations

from typing import NamedTuple

from seqspec.core.analysis.training.objective import TrainingLoss
from seqspec.core.catalog import losses
from seqspec.core.shapes.tensor import BATCH, Dim, Shape, Size, all_known, product


class IncompatibleShapes(Exception):
    """Keras raises an error in the first step."""


class LossStep(NamedTuple):
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

    def broadcast(self, first: Shape, second: Shape) -> Shape:
        """The result shape of an element-wise operation."""
        if first == second:
            return first
        longer, shorter = (first, second) if len(first) >= len(second) else (second, first)
        missing = len(longer) - len(shorter)
        self.broadcasts = self.broadcasts or (missing > 0 and len(longer) > 0)
        return (*longer[:missing], *map(self._broadcast_size, longer[missing:], shorter))

    def _broadcast_size(self, first: Size, second: Size) -> Size:
        if may_be_equal(first, second):
            return first if isinstance(first, int) else second
        if 1 in (first, second):
            self.broadcasts = True
            return second if first == 1 else first
        raise IncompatibleShapes

    def require_equal(self, first: Shape, second: Shape) -> None:
        """Requires equal shapes."""
        if first != second and (len(first) != len(second) or not all(map(may_be_equal, first, second))):
            raise IncompatibleShapes

    def require_same_count(self, first: Shape, second: Shape, repeats: bool = False) -> None:
        """Requires the same number of elements; with `repeats`, a single element may be broadcast."""
        if not _same_element_count(first, second):
            if not repeats or 1 not in (product(first), product(second)):
                raise IncompatibleShapes
            self.broadcasts = True

    def apply_mask(self, values: Shape, weights: Shape) -> None:
        """Multiplies per-sample losses by a mask."""
        values, weights = align(values, weights)
        broadcasts = self.broadcasts
        self.broadcast(values, weights)
        self.broadcasts = broadcasts


def may_be_equal(first: Size, second: Size) -> bool:
    """Whether two sizes can be equal."""
    if isinstance(first, int) and isinstance(second, int):
        return first == second
    return first == second or BATCH not in (first, second)


def _same_element_count(first: Shape, second: Shape) -> bool:
    batches = [BATCH in shape for shape in (first, second)]
    rest = [tuple(size for size in shape if size != BATCH) for shape in (first, second)]
    counts = [product(shape) if all_known(shape) else None for shape in rest]
    return batches[0] == batches[1] and (None in counts or counts[0] == counts[1])


def align(first: Shape, second: Shape) -> tuple[Shape, Shape]:
    """Keras's adjustment if ranks differ by 1: a last axis of size 1 is dropped, or added to rank 1."""
    if len(first) == len(second) + 1 and first[-1] == 1:
        return (first, (*second, 1)) if len(second) == 1 else (first[:-1], second)
    if len(second) == len(first) + 1 and second[-1] == 1:
        return ((*first, 1), second) if len(first) == 1 else (first, second[:-1])
    return first, second


def selected_kind(labels: Shape, predictions: Shape) -> str:
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


def loss_step(objective: TrainingLoss, labels: Shape, predictions: Shape, mask: Shape | None = None) -> LossStep:
    """The outcome for labels and predictions in a loss.

    Args:
        objective: The loss.
        labels: The shape of a batch of labels, batch size first.
        predictions: The output shape of the model.
        mask: The shape of the mask of the predictions.
    """
    tracker = BroadcastTracker()
    loss = objective.loss or CROSS_ENTROPY[selected_kind(labels, predictions)]
    try:
        values = _values(loss, objective, tracker, *align(labels, predictions))
        if mask is not None and values:
            tracker.apply_mask(values, mask)
    except IncompatibleShapes:
        return LossStep(refused=True)
    return LossStep(broadcasts=tracker.broadcasts)


def _values(loss: str, objective: TrainingLoss, tracker: BroadcastTracker, y: Shape, p: Shape) -> Shape:
    """The shape of the unreduced losses; () if they are a scalar."""
    traits = losses.CLASSES.traits(loss)
    if "equal_shapes" in traits:
        tracker.require_equal(y, p)
        return p[:-1]
    if "broadcasts" in traits:
        return tracker.broadcast(y, p)[:-1]
    if loss == "SparseCategoricalCrossentropy":
        return sparse(tracker, y, p)
    if "overlap" in traits:
        tracker.broadcast(y, p)
        return ()
    if loss == "CategoricalGeneralizedCrossEntropy":
        return tracker.broadcast((*y, p[-1]), p)[:-1]
    if loss == "CTC":
        if (len(y), len(p)) != (2, 3):
            raise IncompatibleShapes
        return p[:1]
    # Circle compares all pairs of samples, with one value per pair.
    if len(p) != 2 or len(y) > 2 or (len(y) == 2 and y[1] != 1 and not isinstance(y[1], Dim)):
        raise IncompatibleShapes
    return p[:1]


def sparse(tracker: BroadcastTracker, y: Shape, p: Shape) -> Shape:
    """The result shape of a loss over class indices."""
    if len(y) == len(p) and y[-1] == 1:
        y = y[:-1]
    tracker.require_equal(y, p[:-1])
    return y
