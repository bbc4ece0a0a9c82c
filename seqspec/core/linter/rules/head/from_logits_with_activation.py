"""`from_logits = true` on an output that already has a softmax or sigmoid.

What it does: Detects a loss with from_logits = true on a model that ends with softmax or sigmoid.

Why is this bad? With from_logits the loss applies the softmax or sigmoid itself. If another layer follows the
activation, it is applied twice: the loss cannot approach 0 and gradients are small. If the activation is last, Keras on
TensorFlow detects this, uses the logits before the activation and prints a warning; other backends apply it twice.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = { type = "CategoricalCrossentropy", from_logits = true }

Use instead:
    -  { type = "Dense", units = 10, activation = "softmax" },
    +  { type = "Dense", units = 10 },

Confidence: certain; an error where the loss is computed wrongly, a warning where Keras corrects it.

References:
    keras.losses.CategoricalCrossentropy, argument from_logits
    NeuraLint f015; UMLAUT; TheDeepChecker "redundant softmax"
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, finding, fmt, remove, rule


@rule("SEQ307", "error", graphs="head", heads=("probability", "distribution"), arguments="from_logits")
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if head is None or objective is None or not objective.from_logits or head.constant:
        return
    if head.traits.isdisjoint(("probability", "distribution")) or ("exclusive" in objective.traits and head.units == 1):
        return
    twice = (
        bool(head.after) or head.activation not in ("sigmoid", "softmax") or head.entry.outputs[0].dtype != "float32"
    )
    removal = TreeFix("remove the activation", (remove(head.path),)) if head.simple and head.written else None
    yield finding(
        fmt("the loss expects logits, but the output already has {} applied", head.activation),
        path=objective.path_of("from_logits"),
        label="applies it again" if twice else "declares logits",
        related=[(head.path, "applied here")],
        help=fmt("remove from_logits here, or {} from the layer", Setting("activation", head.activation)),
        severity="error" if twice else "warning",
        fix=removal,
        alternative=TreeFix("remove from_logits", (remove(objective.path_of("from_logits")),)),
    )
