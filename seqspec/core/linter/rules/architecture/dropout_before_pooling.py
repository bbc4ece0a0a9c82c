"""Dropout directly before max pooling.

What it does: Detects element-wise dropout directly before max pooling.

Why is this bad? Max pooling returns the maximum of several values, so a dropped value is replaced by its neighbor: the
effective dropout rate is much lower than specified, and the signal is biased.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      { type = "Dropout", rate = 0.2 },
      "MaxPooling2D",
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
       { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
    +  "MaxPooling2D",
       { type = "Dropout", rate = 0.2 },
    -  "MaxPooling2D",

Confidence: low: such models train, so severity is info.

References:
    NeuraLint f018 (Nikanjam et al., 2021)
"""

from seqspec.core.analysis.layer_report import move_after
from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, rule

_PASSED = frozenset({"activation"})


@rule("SEQ436", "info", graphs="path", layers=("Dropout", "AlphaDropout"))
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    for index in flow.indices_by_kind["max_pool"]:
        step, drop = flow[index], flow.before(index, _PASSED)
        if drop is None or drop.entry.type not in ("Dropout", "AlphaDropout"):
            continue
        layer = drop.entry.layer
        if not layer.rate or drop.entry.argument("noise_shape"):
            continue
        yield finding(
            "drops values that the following max pooling replaces by their neighbors",
            **at_layer(drop.entry),
            label="before max pooling",
            related=[(step.entry.path, "returns the maximum of each window")],
            help="move the dropout after the pooling",
            fix=move_after(facts.spec.tree, drop.entry, step.entry, "move the dropout"),
        )
