"""Learning rate schedule that ends long before training does.

What it does: finds a schedule that has brought the learning rate down to nothing long before the training ends. The
steps of a run follow from the samples, batch_size and epochs.

Why it hurts: the remaining epochs change no weight. Schedules count batches, not epochs: 20 epochs of 200 batches are
4000 steps.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]
    samples = 6400

    [data.validation]

    [compile]
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [compile.optimizer]
    type = "Adam"

    [compile.optimizer.learning_rate]
    type = "CosineDecay"
    initial_learning_rate = 1e-3
    decay_steps = 20

    [fit]
    epochs = 20
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]
    samples = 6400

    [data.validation]

    [compile]
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [compile.optimizer]
    type = "Adam"

    [compile.optimizer.learning_rate]
    type = "CosineDecay"
    initial_learning_rate = 1e-3
    decay_steps = 4000

    [fit]
    epochs = 20
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain, as far as samples and epochs are as the document says. Told where less than a ten-thousandth of
the highest rate is left for a fifth of the steps.

References:
    keras.optimizers.schedules: the step is that of the optimizer
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seqspec.analysis.facts import Facts
from seqspec.analysis.schedule import SCHEDULES, rate_at
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_NOTHING = 1e-4


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    updates = facts.updates
    if not updates or updates < 10:
        return
    for entry in facts.optimizers:
        if not entry.scheduled or type(entry.rate).__name__ == "CosineDecayRestarts":
            continue
        least = max(entry.rates(updates), default=0.0) * _NOTHING
        late = rate_at(entry.rate, updates * 0.8)
        end = rate_at(entry.rate, updates - 1)
        if late is None or end is None or late > least or end > least:
            continue
        first = _first(entry.rate, least, updates)
        steps = "decay_steps" if hasattr(entry.rate, "decay_steps") else "boundaries"
        yield Violation(
            RULE.name,
            f"the learning rate is down to {end:.2g} after {first} of the {updates} steps that run",
            path=entry.place("learning_rate", steps),
            label="counts batches",
            related=[((*stage.path, "epochs"), f"{stage.split.steps} batches an epoch") for stage in facts.stages[:1]]
            if "epochs" in facts.stages[0].fit.model_fields_set
            else [],
            help=f"write {steps} = {updates}" if steps == "decay_steps" else "write later boundaries",
        )


def _first(rate: Any, least: float, updates: int) -> int:
    """The first step of the end in which the rate stays below a limit."""
    low, high = 0, updates - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if (rate_at(rate, middle) or 0.0) > least else (low, middle)
    return low


RULE = Rule(
    code="SEQ512",
    name="schedule-ends-early",
    severity="warning",
    requires=Requires(tables=("fit",), optimizers=SCHEDULES),
    check=check,
    docs=__doc__,
)
