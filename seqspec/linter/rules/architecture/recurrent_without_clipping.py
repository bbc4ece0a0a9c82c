"""Backpropagation through many time steps without gradient clipping.

What it does: finds recurrent layers over more than 100 steps under an optimizer without `clipnorm`, `clipvalue` or
`global_clipnorm`. With a learning rate above 0.01 it is a warning.

Why it hurts: the gradient goes back through every step, and now and then it explodes on the way. One such step can
undo hours of training; a bound on its norm costs nothing.

Example:
    seqspec = 1

    [model]
    input = [500, 8]
    layers = [
      { type = "LSTM", units = 64 },
      { type = "Dense", units = 1 },
    ]

    [compile]
    optimizer = "adam"
    loss = "mse"

Instead:
    seqspec = 1

    [model]
    input = [500, 8]
    layers = [
      { type = "LSTM", units = 64 },
      { type = "Dense", units = 1 },
    ]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3, clipnorm = 1.0 }
    loss = "mse"

Confidence: medium: LSTM and GRU often train without clipping, so it is a hint.

References:
    Pascanu, Mikolov and Bengio, On the Difficulty of Training Recurrent Neural Networks, 2013
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import RECURRENT
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    optimizer = facts.compile.optimizer if facts.compile is not None else None
    if optimizer is None:
        return
    # A state without bound is the matter of recurrent-activation, and the greater one.
    found = [
        (entry, steps)
        for entry, activation, steps in facts.recurrences
        if isinstance(steps, int) and steps > 100 and activation in ("tanh", "sigmoid", "hard_sigmoid")
    ]
    if not found or any(
        getattr(optimizer, key, None) is not None for key in ("clipnorm", "clipvalue", "global_clipnorm")
    ):
        return
    entry, steps = found[0]
    rate = getattr(optimizer, "learning_rate", None)
    written = facts.compile is not None and "optimizer" in facts.compile.model_fields_set
    yield Violation(
        RULE.name,
        f"gradients go back through {steps} steps, and no bound keeps them from exploding",
        path=("compile", "optimizer") if written else ("compile",),
        label="without clipnorm",
        related=[(entry.path, f"{steps} steps")],
        help="write clipnorm = 1.0 in the optimizer",
        severity="warning" if isinstance(rate, (int, float)) and rate > 0.01 else None,
    )


RULE = Rule(
    code="SEQ422",
    name="recurrent-without-clipping",
    severity="info",
    requires=Requires(tables=("compile",), layers=RECURRENT),
    check=check,
    docs=__doc__,
)
