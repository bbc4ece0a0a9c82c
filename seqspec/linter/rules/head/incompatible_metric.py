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
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule
from seqspec.shapes.dims import show


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    for result in facts.metric_results:
        if not result.step.refused or facts.output is None:
            continue
        measure = result.measure
        if result.metric in ("Mean", "Sum"):
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
            f"{measure.word} cannot compare outputs of shape {show(facts.output.sample)} with {result.labels_are}",
            path=measure.path,
            label="fails in the first training step",
            related=[result.origin],
            help=f'use "{better}"' if better else result.advice,
            severity="error" if result.certain else "warning",
            fix=TreeFix("use the metric for this label encoding", (set_value(measure.path, better),))
            if better and not measure.arguments
            else None,
        )


RULE = Rule(
    code="SEQ340",
    name="incompatible-metric",
    severity="error",
    requires=Requires(tables=("compile",), arguments=("metrics", "weighted_metrics")),
    check=check,
    docs=__doc__,
)
