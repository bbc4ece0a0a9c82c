"""Training stage without any epochs.

What it does: Detects a stage of [fit] without any epoch: epochs = 0, or initial_epoch not below epochs.

Why is this bad? Keras returns immediately with an empty history and unchanged weights. epochs is the index of the last
epoch, not the number of additional ones: to continue from epoch 10 for 10 more, set epochs = 20.

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
    epochs = 10
    initial_epoch = 10

Use instead:
    -epochs = 10
    +epochs = 20
     initial_epoch = 10
    +callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain.

References:
    keras.Model.fit, the argument initial_epoch
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule


@rule("SEQ523", "error", graphs="all", tables="fit", arguments=("epochs", "initial_epoch"))
def check(facts: Facts) -> Findings:
    for stage in facts.training.stages:
        if stage.epochs:
            continue
        first, last = stage.fit.initial_epoch, stage.fit.epochs
        written = "initial_epoch" if first else "epochs"
        yield finding(
            fmt("{} is not below {}, so no epoch runs", Setting("initial_epoch", first), Setting("epochs", last))
            if first
            else fmt("{} runs no training", Setting("epochs", last)),
            path=(*stage.path, written),
            label="no epochs",
            help=fmt("epochs counts from 0, not from initial_epoch: set {}", Setting("epochs", first + max(last, 1)))
            if first
            else fmt("set {} or more", Setting("epochs", 1)),
            fix=fix_setting(first + max(last, 1), (*stage.path, "epochs")),
        )
