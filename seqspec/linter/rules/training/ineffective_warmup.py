"""Warmup that does not happen or never ends.

What it does: finds a warm-up of CosineDecay that does not happen or never ends: warmup_steps without warmup_target,
warmup_target without warmup_steps, or as many warmup_steps as the training has.

Why it hurts: without warmup_target Keras does not look at warmup_steps and starts with the full rate. Without
warmup_steps it starts from warmup_target and never uses initial_learning_rate.

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
    type = "Adam"

    [compile.optimizer.learning_rate]
    type = "CosineDecay"
    initial_learning_rate = 1e-3
    decay_steps = 4000
    warmup_steps = 400

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
    type = "Adam"

    [compile.optimizer.learning_rate]
    type = "CosineDecay"
    initial_learning_rate = 1e-3
    decay_steps = 4000
    warmup_target = 2e-3
    warmup_steps = 400

Confidence: certain.

References:
    keras.optimizers.schedules.CosineDecay
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for entry in facts.optimizers:
        rate = entry.rate
        if type(rate).__name__ != "CosineDecay":
            continue
        start, steps, target = rate.initial_learning_rate, rate.warmup_steps, rate.warmup_target
        if steps and target is None:
            yield Violation(
                RULE.name,
                f"warmup_steps = {steps:g} does nothing without warmup_target",
                path=entry.place("learning_rate", "warmup_steps"),
                label="no warm-up",
                help=f"add warmup_target = {start:g}, the rate that it reaches, and write initial_learning_rate = 0.0",
            )
        elif target is not None and not steps:
            yield Violation(
                RULE.name,
                f"without warmup_steps the rate starts at warmup_target = {target:g}, "
                f"and initial_learning_rate = {start:g} is never used",
                path=entry.place("learning_rate", "warmup_target"),
                help="add warmup_steps, or leave warmup_target out",
            )
        elif target is not None and facts.updates and steps >= facts.updates:
            yield Violation(
                RULE.name,
                f"the warm-up takes {steps:g} steps, and only {facts.updates} run",
                path=entry.place("learning_rate", "warmup_steps"),
                label="never ends",
                help=f"write warmup_steps = {max(1, facts.updates // 10)}",
            )


RULE = Rule(
    code="SEQ514",
    name="ineffective-warmup",
    severity="warning",
    requires=Requires(optimizers=("CosineDecay",)),
    check=check,
    docs=__doc__,
)
