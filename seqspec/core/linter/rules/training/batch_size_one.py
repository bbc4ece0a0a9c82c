"""Batch size of 1.

What it does: Detects batch_size = 1.

Why is this bad? Each update follows the gradient of a single sample, so the loss oscillates, especially with momentum;
an epoch takes as many steps as there are samples. Batch normalization makes it worse, which another rule reports.

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

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    batch_size = 1
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Use instead:
    -batch_size = 1
    +batch_size = 32

Confidence: severity is info: it works with a small learning rate, and is necessary if samples have different shapes.

References:
    AUTOTRAINER, Oscillating_Loss: batches of 1 with a momentum of 0.9
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, all_known, finding, fix_setting, fmt, rule


@rule("SEQ526", "info", graphs="each", tables="fit", arguments="batch_size")
def check(facts: Facts) -> Findings:
    stages = [stage for stage in facts.training.stages if stage.fit.batch_size == 1]
    if not stages or facts.input is None or not all_known(facts.input.sample):
        return
    if "BatchNormalization" in facts.stack.layer_types:
        return
    for stage in stages:
        if stage.split.train is None or stage.split.train > 1:
            yield finding(
                fmt("{} computes every update from a single sample", Setting("batch_size", 1)),
                path=(*stage.path, "batch_size"),
                help=fmt("set {}", Setting("batch_size", 32)),
                fix=fix_setting(32, (*stage.path, "batch_size")),
            )
