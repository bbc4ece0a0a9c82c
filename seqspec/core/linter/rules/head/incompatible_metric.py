"""Metric that cannot be computed from labels and outputs.

What it does: Detects a metric that cannot be computed from the labels that [target] declares or the loss implies.

Why is this bad? Keras raises an error in the first training step, after all data has been loaded.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 10

    [compile]
    loss = "sparse_categorical_crossentropy"
    metrics = ["top_k_categorical_accuracy"]

Use instead:
    -metrics = ["top_k_categorical_accuracy"]
    +metrics = ["sparse_top_k_categorical_accuracy"]

Confidence: certain with [target]; without it, a warning based on the labels that the loss implies.

References:
    keras.metrics.TopKCategoricalAccuracy, keras.metrics.Precision
"""

from seqspec.core.analysis.training.first_batch import axis_reason, sparse_axis_reason
from seqspec.core.analysis.training.losses_and_metrics import CompiledMetric
from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, finding, fix_setting, fmt, remove, rule, show
from seqspec.core.shapes.tensor import TensorSpec


@rule("SEQ340", "error", graphs="head", tables="compile", arguments=("metrics", "weighted_metrics"))
def check(facts: Facts) -> Findings:
    yield from _arguments(facts)
    for result in facts.output.metric_results:
        if not result.step.refused or facts.output.tensor is None:
            continue
        measure = result.measure
        if "unlabeled" in result.traits:
            yield finding(
                fmt("{} aggregates a single list of values and cannot compare labels with predictions", measure.name),
                path=measure.path,
                label="not usable as a compile metric",
                help="remove it",
            )
            continue
        better = result.better
        yield finding(
            fmt(
                "{} cannot compare outputs of shape {} with {}",
                measure.name,
                show(facts.output.tensor.sample),
                result.labels_are,
            ),
            path=measure.path,
            label="fails in the first training step",
            related=[result.origin],
            help=fmt('use "{}"', better) if better else result.advice,
            severity="error" if result.certain else "warning",
            fix=fix_setting(better, measure.path) if better and not measure.arguments else _without(measure),
        )


def _without(measure: CompiledMetric) -> TreeFix | None:
    """The fix that removes a metric from a list."""
    is_item = isinstance(measure.path[-1], int)
    return TreeFix(fmt("remove {}", measure.name), (remove(measure.path),)) if is_item else None


def _arguments(facts: Facts) -> Findings:
    """Violations for axes that the output does not have, and for a wrong number of label weights."""
    if facts.output.tensor is None:
        return
    labels = facts.output.tensor.sample[0] if facts.output.tensor.rank == 2 else None
    for measure in facts.output.metrics:
        reason = _axis_reason(measure, facts.output.tensor)
        if reason is not None:
            yield finding(
                fmt("{} {}", measure.name, reason),
                path=(*measure.path, "axis"),
                label="fails in the first training step",
                help=fmt("use {}, the last one", Setting("axis", -1)),
            )
        weights = measure.argument("label_weights")
        if weights is not None and isinstance(labels, int) and len(weights) not in (1, labels):
            yield finding(
                fmt(
                    "label_weights of {} has {} values, but the model outputs {} labels",
                    measure.name,
                    len(weights),
                    labels,
                ),
                path=(*measure.path, "label_weights"),
                label="fails in the first training step",
                help="write one weight per label",
            )


def _axis_reason(measure: CompiledMetric, output: TensorSpec) -> str | None:
    """Why the metric cannot be computed along its `axis`; None if it can."""
    axis = measure.argument("axis")
    if "any_axis" in measure.traits:
        return axis_reason(axis, output.dims)
    if "last_axis" in measure.traits:
        return sparse_axis_reason(axis, output)
    if "overlap" in measure.traits and axis not in (None, -1, 0):
        scores = measure.argument("sparse_y_true") is False or measure.argument("sparse_y_pred") is False
        # Keras surprise: they support axis = -1 and axis = 0, but not the last axis as a non-negative index.
        if "one_hot" in measure.traits or scores:
            return fmt("axis must be -1, the only one that Keras supports here, got {}", axis)
    return None
