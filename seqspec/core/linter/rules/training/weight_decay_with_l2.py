"""Weight decay together with L2 regularizers.

What it does: Detects an optimizer with weight decay in a model whose layers have L2 regularizers.

Why is this bad? Both shrink weights: weight decay directly, L2 through the loss, where an adaptive optimizer rescales
it. Together they are hard to tune, and usually one of them is a leftover.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, kernel_regularizer = "l2(1e-4)", activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "AdamW", learning_rate = 0.001, weight_decay = 0.004 }
    loss = "binary_crossentropy"

Use instead:
    -  { type = "Dense", units = 16, kernel_regularizer = "l2(1e-4)", activation = "relu" },
    +  { type = "Dense", units = 16, activation = "relu" },

Confidence: severity is info: the combination may be intended.

References:
    Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019
    keras.optimizers.AdamW
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fmt, rule


@rule("SEQ510", "info", graphs="each", tables="compile", arguments="kernel_regularizer")
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        decay = entry.optimizer.weight_decay
        if not decay or not entry.updates_all:
            continue
        for layer in facts.flat_layers:
            strength = getattr(layer.argument("kernel_regularizer"), "l2", 0.0)
            if strength:
                yield finding(
                    fmt("{} has a weight decay of {:g}, but layers also have L2 regularizers", entry.kind, decay),
                    path=entry.path_of("weight_decay"),
                    anchor="value" if entry.is_written("weight_decay") else "layer",
                    related=[((*layer.path, "kernel_regularizer"), "first of them")],
                    help="remove one of them; with an adaptive optimizer, weight decay is easier to tune",
                )
                return
