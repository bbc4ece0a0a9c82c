"""TimeDistributed around a Dense layer, which needs no wrapper.

What it does: finds `TimeDistributed` around a `Dense` layer.

Why it hurts: `Dense` works along the last axis whatever stands before it, so that it does the same on a sequence by
itself: with one product instead of a loop over the steps.

Example:
    seqspec = 1

    [model]
    input = [30, 8]
    layers = [
      { type = "LSTM", units = 16, return_sequences = true },
      { type = "TimeDistributed", layer = { type = "Dense", units = 4, activation = "softmax" } },
    ]

Instead:
    seqspec = 1

    [model]
    input = [30, 8]
    layers = [
      { type = "LSTM", units = 16, return_sequences = true },
      { type = "Dense", units = 4, activation = "softmax" },
    ]

Confidence: certain: tests/differential/test_signal.py compares the two on Keras. Old checkpoints name the weights
otherwise, so it is a hint.

References:
    keras.layers.TimeDistributed
    keras.layers.Dense
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for entry in facts.flat_layers:
        if entry.type != "TimeDistributed" or type(entry.layer.layer).__name__ != "Dense":
            continue
        yield Violation(
            RULE.name,
            "does what Dense does by itself, along the last axis of every step",
            path=entry.path,
            anchor="layer",
            label="not needed",
            help="write the Dense layer alone",
        )


RULE = Rule(
    code="SEQ468",
    name="redundant-time-distributed",
    severity="info",
    requires=Requires(layers=("TimeDistributed",)),
    check=check,
    docs=__doc__,
)
