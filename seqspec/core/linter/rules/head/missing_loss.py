"""Training without a loss.

What it does: Detects a model that is trained without a loss.

Why is this bad? Keras has no objective to minimize and raises an error in the first training step: "No loss to
compute".

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    metrics = ["accuracy"]

    [fit]
    epochs = 10

Use instead:
     [compile]
    +loss = "binary_crossentropy"

Confidence: certain, unless a custom layer adds a loss; specs with custom classes are not reported.

References:
    keras.Model.compile, argument loss
"""

from seqspec.core.analysis.layers.arguments import first_penalty
from seqspec.core.linter.rules import Facts, Findings, Setting, TableName, finding, fmt, rule


@rule("SEQ318", "error", graphs="all", tables=("fit", "compile"), absent="loss")
def check(facts: Facts) -> Findings:
    if not facts.has("compile") or facts.compile.loss is not None or not facts.fit or facts.spec.tree.get("custom"):
        return
    head = facts.output.head
    # Keras treats a weight penalty as a loss.
    if head is None or first_penalty(facts.layers) is not None:
        return
    loss = "mse"
    if "probability" in head.traits:
        loss = "binary_crossentropy"
    elif head.distribution:
        loss = "sparse_categorical_crossentropy"
    yield finding(
        fmt("the model is trained, but {} has no loss", TableName(("compile",))),
        path=("compile",),
        anchor="key",
        label="missing loss",
        related=[(facts.stage_path(0), "trained here")],
        help=fmt("set {} under {}", Setting("loss", loss), TableName(("compile",))),
    )
