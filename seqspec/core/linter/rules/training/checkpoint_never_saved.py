"""Checkpoint that is never saved.

What it does: Detects an integer save_freq of ModelCheckpoint that is larger than the number of batches in training, or
not positive.

Why is this bad? With more batches than training has, no checkpoint is ever saved; with zero or a negative number Keras
saves after every batch. save_freq counts batches, not epochs or samples.

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
    samples = 6400

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 20
    callbacks = [{ type = "ModelCheckpoint", filepath = "{epoch}.keras", save_freq = 10000 }]

Use instead:
    -callbacks = [{ type = "ModelCheckpoint", filepath = "{epoch}.keras", save_freq = 10000 }]
    +callbacks = [{ type = "ModelCheckpoint", filepath = "{epoch}.keras", save_freq = 1000 }]

Confidence: certain, given the declared samples and epochs.

References:
    keras.callbacks.ModelCheckpoint, the argument save_freq
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fmt, rule


@rule("SEQ561", "warning", graphs="settings", callbacks="ModelCheckpoint")
def check(facts: Facts) -> Findings:
    for stage in facts.training.stages:
        for index, callback in enumerate(stage.callbacks):
            freq = callback.save_freq if type(callback).__name__ == "ModelCheckpoint" else "epoch"
            if not isinstance(freq, int) or not stage.epochs:
                continue
            path = (*stage.callback_path(index), "save_freq")
            if freq <= 0:
                yield finding(
                    fmt("{} saves after every batch", Setting("save_freq", freq)),
                    path=path,
                    help=fmt("set {}", Setting("save_freq", "epoch")),
                )
            elif stage.updates is not None and freq > stage.updates:
                yield finding(
                    fmt(
                        "{} exceeds the {} batches of training: no checkpoint is saved",
                        Setting("save_freq", freq),
                        stage.updates,
                    ),
                    path=path,
                    label="counts batches",
                    help=fmt("set {}", Setting("save_freq", "epoch")),
                )
