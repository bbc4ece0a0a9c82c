"""Learning rate schedule that ends long before training does.

What it does: Detects a schedule that reduces the learning rate to almost zero long before training ends. The number of
steps is computed from the samples, batch_size and epochs.

Why is this bad? The remaining epochs do not change any weight. Schedules count batches, not epochs: 20 epochs of 200
batches are 4000 steps.

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

Use instead:
    -decay_steps = 20
    +decay_steps = 4000

Confidence: certain, given the declared samples and epochs. Reported if the rate is below a ten-thousandth of its
maximum for a fifth of the steps.

References:
    keras.optimizers.schedules: the step is that of the optimizer
"""

from bisect import bisect_left

from seqspec.core.analysis.training.optimizers import rate_at
from seqspec.core.catalog.schedules import CLASSES
from seqspec.core.catalog.schedules.cosine import CosineDecayRestarts
from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fmt, rule

_NOTHING = 1e-4


@rule("SEQ512", "warning", graphs="all", tables="fit", optimizers=frozenset(CLASSES), depends_on=("updates",))
def check(facts: Facts) -> Findings:
    updates = facts.training.updates
    if not updates or updates < 10:
        return
    for entry in facts.training.optimizers:
        if not entry.scheduled or isinstance(entry.rate, CosineDecayRestarts):
            continue
        least = max(entry.rates(updates), default=0.0) * _NOTHING
        late = rate_at(entry.rate, updates * 0.8)
        end = rate_at(entry.rate, updates - 1)
        if late is None or end is None or late > least or end > least:
            continue
        first = bisect_left(range(updates - 1), True, key=lambda step: (rate_at(entry.rate, step) or 0.0) <= least)
        steps = "decay_steps" if hasattr(entry.rate, "decay_steps") else "boundaries"
        yield finding(
            fmt("the learning rate drops to {:.2g} after {} of {} steps", end, first, updates),
            path=entry.path_of("learning_rate", steps),
            label="counts batches",
            related=facts.training.stages[0].written_epochs,
            help=fmt("set {}", Setting(steps, updates)) if steps == "decay_steps" else "use later boundaries",
        )
