"""Metric that cannot be computed from labels and outputs.

What it does: finds a metric that cannot be computed from the labels that [target] gives, or that the loss implies.

Why it hurts: Keras raises in the first step of training, after everything was loaded.

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

Instead:
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

Confidence: certain with [target]; without it a warning about what the loss implies.

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
    """Finds what the rule is about."""
    for result in facts.metric_results:
        if not result.step.refused or facts.output is None:
            continue
        measure = result.measure
        if result.metric in ("Mean", "Sum"):
            yield Violation(
                RULE.name,
                f"{measure.word} takes one list of numbers, not labels and predictions",
                path=measure.path,
                label="cannot be a metric of a model",
                help="remove it",
            )
            continue
        better = result.better
        yield Violation(
            RULE.name,
            f"{measure.word} cannot compare outputs of shape {show(facts.output.sample)} with {result.labels_are}",
            path=measure.path,
            label="refused in the first step",
            related=[result.origin],
            help=f'write "{better}"' if better else result.advice,
            severity="error" if result.certain else "warning",
            fix=TreeFix("use the metric for these labels", (set_value(measure.path, better),))
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
