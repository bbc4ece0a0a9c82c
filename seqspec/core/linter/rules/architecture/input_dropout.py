"""High dropout rate on the input.

What it does: Detects a dropout rate of 0.5 or more before the first layer with weights.

Why is this bad? Hidden representations are redundant, inputs usually are not: information dropped from the input is
lost.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dropout", rate = 0.5 },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dropout", rate = 0.1 },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Confidence: medium, so severity is info: for redundant inputs such as bags of words, a rate of 0.5 can be right.

References:
    Srivastava et al., Dropout: A Simple Way to Prevent Overfitting, 2014 (keeps 0.8 of the input)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.message import Message, Number
from seqspec.core.diagnostics.tree_fix import assign
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    for step in facts.flow:
        if step.kind not in ("dropout", "layout", "affine", "noise"):
            return
        rate = step.entry.argument("rate", 0)
        if step.kind != "dropout" or step.entry.type == "GaussianDropout" or not 0.5 <= rate < 0.6:
            continue
        path = (*step.entry.path, "rate")
        yield Violation(
            RULE.name,
            Message("drops ", Number(rate * 100, "g"), "% of the input features"),
            path=path,
            label="before the first weights",
            help="use 0.1 or 0.2",
            fix=assign(0.1, path),
        )


RULE = Rule(
    code="SEQ440",
    name="input-dropout",
    severity="info",
    requires=Requires(arguments=("rate", "dropout", "recurrent_dropout")),
    check=check,
    docs=__doc__,
)
