"""Training without shuffling.

What it does: Detects shuffle = false in a model without recurrent layers.

Why is this bad? Batches are identical in every epoch, and correlations within a batch, such as the same class in sorted
data, bias the updates.

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
    shuffle = false
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Use instead:
    -shuffle = false

Confidence: severity is info: data that is already shuffled loses little.

References:
    NeuraLint, Stack Overflow 55776436; deepmufl, 52566823
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, finding, fmt, remove, rule


@rule("SEQ529", "info", graphs="each", tables="fit", arguments="shuffle")
def check(facts: Facts) -> Findings:
    if any(entry.role == "recurrent" for entry in facts.flat_layers):
        return
    for stage in facts.training.stages:
        if stage.fit.shuffle is False:
            yield finding(
                fmt("{} uses the same batches in every epoch", Setting("shuffle", False)),
                path=(*stage.path, "shuffle"),
                help="remove shuffle: Keras shuffles before each epoch by default",
                fix=TreeFix("shuffle the samples", (remove((*stage.path, "shuffle")),)),
            )
