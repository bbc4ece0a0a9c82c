"""Metric that broadcasts labels and outputs against each other.

What it does: finds a metric that compares outputs with labels that are not their own, or in a form that is not theirs.

Why it hurts: Keras computes it without a word: categorical_accuracy takes the largest of a batch of class numbers for
the class, mse repeats a class number for every probability. The number that is shown says nothing.

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
    metrics = ["categorical_accuracy"]

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
    metrics = ["sparse_categorical_accuracy"]

Confidence: certain with [target]; without it, what the loss implies of labels is as sure.

References:
    keras.metrics.CategoricalAccuracy
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
        if not result.step.broadcasts or facts.output is None or result.constant:
            continue
        measure = result.measure
        better = result.better
        yield Violation(
            RULE.name,
            f"{measure.word} compares outputs of shape {show(facts.output.sample)} with {result.labels_are}: "
            "it repeats one to fit the other",
            path=measure.path,
            label="compares what does not belong together",
            related=[result.origin],
            help=f'write "{better}"' if better else result.advice,
            fix=TreeFix("use the metric for these labels", (set_value(measure.path, better),))
            if better and not measure.arguments
            else None,
        )


RULE = Rule(
    code="SEQ341",
    name="broadcast-metric",
    severity="warning",
    requires=Requires(tables=("compile",), arguments=("metrics", "weighted_metrics")),
    check=check,
    docs=__doc__,
)
