"""Dropout directly before batch normalization.

What it does: Detects dropout directly before batch normalization.

Why is this bad? During training dropout increases the variance of its output, and batch normalization learns it. At
inference nothing is dropped and the variance differs, so the model is worse at inference than in training (the variance
shift of Li et al.).

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.3 },
      "BatchNormalization",
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
       { type = "Dense", units = 64, activation = "relu" },
    +  "BatchNormalization",
       { type = "Dropout", rate = 0.3 },
    -  "BatchNormalization",

Confidence: high. With a layer with weights in between the shift is smaller and not reported; `LayerNormalization` does
not learn a variance.

References:
    Li et al., Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift, 2019
    NeuraLint f006 (Nikanjam et al., 2021)
"""

from seqspec.core.analysis.layer_report import move_after
from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, rule

_PASSED = frozenset({"activation", "layout"})


@rule("SEQ435", "warning", graphs="path", layers="BatchNormalization")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    for index in flow.indices_by_kind["norm"]:
        step = flow[index]
        if step.type != "BatchNormalization":
            continue
        drop = flow.before(index, _PASSED)
        if drop is None or drop.kind != "dropout" or not drop.entry.argument("rate", 0):
            continue
        after = flow[index + 1 : index + 2]
        anchor = after[0] if after and after[0].kind == "activation" else step
        yield finding(
            "drops values before a BatchNormalization, which then learns a variance that does not occur at inference",
            **at_layer(drop.entry),
            label="before BatchNormalization",
            related=[(step.entry.path, "learns the variance of its input")],
            help="move the dropout after the normalization and the activation",
            fix=move_after(facts.spec.tree, drop.entry, anchor.entry, "move the dropout"),
        )
