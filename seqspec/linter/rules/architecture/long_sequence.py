"""Recurrent layer over more than a thousand time steps.

What it does: finds recurrent layers over more than 1000 steps; over more than 2000 it is a warning.

Why it hurts: the steps run one after the other, so that each batch takes as long as its longest sequence; and what the
first steps said has mostly faded when the last one is reached.

Example:
    seqspec = 1

    [model]
    input = [16000, 1]
    layers = [
      { type = "LSTM", units = 32 },
      { type = "Dense", units = 4, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [16000, 1]
    layers = [
      { type = "Conv1D", filters = 32, kernel_size = 64, strides = 32, activation = "relu" },
      { type = "LSTM", units = 32 },
      { type = "Dense", units = 4, activation = "softmax" },
    ]

Confidence: medium: it is slow for certain, and learns badly mostly.

References:
    Bengio, Simard and Frasconi, Learning Long-Term Dependencies with Gradient Descent is Difficult, 1994
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import RECURRENT
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for entry, _, steps in facts.recurrences:
        if not isinstance(steps, int) or steps <= 1000:
            continue
        yield Violation(
            RULE.name,
            f"goes through {steps} steps one after the other, and hardly remembers the first ones at the end",
            path=entry.path,
            anchor="layer",
            label=f"{steps} steps",
            help="shorten the sequence before it, with a strided Conv1D or with pooling",
            severity="warning" if steps > 2000 else None,
        )
        return


RULE = Rule(
    code="SEQ423",
    name="long-sequence",
    severity="info",
    requires=Requires(layers=RECURRENT),
    check=check,
    docs=__doc__,
)
