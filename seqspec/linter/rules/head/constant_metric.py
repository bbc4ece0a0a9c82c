"""Metric whose value is constant.

What it does: finds a metric that shows the same number whatever the model has learned.

Why it hurts: The largest of one output is always the first, so its class is always right; the 5 strongest of 4 classes
always hold the right one; numbers with fractions never equal a label exactly; over a single column a correlation is 0
divided by 0.

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

Instead:
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

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule
from seqspec.shapes.dims import show


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for result in facts.metric_results:
        if not result.constant or result.step.refused:
            continue
        measure = result.measure
        why, help = result.constant
        yield Violation(
            RULE.name,
            f"{measure.word} shows the same number whatever the model learns: {why}",
            path=measure.path,
            label="constant",
            related=[(facts.layers[-1].path, f"emits {show(result.outputs)}")],
            help=help,
            severity="error" if result.metric == "Accuracy" else "warning",
            fix=TreeFix("use accuracy", (set_value(measure.path, "accuracy"),)) if help == 'write "accuracy"' else None,
        )


RULE = Rule(
    code="SEQ342",
    name="constant-metric",
    severity="warning",
    requires=Requires(tables=("compile",), arguments=("metrics", "weighted_metrics")),
    check=check,
    docs=__doc__,
)
