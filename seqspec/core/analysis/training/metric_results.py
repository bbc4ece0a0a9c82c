"""The outcome of each metric for the labels of `[target]`, or those that the loss implies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqspec.core.analysis.head import Head
from seqspec.core.analysis.training.broadcasting import LossStep
from seqspec.core.analysis.training.metrics import CompiledMetric, metric_step
from seqspec.core.analysis.training.objective import TrainingLoss
from seqspec.core.catalog import metrics
from seqspec.core.diagnostics.message import Declared, fmt
from seqspec.core.diagnostics.snippet import Setting, SpecOrProgram, TableName, Value
from seqspec.core.diagnostics.violation import Path
from seqspec.core.language.names import snake_case
from seqspec.core.shapes.tensor import BATCH, Shape, Size, TensorSpec, show

if TYPE_CHECKING:
    from seqspec.core.analysis.data.labels import Labels


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
