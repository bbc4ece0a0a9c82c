"""Metric with a probability threshold on logits.

What it does: Detects a metric with a probability threshold on a model that outputs logits.

Why is this bad? A probability of 0.5 is a logit of 0. With a threshold of 0.5, logits between 0 and 0.5 count as
negative, so accuracy, precision and recall are computed at the wrong operating point. AUC clips logits to [0, 1].

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = { type = "BinaryCrossentropy", from_logits = true }
    metrics = ["accuracy"]

Use instead:
    -metrics = ["accuracy"]
    +metrics = [{ type = "BinaryAccuracy", threshold = 0.0 }]

Confidence: certain.

References:
    keras.metrics.BinaryAccuracy, argument threshold; keras.metrics.AUC, argument from_logits
"""

from seqspec.core.linter.rules import Facts, Findings, TreeFix, Value, finding, fmt, rule, set_value


@rule("SEQ344", "warning", graphs="head", losses="binary", arguments="from_logits")
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if head is None or objective is None or "binary" not in objective.traits or not objective.from_logits:
        return
    if head.low >= 0 and head.high <= 1:
        return
    for result in facts.output.metric_results:
        measure, metric = result.measure, result.metric
        if result.step.refused or result.constant:
            continue
        table: dict[str, object] = {"type": metric, **measure.arguments}
        if metric == "BinaryAccuracy" and measure.argument("threshold") in (None, 0.5):
            table["threshold"] = 0.0
        elif "confusion" in result.traits and measure.argument("thresholds") in (None, 0.5):
            table["thresholds"] = 0
        elif metric == "AUC" and not measure.argument("from_logits"):
            table["from_logits"] = True
        elif metric == "BinaryCrossentropy" and not measure.argument("from_logits"):
            table["from_logits"] = True
        else:
            continue
        key = list(table)[-1]
        yield finding(
            fmt("{} expects probabilities, but the model outputs logits", measure.name),
            path=measure.path,
            label="a probability of 0.5 is a logit of 0" if metric != "AUC" else "clips values to [0, 1]",
            related=[(objective.path_of("from_logits"), "outputs logits")],
            help=fmt("use {}", Value({"type": metric, key: table[key]})),
            fix=TreeFix("evaluate logits", (set_value(measure.path, table),)),
        )
