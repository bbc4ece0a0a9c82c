"""Decay schedule that increases the learning rate.

What it does: finds an ExponentialDecay with a decay_rate above 1, or an InverseTimeDecay with a negative one:
schedules that let the learning rate grow.

Why it hurts: the rate grows with every step, without a bound, until training diverges. decay_rate is what the rate is
multiplied by after decay_steps, not what is taken from it.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "binary_crossentropy"

    [compile.optimizer]
    type = "RMSprop"

    [compile.optimizer.learning_rate]
    type = "ExponentialDecay"
    initial_learning_rate = 0.001
    decay_steps = 1000
    decay_rate = 1.05

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "binary_crossentropy"

    [compile.optimizer]
    type = "RMSprop"

    [compile.optimizer.learning_rate]
    type = "ExponentialDecay"
    initial_learning_rate = 0.001
    decay_steps = 1000
    decay_rate = 0.95

Confidence: certain that it grows; a short test of learning rates may want just this.

References:
    keras.optimizers.schedules.ExponentialDecay, InverseTimeDecay
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for entry in facts.optimizers:
        kind = type(entry.rate).__name__
        if kind not in ("ExponentialDecay", "InverseTimeDecay"):
            continue
        rate = entry.rate.decay_rate
        if rate <= 1 if kind == "ExponentialDecay" else rate >= 0:
            continue
        factor = rate if kind == "ExponentialDecay" else 1 / (1 + rate) if rate > -1 else None
        yield Violation(
            RULE.name,
            f"decay_rate = {rate:g} makes the learning rate grow"
            + (f": after {entry.rate.decay_steps:g} steps it is {factor:.3g} times as large" if factor else ""),
            path=entry.place("learning_rate", "decay_rate"),
            label="above 1" if kind == "ExponentialDecay" else "negative",
            help="write a decay_rate below 1, such as 0.95" if kind == "ExponentialDecay" else "leave the sign out",
        )


RULE = Rule(
    code="SEQ511",
    name="increasing-schedule",
    severity="warning",
    requires=Requires(optimizers=("ExponentialDecay", "InverseTimeDecay")),
    check=check,
    docs=__doc__,
)
