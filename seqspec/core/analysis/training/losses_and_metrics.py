"""Metrics and losses on labels and predictions: shapes, broadcasting, and the outcome of each metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from seqspec.core.analysis.head import Head
from seqspec.core.analysis.training.objective import TrainingLoss
from seqspec.core.catalog import losses, metrics
from seqspec.core.catalog.keras_object import KerasObject, given_arguments
from seqspec.core.catalog.objects import CustomUse, Named
from seqspec.core.diagnostics.message import Declared, Setting, SpecOrProgram, TableName, Value, fmt
from seqspec.core.diagnostics.violation import Path
from seqspec.core.language.keys import snake_case
from seqspec.core.shapes.tensor import BATCH, Dim, Shape, Size, TensorSpec, all_known, product, show

if TYPE_CHECKING:
    from seqspec.core.analysis.data.declared_data import Labels


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


_BY_CHOICE = {"binary": "BinaryAccuracy", "sparse": "SparseCategoricalAccuracy", "categorical": "CategoricalAccuracy"}


COUNTING = ("accuracy", "confusion", "f_score", "operating_point")
"""The traits of metrics that count correct classes."""


class CompiledMetric:
    """A metric.

    Attributes:
        metric: The name of the Keras class, `""` if Keras selects an accuracy by the shapes.
        traits: The traits of the class: see `catalog.traits.METRIC_TRAITS`.
        name: Its name in messages.
        path: Its path in the expanded spec.
    """

    def __init__(self, declared: KerasObject | Named, written: object, path: Path) -> None:
        metric_class = declared.stands_for if isinstance(declared, Named) else type(declared)
        self.metric: str = "" if metric_class is None else metric_class.__name__
        self.traits: frozenset[str] = frozenset() if metric_class is None else metric_class.traits
        self.name: str = written if isinstance(written, str) and "(" not in written else self.metric
        self.path = path
        self.arguments: Mapping[str, object] = {} if isinstance(declared, Named) else given_arguments(declared)
        self._class = metric_class
        self._named = isinstance(declared, Named)

    @property
    def counts_classes(self) -> bool:
        """Whether it counts correct classes, as accuracy does."""
        return self.metric in ("AUC", "") or not self.traits.isdisjoint(COUNTING)

    def argument(self, name: str) -> Any:
        """The value of an argument, or its default in Keras."""
        return self.arguments.get(name, None if self._class is None else self._class.default_of(name))

    @property
    def logged(self) -> str:
        """Its name in the logs."""
        if self._named:
            return self.name
        from seqspec.core.language.keys import snake_case

        return self.argument("name") or snake_case(self.metric)

    def selected_class(self, labels: Shape | None, predictions: Shape) -> str:
        """The class; for `"accuracy"` the one that Keras selects, `""` if that depends on unknown labels."""
        if self.metric:
            return self.metric
        if labels is None:
            return "BinaryAccuracy" if predictions[-1:] == (1,) else ""
        return _BY_CHOICE[selected_kind(labels, predictions)]


def find_metrics(declared: Any, written: Any, path: Path) -> list[CompiledMetric]:
    """The built-in metrics of a list, including those in nested lists and tables."""
    if isinstance(declared, list):
        entries: Iterable[tuple[Any, object]] = enumerate(declared)
    elif isinstance(declared, dict):
        entries = declared.items()
    else:
        is_built_in = declared is not None and not isinstance(declared, CustomUse)
        return [CompiledMetric(declared, written, path)] if is_built_in else []
    return [metric for key, entry in entries for metric in find_metrics(entry, written[key], (*path, key))]


def metric_step(measure: CompiledMetric, labels: Shape, predictions: Shape, mask: Shape | None = None) -> LossStep:
    """The outcome for labels and predictions in a metric; shapes start with the batch size."""
    tracker = BroadcastTracker()
    metric = measure.selected_class(labels, predictions)
    try:
        values = _values_of(metric, measure, tracker, labels, predictions)
        if mask is not None and values is not None:
            _weigh(values, mask)
    except IncompatibleShapes:
        return LossStep(refused=True)
    return LossStep(broadcasts=tracker.broadcasts)


def _weigh(values: Shape, mask: Shape) -> None:
    values, mask = align(values, mask)
    values = values[: len(mask)] if len(values) > len(mask) else values
    if len(mask) > len(values):
        raise IncompatibleShapes
    tracker = BroadcastTracker()
    tracker.require_equal(tuple(v for v, m in zip(values, mask) if m != 1), tuple(m for m in mask if m != 1))


def _values_of(metric: str, measure: CompiledMetric, tracker: BroadcastTracker, y: Shape, p: Shape) -> Shape | None:
    """The shape of the values that are averaged over samples; None for a metric with other state."""
    traits = metrics.CLASSES.traits(metric)
    if "unlabeled" in traits:
        raise IncompatibleShapes
    if "aligned" in traits:
        shape = tracker.broadcast(*align(y, p))[:-1]
        return None if metric == "RootMeanSquaredError" else shape
    if metric in ("Accuracy", "BinaryAccuracy"):
        return tracker.broadcast(*align(y, p))
    if "broadcasts" in traits:
        return tracker.broadcast(y, p)[:-1]
    if "equal_shapes" in traits:
        tracker.require_equal(y, p)
        return p[:-1]
    if metric == "SparseCategoricalCrossentropy":
        return sparse(tracker, y, p)
    if "accuracy" in traits:
        return _accuracy(metric, measure, tracker, y, p)
    if "f_score" in traits or metric == "R2Score":
        _table(metric, measure, tracker, y, p)
    elif "overlap" in traits:
        _overlap(metric, measure, tracker, y, p)
    else:
        _counts(metric, measure, tracker, y, p)
    return None


def _accuracy(metric: str, measure: CompiledMetric, tracker: BroadcastTracker, y: Shape, p: Shape) -> Shape:
    if metric == "CategoricalAccuracy":
        y = y[:-1]
        if len(y) == len(p):
            if y[-1] != 1 and isinstance(y[-1], int):
                raise IncompatibleShapes
            y = y[:-1]
        return tracker.broadcast(y, p[:-1])
    if metric == "SparseCategoricalAccuracy":
        if len(y) == len(p) and y[-1] == 1:
            y = y[:-1]
        return tracker.broadcast(y, p[:-1])
    if metric == "TopKCategoricalAccuracy":
        y = y[:-1]
    if not y:
        raise IncompatibleShapes
    if measure.argument("from_sorted_ids"):
        return y
    tracker.require_same_count(y, p[:-1])
    return y


def _table(metric: str, measure: CompiledMetric, tracker: BroadcastTracker, y: Shape, p: Shape) -> None:
    if metric == "R2Score":
        y, p = align(y, p)
    if len(y) != 2 or len(p) != 2:
        raise IncompatibleShapes
    tracker.broadcast(y, p)
    # One sum is kept per column of the predictions.
    if p[1] == 1 and y[1] != 1 and (metric == "R2Score" or measure.argument("average") != "micro"):
        raise IncompatibleShapes


def _overlap(metric: str, measure: CompiledMetric, tracker: BroadcastTracker, y: Shape, p: Shape) -> None:
    if "one_hot" in measure.traits or (metric in ("IoU", "MeanIoU") and not measure.argument("sparse_y_true")):
        y = y[:-1]
    if metric != "BinaryIoU" and not measure.argument("sparse_y_pred"):
        p = p[:-1]
    tracker.require_same_count(y, p, repeats=True)


def _counts(metric: str, measure: CompiledMetric, tracker: BroadcastTracker, y: Shape, p: Shape) -> None:
    rank = len(p)
    p, y = align(p, y)
    top_k, class_id = measure.argument("top_k"), measure.argument("class_id")
    if top_k is not None and isinstance(p[-1], int) and top_k > p[-1]:
        raise IncompatibleShapes
    if class_id is not None:
        if len(p) == 1 or any(isinstance(s[-1], int) and not -s[-1] <= class_id < s[-1] for s in (y, p)):
            raise IncompatibleShapes
        y, p = (*y[:-1], 1), (*p[:-1], 1)
    if measure.argument("multi_label"):
        if rank != 2 or len(y) != 2 or not (y[1] == 1 or may_be_equal(y[1], p[1])):
            raise IncompatibleShapes
        tracker.broadcast(y, p)
        return
    tracker.require_same_count(y, p, repeats="confusion" in metrics.CLASSES.traits(metric))


class MetricResult:
    """A metric in the first step.

    Attributes:
        measure: The metric.
        metric: The name of its class, `""` if Keras selects one by labels that are unknown.
        traits: The traits of its class: see `catalog.traits.METRIC_TRAITS`.
        step: The outcome for labels and outputs.
        outputs: The shape of one output.
        certain: Whether the labels are declared in `[target]` rather than implied by the loss.
    """

    def __init__(
        self,
        measure: CompiledMetric,
        objective: TrainingLoss | None,
        labels: Labels | None,
        output: TensorSpec,
        head: Head | None,
    ) -> None:
        self.measure = measure
        self.outputs: Shape = output.sample
        self._head = head
        self._objective = objective
        self._labels = labels
        self.certain = labels is not None
        self._integer = labels.encoding == "integer" if labels is not None else _is_sparse(objective)
        shape = labels.shape if labels is not None else implied(objective, output.sample)
        self._shape = shape
        batch = None if shape is None else (BATCH, *shape)
        self.metric = measure.selected_class(batch, (BATCH, *output.sample))
        self.traits = metrics.CLASSES.traits(self.metric)
        if batch is not None:
            self.step = metric_step(measure, batch, (BATCH, *output.sample), output.mask)
            if self.metric == "SparseCategoricalCrossentropy" and _out_of_range(measure, labels, output.sample[-1]):
                self.step = LossStep(refused=True)
        else:
            self.step = LossStep(refused="unlabeled" in self.traits)

    @property
    def labels_are(self) -> str:
        """A description of the labels."""
        form = "class indices" if self._integer else "labels"
        return form if self._labels is None else fmt("{} of shape {}", form, show(self._labels.shape))

    @property
    def origin(self) -> tuple[Path, str]:
        """The path that determines the labels, with a description."""
        if self._labels is not None:
            return self._labels.path, Declared("labels")
        form = "class indices" if self._integer else "labels"
        return self._objective.path if self._objective is not None else (), f"expects {form}"

    @property
    def better(self) -> str | None:
        """The name of the equivalent metric for labels in this encoding."""
        if self.metric == "Accuracy":
            return "accuracy"
        name = snake_case(self.metric)
        if name.startswith("sparse_"):
            return None if self._integer else name.removeprefix("sparse_")
        return f"sparse_{name}" if self._integer and f"sparse_{name}" in metrics.NAMES else None

    @property
    def advice(self) -> str:
        """A suggestion if there is no equivalent metric."""
        counts = not self.traits.isdisjoint(("confusion", "f_score")) or self.metric == "AUC"
        if self._integer and counts and self.outputs[-1:] != (1,):
            return 'it expects one-hot labels; for class indices use "accuracy"'
        if self._integer and "distance" in self.traits:
            return 'a class index is not a probability: use "accuracy"'
        if self._shape == () and self.outputs == (1,):
            return fmt(
                "provide labels as a column{}, or remove the metric",
                SpecOrProgram(
                    fmt(", with {} under {}", Setting("shape", [1]), TableName(("target",))),
                    ", such as y.reshape(-1, 1)",
                ),
            )
        return "remove it, or make the model output match the labels"

    @property
    def constant(self) -> tuple[str, str, str | None] | None:
        """Why it is constant, a suggestion, and the name of a metric to replace it; None for other metrics."""
        units = self.outputs[-1] if self.outputs else None
        metric, is_single = self.metric, self.outputs[-1:] == (1,)
        head = self._head
        if metric == "Accuracy":
            return "outputs are never exactly equal to labels", 'use "accuracy"', "accuracy"
        if is_single and metric in ("CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy"):
            return "the argmax of a single output is always 0", 'use "accuracy"', "accuracy"
        if metric in ("TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy") and isinstance(units, int):
            k = self.measure.argument("k")
            if k >= units and not self.measure.argument("from_sorted_ids"):
                return f"the top {k} of {units} classes always contain the label", f"set k below {units}", None
        if is_single and metric == "F1Score" and self.measure.argument("threshold") is None:
            return (
                "without a threshold the argmax of a single output is always positive",
                fmt("use {}", Value({"type": "F1Score", "threshold": 0.5})),
                None,
            )
        if is_single and "correlation" in self.traits and self.measure.argument("axis") == -1:
            return "a last axis of size 1 has no variance", fmt("set {}", Setting("axis", 0)), None
        overlap = "overlap" in self.traits and self.measure.argument("sparse_y_pred")
        if overlap and head is not None and head.low >= 0 and head.high <= 1:
            return "it truncates probabilities to 0", fmt("set {}", Setting("sparse_y_pred", False)), None
        return None


def _out_of_range(measure: CompiledMetric, labels: Labels | None, units: Size) -> bool:
    """Whether some labels are class indices without an output unit."""
    if labels is None or not labels.bounded or not isinstance(units, int):
        return False
    # Continuous values are truncated, so with a range up to 1 almost none becomes class 1.
    limit = units if labels.classes else units + 1
    return measure.argument("ignore_class") is None and (labels.high >= limit or labels.low <= -1)


def _is_sparse(objective: TrainingLoss | None) -> bool:
    return objective is not None and "sparse" in objective.traits


def implied(objective: TrainingLoss | None, outputs: Shape) -> Shape | None:
    """The shape of labels that a loss implies; None if it accepts several."""
    if objective is None:
        return None
    if "sparse" in objective.traits:
        return outputs[:-1]
    return outputs if not objective.traits.isdisjoint(("categorical", "binary")) else None
