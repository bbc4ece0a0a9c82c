"""Metric that is listed twice or repeats the loss.

What it does: finds a metric that is called "loss", twice the same, or nothing but the loss once more.

Why it hurts: A metric of the name "loss" takes the place of the loss in the logs. Of two with one name, the second is
logged with _1 behind it, so what a callback monitors may be the other. The loss itself is shown anyway.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"
    metrics = ["mae", "mae"]

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"
    metrics = ["mae"]

Confidence: a hint; a warning for the name "loss".

References:
    keras.Model.compile, argument metrics
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.metrics import CompiledMetric
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    seen: dict[str, CompiledMetric] = {}
    for result in facts.metric_results:
        measure = result.measure
        name = measure.logged
        if name == "loss":
            yield Violation(
                RULE.name,
                'a metric called "loss" takes the place of the loss in the logs',
                path=measure.path,
                label="hides the loss",
                help="give it another name",
                severity="warning",
            )
        elif name in seen and not _watched(facts, f"{name}_1"):
            yield Violation(
                RULE.name,
                f'"{name}" stands for two metrics: the second is logged as "{name}_1"',
                path=measure.path,
                label="the second one",
                related=[(seen[name].path, "the first one")],
                help="remove one of them, or give it another name",
            )
        seen.setdefault(name, measure)


def _watched(facts: Facts, name: str) -> bool:
    callbacks = [callback for stage in facts.fit for callback in stage.callbacks or ()]
    return any(str(getattr(callback, "monitor", "")).removeprefix("val_") == name for callback in callbacks)


RULE = Rule(
    code="SEQ347",
    name="redundant-metric",
    severity="info",
    requires=Requires(tables=("compile",), arguments=("metrics", "weighted_metrics")),
    check=check,
    docs=__doc__,
)
