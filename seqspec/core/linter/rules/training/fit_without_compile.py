"""Training without a `[compile]` table.

What it does: Detects [fit] without [compile].

Why is this bad? Keras raises ValueError: "You must call `compile()` before calling `fit()`".

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [fit]
    epochs = 30
    validation_split = 0.2

Use instead:
     ]
    +
    +[compile]
    +optimizer = "adam"
    +loss = "binary_crossentropy"

Confidence: certain.

References:
    keras.Model.fit
"""

from seqspec.core.linter.rules import Facts, Findings, TableName, finding, fmt, rule


@rule("SEQ520", "error", graphs="all", tables="fit", absent="compile")
def check(facts: Facts) -> Findings:
    if "fit" in facts.tables and "compile" not in facts.spec.tree:
        yield finding(
            "the model is trained, but no loss or optimizer is specified",
            path=facts.stage_path(0) if len(facts.fit) > 1 else ("fit",),
            anchor="key",
            label=fmt("missing {}", TableName(("compile",))),
            help=fmt("add {} with an optimizer and a loss", TableName(("compile",))),
        )
