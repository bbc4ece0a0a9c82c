"""Shape inference for metrics on labels and predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqspec.core.analysis.training.broadcasting import (
    BroadcastTracker,
    IncompatibleShapes,
    LossStep,
    align,
    may_be_equal,
    selected_kind,
    sparse,
)
from seqspec.core.catalog import metrics
from seqspec.core.catalog.keras_object import KerasObject, given_arguments
from seqspec.core.catalog.objects import CustomUse, Named
from seqspec.core.diagnostics.violation import Path
from seqspec.core.shapes.tensor import Shape

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
        from seqspec.core.language.names import snake_case

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
        values = _values(metric, measure, tracker, labels, predictions)
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


def _values(metric: str, measure: CompiledMetric, tracker: BroadcastTracker, y: Shape, p: Shape) -> Shape | None:
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
