"""Metric whose value is constant.

What it does: Detects a metric that reports the same value regardless of what the model has learned.

Why is this bad? The argmax of one output is always 0, so its class is always correct; the top 5 of 4 classes always
contain the correct one; continuous outputs are never exactly equal to a label; and over a single column a correlation
is 0/0.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"
    metrics = [{ type = "Accuracy" }]

Use instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"
    metrics = ["accuracy"]

Confidence: certain, by arithmetic; an error for exact equality, which is always 0.

References:
    keras.metrics.Accuracy, keras.metrics.CategoricalAccuracy, keras.metrics.TopKCategoricalAccuracy
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.tree_fix import assign
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule
from seqspec.core.shapes.dims import show


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    for result in facts.metric_results:
        if not result.constant or result.step.refused:
            continue
        measure = result.measure
        why, help, replacement = result.constant
        yield Violation(
            RULE.name,
            Message(measure.name, " is constant, whatever the model learns: ", why),
            path=measure.path,
            label="constant",
            related=[(facts.output_layers[-1].path, Message("outputs ", show(result.outputs)))],
            help=help,
            severity="error" if result.metric == "Accuracy" else "warning",
            fix=assign(replacement, measure.path) if replacement is not None else None,
        )


RULE = Rule(
    code="SEQ342",
    name="constant-metric",
    severity="warning",
    requires=Requires(tables=("compile",), arguments=("metrics", "weighted_metrics")),
    check=check,
    docs=__doc__,
)
