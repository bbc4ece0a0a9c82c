"""Rare classes without class weights or a suitable metric.

What it does: Detects strongly imbalanced classes (`class_counts` in `[target]`) that are trained without `class_weight`
or a suitable loss and evaluated by accuracy alone; and classes without samples.

Why is this bad? A model that always predicts the majority class has a high accuracy and is the first solution that
training finds. Accuracy does not reveal it.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"
    class_counts = [9500, 500]

    [compile]
    optimizer = "adam"
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 20

    [data.validation]

Use instead:
    -metrics = ["accuracy"]
    +metrics = ["accuracy", "AUC"]

     epochs = 20
    +class_weight = { 0 = 0.53, 1 = 10.0 }

Confidence: a warning from a ratio of 10, info from 4.

References:
    TheDeepChecker, unbalanced labels (Ben Braiek and Khomh, 2022)
    keras.io, Imbalanced classification: credit card fraud detection
"""

from seqspec.core.analysis.data.declared_data import counts_of, imbalance, watches_rare_classes
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Setting,
    TableName,
    TreeFix,
    Verbatim,
    finding,
    fmt,
    rule,
    set_value,
)

_WARNING_RATIO, _INFO_RATIO = 10, 4


@rule("SEQ608", "warning", graphs="all", tables="fit", arguments="class_counts")
def check(facts: Facts) -> Findings:
    counts = counts_of(facts.target)
    if not counts or "fit" not in facts.tables:
        return
    path = ("target", "class_counts")
    if min(counts) == 0:
        yield finding(
            fmt("class {} has no training samples", counts.index(0)),
            path=path,
            label=fmt("{} of {} classes are empty", len([count for count in counts if count == 0]), len(counts)),
            help="remove the class or collect samples of it",
        )
        return
    ratio = imbalance(facts.target)
    if (
        ratio is None
        or ratio < _INFO_RATIO
        or any(stage.class_weight for stage in facts.fit)
        or watches_rare_classes(facts.compile)
    ):
        return
    large, small = max(counts), min(counts)
    weights = {str(number): float(f"{sum(counts) / len(counts) / count:.3g}") for number, count in enumerate(counts)}
    shown: dict[object, object] = {number: Verbatim(f"{weight}") for number, weight in list(weights.items())[:4]}
    if len(weights) > 4:
        shown[...] = ...
    # Only training from a source counts the classes.
    counts_classes = facts.data.has_training_source
    value = "balanced" if counts_classes else weights
    share = large / sum(counts)
    yield finding(
        fmt(
            "{} samples of class {} but only {} of class {}: always predicting {} reaches an accuracy of {:.0%}",
            large,
            counts.index(large),
            small,
            counts.index(small),
            counts.index(large),
            share,
        ),
        path=path,
        severity="warning" if ratio >= _WARNING_RATIO else "info",
        label=fmt("imbalance ratio {:.3g}", ratio),
        help=fmt(
            "set {} in {}, or add a metric such as AUC",
            Setting("class_weight", value if counts_classes else shown),
            TableName(("fit",)),
        ),
        fix=TreeFix(
            "add class weights",
            (set_value((*facts.stage_path(0), "class_weight"), value),),
        ),
    )
