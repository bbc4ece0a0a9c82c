"""Gradient clipping that Keras ignores.

What it does: finds a clipnorm, clipvalue or global_clipnorm of zero or below.

Why it hurts: Keras clips only where the limit is above 0, and leaves gradients as they are otherwise, without a word.
So the clipping that somebody asked for does not happen.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "Adam", learning_rate = 0.001, clipnorm = 0.0 }
    loss = "binary_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "Adam", learning_rate = 0.001, clipnorm = 1.0 }
    loss = "binary_crossentropy"

Confidence: certain.

References:
    keras.optimizers: _clip_gradients
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.numbers import short
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for entry in facts.optimizers:
        for name in ("clipnorm", "clipvalue", "global_clipnorm"):
            limit = getattr(entry.optimizer, name)
            if limit is not None and limit <= 0:
                yield Violation(
                    RULE.name,
                    f"{name} = {short(limit)} clips nothing: Keras only looks at a limit above 0",
                    path=entry.place(name),
                    help=f"write {name} = 1.0, or leave it out",
                )


RULE = Rule(
    code="SEQ509",
    name="ineffective-clipping",
    severity="warning",
    requires=Requires(tables=("compile",), arguments=("clipnorm", "clipvalue", "global_clipnorm")),
    check=check,
    docs=__doc__,
)
