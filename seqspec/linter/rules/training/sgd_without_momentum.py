"""SGD without momentum in a deep network.

What it does: finds SGD without momentum, without a schedule and without ReduceLROnPlateau, for a network of four and
more weight layers.

Why it hurts: each step follows one noisy gradient alone. Momentum averages over about ten steps and crosses flat
stretches and ravines many times faster, for one more number a weight.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 32, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "SGD", learning_rate = 0.01 }
    loss = "binary_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 32, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "SGD", learning_rate = 0.01, momentum = 0.9 }
    loss = "binary_crossentropy"

Confidence: a hint: plain gradient descent arrives too, later.

References:
    Sutskever et al., On the importance of initialization and momentum in deep learning, 2013
    DSLinter: hyperparameters that are left at their defaults
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import LINEAR
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_DEEP = 4


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for entry in facts.optimizers:
        if entry.kind != "SGD" or entry.momentum or entry.scheduled or "ReduceLROnPlateau" in facts.callback_types:
            continue
        rates = entry.rates(None)
        # Rates that are too low or too high have rules of their own, and the same remedy.
        if not 1e-3 < rates[0] < 0.5 or sum(layer.type in LINEAR for layer in facts.flat_layers) < _DEEP:
            continue
        # Many convolutions without normalization have one too.
        if len(facts.unnormalized_convolutions) >= 6:
            continue
        yield Violation(
            RULE.name,
            "SGD has no momentum, which takes long in a network of several layers",
            path=entry.path,
            anchor="layer",
            label="no momentum",
            help=f'write {{ type = "SGD", learning_rate = {rates[0]:g}, momentum = 0.9 }}',
            fix=TreeFix("use a momentum of 0.9", (set_value((*entry.path, "momentum"), 0.9),))
            if isinstance(entry.written, dict)
            else None,
        )


RULE = Rule(
    code="SEQ505",
    name="sgd-without-momentum",
    severity="info",
    requires=Requires(optimizers=("SGD",)),
    check=check,
    docs=__doc__,
)
