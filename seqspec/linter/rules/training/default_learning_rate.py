"""Adadelta or Adagrad with Keras's default learning rate.

What it does: finds Adadelta with the default learning rate of Keras, and Adagrad with it.

Why it hurts: Keras 3 gives every optimizer but SGD, Muon and ScheduleFreeAdamW the default 0.001. Adadelta scales its
steps itself and was made for 1.0, the default of older Kerases; with 0.001 it is a thousand times slower and looks as
if nothing is learned. Adagrad only ever slows down and starts well at 0.01.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = "adadelta"
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
    optimizer = { type = "Adadelta", learning_rate = 1.0 }
    loss = "binary_crossentropy"

Confidence: high for Adadelta; for Adagrad a hint.

References:
    Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012
    keras.optimizers.Adadelta, which names 1.0 as the rate of the paper
    tensorflow/tensorflow#30941, #31024, #39432
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.learning_rates import start
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for entry in facts.optimizers:
        if entry.kind not in ("Adadelta", "Adagrad") or entry.states("learning_rate"):
            continue
        rate = start(entry.kind)
        value = {"type": entry.kind, **entry.optimizer.to_tree(), "learning_rate": rate}
        yield Violation(
            RULE.name,
            f"{entry.kind} is left at Keras's default learning rate of 0.001, and takes {rate} by its paper",
            path=entry.path,
            anchor="layer",
            label="learning rate of 0.001",
            help=f'write {{ type = "{entry.kind}", learning_rate = {rate} }}',
            severity="warning" if entry.kind == "Adadelta" else "info",
            fix=TreeFix(f"state a learning rate of {rate}", (set_value(entry.path, value),)),
        )


RULE = Rule(
    code="SEQ504",
    name="default-learning-rate",
    severity="warning",
    requires=Requires(optimizers=("Adadelta", "Adagrad")),
    check=check,
    docs=__doc__,
)
