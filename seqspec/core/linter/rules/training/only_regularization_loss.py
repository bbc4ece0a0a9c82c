"""Training on regularization losses alone.

What it does: Detects [fit] with no loss in [compile] but with regularizers on layers.

Why is this bad? Keras minimizes the regularization losses, so training shrinks all weights and learns nothing from the
data. Without regularizers Keras raises an error, which another rule reports.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, kernel_regularizer = "l2(1e-4)", activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    metrics = ["accuracy"]

    [fit]
    epochs = 30

Use instead:
     optimizer = { type = "Adam", learning_rate = 1e-3 }
    +loss = "binary_crossentropy"

     epochs = 30
    +callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain.

References:
    keras.Model.compute_loss: the losses of layers are added to that of compile
"""

from seqspec.core.analysis.layers.arguments import first_penalty
from seqspec.core.linter.rules import Facts, Findings, Setting, TableName, finding, fmt, rule


@rule("SEQ524", "warning", graphs="each", tables=("fit", "compile"), absent="loss")
def check(facts: Facts) -> Findings:
    if (
        "fit" not in facts.tables
        or not facts.has("compile")
        or facts.compile.loss is not None
        or facts.spec.tree.get("custom")
    ):
        return
    penalty = first_penalty(facts.layers)
    if penalty is not None:
        yield finding(
            fmt("{} has no loss, so training only minimizes regularization losses", TableName(("compile",))),
            path=("compile",),
            anchor="key",
            label="missing loss",
            related=[(penalty, "regularization loss")],
            help=fmt("add a loss, such as {}", Setting("loss", "mse")),
        )
