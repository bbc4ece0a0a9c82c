"""Softmax in a hidden layer.

What it does: finds softmax (or `log_softmax`, `sparsemax`) as the activation of a hidden layer.

Why it hurts: softmax makes the values of a layer compete: they sum to 1, one of them takes almost all, and hardly
anything of the others arrives at the next layer. With many units all values are tiny, and the gradients are smaller
still.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "softmax" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Confidence: high. Softmax over the hidden values is used on purpose in attention and gates, which need a second path
through the model that a stack does not have.

References:
    keras.activations.softmax
    TheDeepChecker, "wrong_activation" (Ben Braiek and Khomh, 2022)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_SHARES = ("softmax", "log_softmax", "sparsemax")


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    hidden = [index for name in _SHARES for index in flow.indices_by_activation[name] if index < flow.last_weights]
    for index in sorted(hidden):
        step = flow[index]
        entry = step.entry
        named = "activation" in type(entry.layer).model_fields
        yield Violation(
            RULE.name,
            f"{step.activation} lets hidden values compete until little but one of them is left for the next layer",
            path=(*entry.path, "activation") if named else entry.path,
            anchor="value" if named else "layer",
            label="a hidden layer",
            help='write "relu"; softmax belongs to the last layer' if named else 'write "ReLU" instead',
            fix=TreeFix("use relu", (set_value((*entry.path, "activation"), "relu"),)) if named else None,
        )


RULE = Rule(
    code="SEQ403",
    name="hidden-softmax",
    severity="warning",
    requires=Requires(activations=("softmax", "log_softmax", "sparsemax")),
    check=check,
    docs=__doc__,
)
