"""Training without any trainable weights.

What it does: Detects a model compiled for training without trainable weights: all layers are frozen, or none has
weights.

Why is this bad? Keras warns once that the model does not have any trainable weights, and runs all epochs with the same
loss.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, trainable = false, activation = "relu" },
      { type = "Dense", units = 1, trainable = false, activation = "sigmoid" },
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

Use instead:
    -  { type = "Dense", units = 16, trainable = false, activation = "relu" },
    -  { type = "Dense", units = 1, trainable = false, activation = "sigmoid" },
    +  { type = "Dense", units = 16, activation = "relu" },
    +  { type = "Dense", units = 1, activation = "sigmoid" },

     epochs = 30
    +callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain.

References:
    keras.optimizers: the warning "The model does not have any trainable weights."
"""

from seqspec.core.catalog.objects import CustomUse
from seqspec.core.linter.rules import Facts, Findings, Help, Requires, Setting, finding, rule


@rule(
    "SEQ522",
    "error",
    graphs="each",
    any_of=(Requires(tables=("compile",)), Requires(tables=("fit",))),
    depends_on=("trainable",),
)
def check(facts: Facts) -> Findings:
    if not facts.has_full_stack or facts.tables.isdisjoint(("compile", "fit")):
        return
    for entry in facts.layers:
        for weight in entry.weights:
            if weight.trainable and weight.size:
                return
    # Keras checks the flag of each variable, which those inside a frozen wrapper keep.
    if any(entry.trained_params for entry in facts.layers):
        return
    if any(isinstance(entry.layer, CustomUse) for entry in facts.flat_layers):
        return
    frozen = [entry for entry in facts.layers if entry.params]
    if not frozen and not facts.fit:
        return
    yield finding(
        "the model has no trainable weights"
        + (": every layer with weights is frozen" if frozen else ": no layer has weights"),
        path=frozen[-1].path if frozen else ("model", "layers"),
        anchor="layer" if frozen else "key",
        help=Help("remove ", Setting("trainable", False), " from a layer, or add a layer such as Dense after it")
        if frozen
        else "add a layer with weights, such as Dense",
    )
