"""Gradient clipping that Keras ignores.

What it does: Detects a clipnorm, clipvalue or global_clipnorm of zero or less.

Why is this bad? Keras only clips if the limit is positive and silently ignores it otherwise, so the intended clipping
does not happen.

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

Use instead:
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

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.numbers import short
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import Help, Setting, Written
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    for entry in facts.optimizers:
        for name in ("clipnorm", "clipvalue", "global_clipnorm"):
            limit = getattr(entry.optimizer, name)
            if limit is not None and limit <= 0:
                yield Violation(
                    RULE.name,
                    Message(
                        Setting(name, Written(short(limit))), " has no effect: Keras only clips with a positive limit"
                    ),
                    path=entry.path_of(name),
                    help=Help("set ", Setting(name, 1.0), ", or remove it"),
                )


RULE = Rule(
    code="SEQ509",
    name="ineffective-clipping",
    severity="warning",
    requires=Requires(tables=("compile",), arguments=("clipnorm", "clipvalue", "global_clipnorm")),
    check=check,
    docs=__doc__,
)
