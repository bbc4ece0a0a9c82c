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
    metrics = ["sparse_top_k_categorical_accuracy"]

Confidence: certain with [target]; without it, a warning based on the labels that the loss implies.

References:
    keras.metrics.TopKCategoricalAccuracy, keras.metrics.Precision
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.training.metrics import find_metrics
from seqspec.diagnostics.message import Message
from seqspec.diagnostics.snippet import Help, Setting
from seqspec.diagnostics.tree_fix import assign
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule
from seqspec.shapes.dims import show

_WITH_AXIS = frozenset({"PearsonCorrelation", "ConcordanceCorrelation", "CategoricalCrossentropy", "CosineSimilarity"})
_LAST_AXIS = frozenset({"OneHotIoU", "OneHotMeanIoU"})
"""Keras surprise: they compute along -1, and along 0, but not along the last axis by its number."""


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    yield from _arguments(facts)
    for result in facts.metric_results:
        if not result.step.refused or facts.output is None:
            continue
        measure = result.measure
        if "unlabeled" in result.traits:
            yield Violation(
                RULE.name,
                f"{measure.word} aggregates a single list of values and cannot compare labels with predictions",
                path=measure.path,
                label="not usable as a compile metric",
                help="remove it",
            )
            continue
        better = result.better
        yield Violation(
            RULE.name,
            Message(
                measure.word,
                " cannot compare outputs of shape ",
                show(facts.output.sample),
                " with ",
                result.labels_are,
            ),
            path=measure.path,
            label="fails in the first training step",
            related=[result.origin],
            help=f'use "{better}"' if better else result.advice,
            severity="error" if result.certain else "warning",
            fix=assign(better, measure.path) if better and not measure.arguments else None,
        )


def _arguments(facts: Facts) -> Iterator[Violation]:
    """Axes that the output does not have, and weights for another number of labels."""
    from seqspec.analysis.training import first_batch

    if facts.compile is None or facts.output is None:
        return
    labels = facts.output.sample[0] if facts.output.rank == 2 else None
    written = facts.spec.tree["compile"]
    for key in ("metrics", "weighted_metrics"):
        for measure in find_metrics(getattr(facts.compile, key), written.get(key), ("compile", key)):
            axis = measure.argument("axis")
            scores = measure.argument("sparse_y_true") is False or measure.argument("sparse_y_pred") is False
            if measure.metric in _WITH_AXIS:
                reason = first_batch.axis_reason(axis, facts.output.dims)
            elif measure.metric == "SparseCategoricalCrossentropy":
                reason = first_batch.sparse_axis_reason(axis, facts.output)
            else:
                known = not (measure.metric in _LAST_AXIS or scores) or axis in (-1, 0)
                reason = None if known else f"axis must be -1, the only one that Keras supports here, got {axis}"
            if reason is not None:
                yield Violation(
                    RULE.name,
                    f"{measure.word} {reason}",
                    path=(*measure.path, "axis"),
                    label="fails in the first training step",
                    help=Help("use ", Setting("axis", -1), ", the last one"),
                )
            weights = measure.argument("label_weights")
            if weights is not None and isinstance(labels, int) and len(weights) not in (1, labels):
                yield Violation(
                    RULE.name,
                    f"label_weights of {measure.word} has {len(weights)} values, but the model outputs {labels} labels",
                    path=(*measure.path, "label_weights"),
                    label="fails in the first training step",
                    help="write one weight per label",
                )


RULE = Rule(
    code="SEQ340",
    name="incompatible-metric",
    severity="error",
    requires=Requires(tables=("compile",), arguments=("metrics", "weighted_metrics")),
    check=check,
    docs=__doc__,
)
