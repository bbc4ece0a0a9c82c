"""Training without an optimizer.

What it does: Detects [fit] with optimizer = "none" in [compile].

Why is this bad? Keras compiles such a model, since it can be evaluated, and raises AttributeError in the first training
step.

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
    optimizer = "none"
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30

Use instead:
    -optimizer = "none"
    +optimizer = { type = "Adam", learning_rate = 1e-3 }

     epochs = 30
    +callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain.

References:
    keras.Model.compile, keras.Model.train_step
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, TableName, finding, fix_setting, fmt, rule


@rule("SEQ521", "error", graphs="all", tables=("fit", "compile"), absent="optimizer")
def check(facts: Facts) -> Findings:
    if "fit" in facts.tables and facts.has("compile") and facts.compile.optimizer is None:
        yield finding(
            fmt(
                "{} needs an optimizer, but {} sets {}",
                TableName(("fit",)),
                TableName(("compile",)),
                Setting("optimizer", None),
            ),
            path=("compile", "optimizer"),
            help=fmt("set {}", Setting("optimizer", "adam")),
            related=[(facts.stage_path(0), "trained here")],
            fix=fix_setting("adam", ("compile", "optimizer")),
        )
