"""Cross-entropy on logits without `from_logits = true`.

What it does: Detects a cross-entropy without from_logits on a model whose last layer has no activation.

Why is this bad? Without from_logits the loss interprets the outputs as probabilities: values outside of [0, 1] are
clipped or divided by a sum that may be close to 0. Keras raises no error; the loss starts several times too high, is
unstable, and has no gradient where values were clipped.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10 },
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Use instead:
    -  { type = "Dense", units = 10 },
    +  { type = "Dense", units = 10, activation = "softmax" },

Confidence: certain, if the last layer is a built-in Keras layer.

References:
    keras.losses.CategoricalCrossentropy, argument from_logits
    NeuraLint f008, f012; UMLAUT "missing softmax layer before loss"
"""

from seqspec.core.analysis.head_fixes import activation_fix
from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, Value, at_layer, finding, fmt, rule, set_value


@rule("SEQ303", "error", graphs="head", losses="cross_entropy", heads=("linear", "leaky_relu"))
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if head is None or objective is None or head.activation not in ("linear", "leaky_relu") or objective.from_logits:
        return
    loss = objective.loss
    # If Keras selects the cross-entropy by labels that are unknown here, it is a categorical one.
    if (loss and "cross_entropy" not in objective.traits) or ("exclusive" in objective.traits and head.units == 1):
        return
    activation = "sigmoid" if "binary" in objective.traits else "softmax"
    last = head.simple and not head.after
    if last:
        help = fmt("set {} here", Setting("activation", activation))
    else:
        help = fmt("set {} at the end", Value({"type": "Activation", "activation": activation}))
    scored: TreeFix | None = None
    if loss and loss != "CategoricalGeneralizedCrossEntropy":
        setting = Setting("loss", {"type": loss, "from_logits": True})
        help += fmt(", or {}", setting)
        scored = TreeFix(fmt("set {}", setting), (set_value((*objective.path, "from_logits"), True),))
    yield finding(
        fmt(
            "{} expects probabilities, but the model outputs logits (the last layer has no {})",
            objective.name,
            activation,
        ),
        **at_layer(head.entry, "activation"),
        label="outputs logits",
        related=[(objective.path, "from_logits is not set here")],
        help=help,
        fix=activation_fix(facts, activation),
        alternative=scored,
    )
