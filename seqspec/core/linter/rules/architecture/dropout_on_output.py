"""Dropout or noise between the last layer with weights and the loss.

What it does: Detects dropout or noise after the last layer with weights.

Why is this bad? It does not regularize features but corrupts the predictions: in each training step a fraction of the
outputs is set to zero, including the correct ones, and the loss penalizes the model for it.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 3 },
      { type = "Dropout", rate = 0.3 },
      "Softmax",
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Use instead:
       { type = "Dense", units = 64, activation = "relu" },
    +  { type = "Dropout", rate = 0.3 },
       { type = "Dense", units = 3 },
    -  { type = "Dropout", rate = 0.3 },

Confidence: high. After softmax the outputs are no longer probabilities, and some are exactly 0, whose logarithm the
loss takes. Outputs that are pooled over positions afterwards are not reported; after a recurrent layer, or without a
loss, severity is info, since a head may still be added.

References:
    deepmufl 44755431 (Ghanbari et al., 2023)
"""

from seqspec.core.analysis.flow import TRAINING_ONLY
from seqspec.core.analysis.layer_report import move_before
from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, fmt, rule

_POOLS = frozenset({"average_pool", "max_pool"})


@rule("SEQ441", "warning", graphs="head", layers=("dropout", "GaussianNoise"))
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    last = flow.last_learned
    if not facts.has_full_stack or last < 0 or flow[last].kind == "opaque":
        return
    tail = flow[last + 1 :]
    if any(step.kind in _POOLS for step in tail):
        return
    shares = flow[last].activation in ("softmax", "sigmoid")
    for step in tail:
        shares = shares or step.activation in ("softmax", "sigmoid")
        if step.kind not in TRAINING_ONLY:
            continue
        noise = "adds noise to" if step.kind == "noise" else "drops a fraction of"
        is_loss_known = facts.compile.loss is not None and flow[last].kind == "weights"
        yield finding(
            fmt("{} {} of the model before the loss", noise, "the probabilities" if shares else "the outputs"),
            **at_layer(step.entry),
            label="after the last weights",
            related=[(flow[last].entry.path, "last layer with weights")],
            help="move it before the last layer with weights",
            fix=move_before(facts.spec.tree, step.entry, flow[last].entry, "move it"),
            severity="warning" if is_loss_known else "info",
        )
