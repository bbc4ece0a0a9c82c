"""Model that Keras builds but that fails on the first batch.

What it does: Detects layers whose computation does not support the dtype or shape of their input, regularizers and
constraints that do not fit the shape of their weight, losses along an axis that the output does not have, and losses
with `reduction = "none"` beside a regularizer.

Why is this bad? Keras builds most layers from shapes alone. The model is created without an error, and `fit` or
`predict` raises one on the first batch.

Example:
    seqspec = 1

    [model]
    input = [61]
    layers = [
      { type = "Rescaling", scale = [1.0, 2.0, 3.0] },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

Use instead:
    -  { type = "Rescaling", scale = [1.0, 2.0, 3.0] },
    +  { type = "Rescaling", scale = 2.0 },

Confidence: certain: each case was compared with Keras and TensorFlow on a batch. Layers after a custom layer are
checked with the shape and dtype that it declares.

References:
    keras.Model.fit, keras.Model.predict
"""

from seqspec.core.analysis.layers.arguments import first_penalty
from seqspec.core.analysis.training.first_batch import failing_layer, failing_loss, failing_weights, is_unreduced
from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, Violation, finding, fmt, remove, rule

_IN_TRAINING = ("Keras builds the model and raises an error in the first training step",)


@rule("SEQ408", "error")
def check(facts: Facts) -> Findings:
    failure = failing_layer(facts.layers, facts.input, facts.env) if facts.input is not None else None
    if failure is not None:
        # A rate of 1 is reported by full-dropout.
        full = [(*drop.entry.path, drop.argument) for drop in facts.stack.dropout_rates if drop.rate >= 1]
        if failure.path not in full:
            note = "Keras builds the model and raises an error on the first batch"
            yield failure.replace(rule=check.name, notes=(note, *failure.notes), fix=_without_layer(facts, failure))
    penalized = not facts.stack.layer_arguments.isdisjoint(("regularizer", "constraint"))
    for path, reason in failing_weights(facts.layers) if penalized else ():
        yield finding(reason, path=path, notes=_IN_TRAINING)
    objective, output = facts.output.objective, facts.output.tensor
    if objective is not None and output is not None:
        failing = failing_loss(objective, output)
        if failing is not None:
            argument, message = failing
            yield finding(fmt("{} {}", objective.name, message), path=objective.path_of(argument), notes=_IN_TRAINING)
        penalty = first_penalty(facts.layers) if is_unreduced(objective, output) else None
        if penalty is not None:
            yield finding(
                fmt("{} is not reduced to one number, so Keras cannot add a regularization loss to it", objective.name),
                path=objective.path_of("reduction"),
                related=[(penalty, "regularization loss")],
                notes=_IN_TRAINING,
                help=fmt("remove {}", Setting("reduction", "none")),
            )


def _without_layer(facts: Facts, failure: Violation) -> TreeFix | None:
    """The fix of a layer for images that receives other tensors: without it."""
    entry = next((entry for entry in facts.layers if entry.path == failure.path[:3]), None)
    if failure.rule != "wrong-rank" or entry is None or "image" not in entry.traits or facts.graph is not None:
        return failure.fix
    return TreeFix(fmt("remove {}", entry.type), (remove(entry.path),))
