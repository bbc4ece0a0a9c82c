"""Training without validation data.

What it does: Detects training on 500 or more samples without validation data.

Why is this bad? The training loss also decreases if a model merely memorizes its samples. Without validation,
overfitting stays unnoticed, and EarlyStopping and ReduceLROnPlateau have nothing to monitor.

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

    [data.train]
    samples = 6000

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30

Use instead:
     epochs = 30
    +validation_split = 0.2

Confidence: severity is info: a final run on all data is common.

References:
    Goodfellow, Bengio and Courville, Deep Learning, 5.3
    How Real Are They, code VRM: missing validation set
"""

from seqspec.core.analysis.training.stages import ADD_VALIDATION
from seqspec.core.linter.rules import Facts, Findings, TreeFix, finding, fmt, rule, set_value

_ENOUGH = 500


@rule("SEQ540", "info", graphs="all", tables=("data", "fit"), absent="validation")
def check(facts: Facts) -> Findings:
    if any(stage.validates for stage in facts.training.stages) or not facts.training.stages:
        return
    stage = facts.training.stages[-1]
    if (stage.split.total or 0) < _ENOUGH or any(monitor.of_validation for monitor in facts.training.monitors):
        return
    yield finding(
        fmt("none of the {} samples is held out for validation", stage.split.total),
        path=stage.path,
        anchor="key",
        related=[(("data", "train", "samples"), "number of samples")],
        help=ADD_VALIDATION,
        fix=TreeFix("hold out 20%", (set_value((*stage.path, "validation_split"), 0.2),)),
    )
