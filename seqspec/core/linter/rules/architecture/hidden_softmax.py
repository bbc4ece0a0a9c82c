"""Softmax in a hidden layer.

What it does: Detects softmax (or `log_softmax`, `sparsemax`) as the activation of a hidden layer.

Why is this bad? softmax makes the units of a layer compete: their values sum to 1, one of them dominates, and little
information about the others reaches the next layer. With many units all values are tiny, and the gradients are even
smaller.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "softmax" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Confidence: high. Hidden softmax is used on purpose in attention and gating, which need a second path through the model
that a Sequential model does not have.

References:
    keras.activations.softmax
    TheDeepChecker, "wrong_activation" (Ben Braiek and Khomh, 2022)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.tree_fix import assign
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    flow = facts.flow
    for index in flow.indices_of_trait("normalizing"):
        if index >= flow.last_weights:
            break
        step = flow[index]
        entry = step.entry
        named = "activation" in type(entry.layer).model_fields
        yield Violation(
            RULE.name,
            Message(step.activation, " normalizes hidden units to sum to 1, so a single unit dominates"),
            path=(*entry.path, "activation") if named else entry.path,
            anchor="value" if named else "layer",
            label="hidden layer",
            help='use "relu"; softmax belongs to the last layer' if named else 'use "ReLU" instead',
            fix=assign("relu", (*entry.path, "activation")) if named else None,
        )


RULE = Rule(
    code="SEQ403",
    name="hidden-softmax",
    severity="warning",
    requires=Requires(activations=("normalizing",)),
    check=check,
    docs=__doc__,
)
