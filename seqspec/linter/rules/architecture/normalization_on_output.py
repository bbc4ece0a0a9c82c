"""Normalization between the last layer with weights and the loss.

What it does: finds a normalization behind the last layer with weights.

Why it hurts: the scores of the model are brought to mean 0 and a fixed spread, whatever it is sure of. Behind a
regression it takes away the very numbers that were to be learned, and what is left depends on the other samples of the
batch.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 3, use_bias = false },
      "BatchNormalization",
      "Softmax",
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, use_bias = false },
      "BatchNormalization",
      "ReLU",
      { type = "Dense", units = 3 },
      "Softmax",
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Confidence: medium: with its factor and offset such a model can train, so it is a hint.

References:
    keras.layers.BatchNormalization
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.norms import normalized_together
from seqspec.analysis.roles import NORMALIZATION
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    last = flow.last_learned
    if not facts.has_full_stack or last < 0 or flow[last].kind != "weights" or facts.compile is None:
        return
    for step in flow[last + 1 :]:
        if step.kind in ("average_pool", "max_pool") or facts.compile.loss is None:
            return
        if step.kind != "norm" or step.entry.type == "UnitNormalization" or normalized_together(step.entry) == 1:
            continue
        yield Violation(
            RULE.name,
            "normalizes the outputs of the model before the loss sees them",
            path=step.entry.path,
            anchor="layer",
            label="behind the last weights",
            related=[(flow[last].entry.path, "the last layer with weights")],
            help="remove it, or put it before the last layer with weights",
        )


RULE = Rule(
    code="SEQ434",
    name="normalization-on-output",
    severity="info",
    requires=Requires(tables=("compile",), layers=NORMALIZATION),
    check=check,
    docs=__doc__,
)
