"""Stateful layer trained on shuffled samples.

What it does: Detects a stateful recurrent layer with shuffled samples, the default in [fit].

Why is this bad? The final state for each sample is the initial state for the sample at the same position of the next
batch. After shuffling, the two are unrelated.

Example:
    seqspec = 1

    [model]
    input = { shape = [20, 4], batch_size = 16 }
    layers = [
      { type = "LSTM", units = 32, stateful = true },
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
    batch_size = 16

Use instead:
     batch_size = 16
    +shuffle = false

Confidence: high.

References:
    Stack Overflow 47241622
    keras.layers.RNN, on states: shuffle = false in fit()
"""

from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Setting,
    TableName,
    TreeFix,
    at_argument,
    finding,
    fmt,
    rule,
    set_value,
)


@rule("SEQ531", "warning", graphs="each", tables="fit", arguments="stateful")
def check(facts: Facts) -> Findings:
    keeper = next((entry for entry in facts.flat_layers if entry.argument("stateful", False)), None)
    if keeper is None:
        return
    for stage in facts.training.stages:
        if stage.fit.shuffle is not False:
            yield finding(
                fmt("{} carries its state from batch to batch, but the samples are shuffled", keeper.type),
                **at_argument(stage.path, stage.fit, "shuffle", otherwise="key"),
                related=[((*keeper.path, "stateful"), "carries its state")],
                help=fmt(
                    "set {} in {}, with samples in sequential order", Setting("shuffle", False), TableName(("fit",))
                ),
                fix=TreeFix("disable shuffling", (set_value((*stage.path, "shuffle"), False),)),
            )
