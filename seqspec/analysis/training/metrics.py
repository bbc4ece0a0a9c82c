"""Shape inference for metrics on labels and predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqspec.analysis.training.broadcasting import BroadcastTracker, Refused, Step, align, choose, same, sparse
from seqspec.catalog import metrics
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.objects import Named
from seqspec.diagnostics.violation import Path
from seqspec.shapes.dims import Shape

_BY_CHOICE = {
    "binary": "BinaryAccuracy",
    "sparse": "SparseCategoricalAccuracy",
    "categorical": "CategoricalAccuracy",
}


class CompiledMetric:
    """A metric.

    Attributes:
        metric: The name of the Keras class, `""` if Keras selects an accuracy by the shapes.
        word: Its name in messages.
        path: Its path in the expanded spec.
    """

    def __init__(self, declared: Any, written: Any, path: Path) -> None:
        named = isinstance(declared, Named)
        found = declared.stands_for if named else type(declared)
        self.metric: str = "" if found is None else found.__name__
        self.word: str = written if isinstance(written, str) and "(" not in written else self.metric
        self.path = path
        self.arguments: Mapping[str, Any] = {} if named else given_arguments(declared)
        self._default: Any = found
        self._named = named

    def argument(self, name: str) -> Any:
        """The value of an argument, or its default in Keras."""
        return self.arguments.get(name, None if self._default is None else self._default.default_of(name))

    @property
    def logged(self) -> str:
        """Its name in the logs."""
        if self._named:
            return self.word
        from seqspec.language.names import snake_case

        return self.argument("name") or snake_case(self.metric)

    def chosen(self, labels: Shape | None, predictions: Shape) -> str:
        """The class; for `"accuracy"` the one that Keras selects, `""` if that depends on unknown labels."""
        if self.metric:
            return self.metric
        if labels is None:
            return "BinaryAccuracy" if predictions[-1:] == (1,) else ""
        return _BY_CHOICE[choose(labels, predictions)]


def find_metrics(declared: Any, written: Any, path: Path) -> list[CompiledMetric]:
    """The built-in metrics of a list, including those in nested lists and tables."""
    if isinstance(declared, list):
        entries: Iterable[tuple[Any, Any]] = enumerate(declared)
    elif isinstance(declared, dict):
        entries = declared.items()
    else:
        return [] if declared is None or hasattr(declared, "kind") else [CompiledMetric(declared, written, path)]
    return [found for key, entry in entries for found in find_metrics(entry, written[key], (*path, key))]


def metric_step(measure: CompiledMetric, labels: Shape, predictions: Shape, mask: Shape | None = None) -> Step:
    """The outcome for labels and predictions in a metric; shapes start with the batch size."""
    meeting = BroadcastTracker()
    metric = measure.chosen(labels, predictions)
    try:
        values = _values(metric, measure, meeting, labels, predictions)
        if mask is not None and values is not None:
            _weigh(values, mask)
    except Refused:
        return Step(refused=True)
    return Step(broadcasts=meeting.broadcasts)


def _weigh(values: Shape, mask: Shape) -> None:
    values, mask = align(values, mask)
    values = values[: len(mask)] if len(values) > len(mask) else values
    if len(mask) > len(values):
        raise Refused
    meeting = BroadcastTracker()
    meeting.equal(tuple(v for v, m in zip(values, mask) if m != 1), tuple(m for m in mask if m != 1))


def _values(metric: str, measure: CompiledMetric, meeting: BroadcastTracker, y: Shape, p: Shape) -> Shape | None:
    """The shape of the values that are averaged over samples; None for a metric with other state."""
    traits = metrics.CLASSES.traits(metric)
    if "unlabeled" in traits:
        raise Refused
    if "aligned" in traits:
        shape = meeting.broadcast(*align(y, p))[:-1]
        return None if metric == "RootMeanSquaredError" else shape
    if metric in ("Accuracy", "BinaryAccuracy"):
        return meeting.broadcast(*align(y, p))
    if "broadcasts" in traits:
        return meeting.broadcast(y, p)[:-1]
    if "equal_shapes" in traits:
        meeting.equal(y, p)
        return p[:-1]
    if metric == "SparseCategoricalCrossentropy":
        return sparse(meeting, y, p)
    if "accuracy" in traits:
        return _accuracy(metric, measure, meeting, y, p)
    if "f_score" in traits or metric == "R2Score":
        _table(metric, measure, meeting, y, p)
    elif "overlap" in traits:
        _overlap(metric, measure, meeting, y, p)
    else:
        _counts(metric, measure, meeting, y, p)
    return None


def _accuracy(metric: str, measure: CompiledMetric, meeting: BroadcastTracker, y: Shape, p: Shape) -> Shape:
    if metric == "CategoricalAccuracy":
        y = y[:-1]
        if len(y) == len(p):
            if y[-1] != 1 and isinstance(y[-1], int):
                raise Refused
            y = y[:-1]
        return meeting.broadcast(y, p[:-1])
    if metric == "SparseCategoricalAccuracy":
        if len(y) == len(p) and y[-1] == 1:
            y = y[:-1]
        return meeting.broadcast(y, p[:-1])
    if metric == "TopKCategoricalAccuracy":
        y = y[:-1]
    if not y:
        raise Refused
    if measure.argument("from_sorted_ids"):
        return y
    meeting.elements(y, p[:-1])
    return y


def _table(metric: str, measure: CompiledMetric, meeting: BroadcastTracker, y: Shape, p: Shape) -> None:
    if metric == "R2Score":
        y, p = align(y, p)
    if len(y) != 2 or len(p) != 2:
        raise Refused
    meeting.broadcast(y, p)
    # One sum is kept per column of the predictions.
    if p[1] == 1 and y[1] != 1 and (metric == "R2Score" or measure.argument("average") != "micro"):
        raise Refused


def _overlap(metric: str, measure: CompiledMetric, meeting: BroadcastTracker, y: Shape, p: Shape) -> None:
    if metric.startswith("OneHot") or (metric in ("IoU", "MeanIoU") and not measure.argument("sparse_y_true")):
        y = y[:-1]
    if metric != "BinaryIoU" and not measure.argument("sparse_y_pred"):
        p = p[:-1]
    meeting.elements(y, p, repeats=True)


def _counts(metric: str, measure: CompiledMetric, meeting: BroadcastTracker, y: Shape, p: Shape) -> None:
    rank = len(p)
    p, y = align(p, y)
    top_k, class_id = measure.argument("top_k"), measure.argument("class_id")
    if top_k is not None and isinstance(p[-1], int) and top_k > p[-1]:
        raise Refused
    if class_id is not None:
        if len(p) == 1 or any(isinstance(s[-1], int) and not -s[-1] <= class_id < s[-1] for s in (y, p)):
            raise Refused
        y, p = (*y[:-1], 1), (*p[:-1], 1)
    if measure.argument("multi_label"):
        if rank != 2 or len(y) != 2 or not (y[1] == 1 or same(y[1], p[1])):
            raise Refused
        meeting.broadcast(y, p)
        return
    meeting.elements(y, p, repeats="confusion" in metrics.CLASSES.traits(metric))
