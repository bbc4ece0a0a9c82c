"""`validation_split` together with a validation dataset.

What it does: Detects validation_split together with a separate validation set.

Why is this bad? Keras uses the validation set and ignores validation_split, so no samples are held out.

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
    validation_split = 0.2
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Use instead:
    -validation_split = 0.2

Confidence: certain.

References:
    keras.Model.fit: validation_data goes before validation_split
"""

from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Message,
    SpecOrProgram,
    TableName,
    TreeFix,
    finding,
    fmt,
    remove,
    rule,
)


@rule("SEQ542", "warning", graphs="all", tables=("fit", "data"), arguments="validation_split")
def check(facts: Facts) -> Findings:
    for stage in facts.training.stages:
        if stage.separate and stage.fit.validation_split > 0:
            yield finding(
                fmt(
                    "validation_split has no effect, since {}{} a separate set",
                    TableName(("data", "validation")),
                    SpecOrProgram(Message(" declares"), " is"),
                ),
                path=(*stage.path, "validation_split"),
                related=[(("data", "validation"), "validation set")],
                help="remove validation_split",
                fix=TreeFix("remove validation_split", (remove((*stage.path, "validation_split")),), safe=True),
            )
