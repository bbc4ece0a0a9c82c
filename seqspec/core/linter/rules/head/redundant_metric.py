"""Metric that is listed twice or repeats the loss.

What it does: Detects a metric that is named "loss", is listed twice, or only repeats the loss.

Why is this bad? A metric named "loss" overwrites the loss in the logs. If two metrics share a name, the second is
logged with the suffix _1, so a callback may monitor the wrong one. The loss itself is always logged.

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

Use instead:
    -metrics = ["mae", "mae"]
    +metrics = ["mae"]

Confidence: a hint; a warning for the name "loss".

References:
    keras.Model.compile, argument metrics
"""

from seqspec.core.analysis.training.losses_and_metrics import CompiledMetric
from seqspec.core.linter.rules import Facts, Findings, finding, fmt, rule


@rule("SEQ347", "info", graphs="head", tables="compile", arguments=("metrics", "weighted_metrics"))
def check(facts: Facts) -> Findings:
    seen: dict[str, CompiledMetric] = {}
    for result in facts.output.metric_results:
        measure = result.measure
        name = measure.logged
        if name == "loss":
            yield finding(
                'a metric named "loss" overwrites the loss in the logs',
                path=measure.path,
                label="overwrites the loss",
                help="rename it",
                severity="warning",
            )
        elif name in seen and not _watched(facts, name + "_1"):
            yield finding(
                fmt('"{}" is the name of two metrics: the second is logged as "{}_1"', name, name),
                path=measure.path,
                label="second metric",
                related=[(seen[name].path, "first metric")],
                help="remove or rename one of them",
            )
        seen.setdefault(name, measure)


def _watched(facts: Facts, name: str) -> bool:
    callbacks = [callback for stage in facts.fit for callback in stage.callbacks or ()]
    return any(str(getattr(callback, "monitor", "")).removeprefix("val_") == name for callback in callbacks)
