"""TimeDistributed around a Dense layer, which needs no wrapper.

What it does: Detects `TimeDistributed` around a `Dense` layer.

Why is this bad? `Dense` applies to the last axis of an input of any rank, so it computes the same on a sequence without
the wrapper, with one matrix product instead of a loop over time steps.

Example:
    seqspec = 1

    [model]
    input = [30, 8]
    layers = [
      { type = "LSTM", units = 16, return_sequences = true },
      { type = "TimeDistributed", layer = { type = "Dense", units = 4, activation = "softmax" } },
    ]

Use instead:
    seqspec = 1

    [model]
    input = [30, 8]
    layers = [
      { type = "LSTM", units = 16, return_sequences = true },
      { type = "Dense", units = 4, activation = "softmax" },
    ]

Confidence: certain: tests/core/differential/test_signal.py compares the two on Keras. Weight names in existing
checkpoints differ, so severity is info.

References:
    keras.layers.TimeDistributed
    keras.layers.Dense
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    for entry in facts.flat_layers:
        if entry.type != "TimeDistributed" or type(entry.layer.layer).__name__ != "Dense":
            continue
        yield Violation(
            RULE.name,
            "is redundant: Dense already applies to the last axis of every time step",
            path=entry.path,
            anchor="layer",
            label="redundant wrapper",
            help="use the Dense layer without the wrapper",
        )


RULE = Rule(
    code="SEQ468",
    name="redundant-time-distributed",
    severity="info",
    requires=Requires(layers=("TimeDistributed",)),
    check=check,
    docs=__doc__,
)
