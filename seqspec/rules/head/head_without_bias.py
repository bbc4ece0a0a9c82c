"""SEQ329 head-without-bias

What it does: finds a last layer without a bias.

Why it hurts: The bias of the last layer holds how often each class, or how large a value, is to be expected at all.
Without it the weights have to make that up from the inputs, and an input of zeros always gives the same answer.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax", use_bias = false },
    ]

    [compile]
    loss = "categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Confidence: a hint. Some heads leave it away on purpose, as those over normalized embeddings do.

References:
    keras.layers.Dense, argument use_bias
    TheDeepChecker, need_bias
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.head import backwards
from seqspec.analysis.known import Facts
from seqspec.analysis.roles import LINEAR
from seqspec.diagnostics.problem import Problem
from seqspec.diagnostics.remedy import Remedy, remove


def check(facts: Facts) -> Iterator[Problem]:
    """Finds what the rule is about."""
    objective, head = facts.objective, facts.head
    if objective is None or head is None or not facts.layers:
        return
    entry = next((entry for entry in backwards(facts.layers) if entry.type in LINEAR), None)
    if entry is None or getattr(entry.layer, "use_bias", True) or entry.output != facts.output:
        return
    yield Problem(
        "head-without-bias",
        "the last layer has no bias, so it cannot learn how often each answer is right at all",
        path=(*entry.path, "use_bias"),
        label="no bias",
        help="remove use_bias = false",
        fix=Remedy("give it a bias", (remove((*entry.path, "use_bias")),)),
    )
