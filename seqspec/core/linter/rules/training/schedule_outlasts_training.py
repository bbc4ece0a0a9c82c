"""Learning rate schedule that is longer than the training.

What it does: Detects a schedule of which training only uses the beginning: less than half of its steps, or no boundary
of a PiecewiseConstantDecay.

Why is this bad? A schedule is designed to end with small learning rates, at which the loss decreases further. If it is
cut off, training ends with a large learning rate.

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
    decay_steps = 100000

    [fit]
    epochs = 20
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Use instead:
    -decay_steps = 100000
    +decay_steps = 4000

Confidence: severity is info: the numbers are certain, but a long schedule may be intended for training that is
continued later.

References:
    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017
"""

from seqspec.core.catalog.schedules import CLASSES
from seqspec.core.catalog.schedules.decay import PiecewiseConstantDecay
from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fmt, rule


@rule("SEQ513", "info", graphs="all", tables="fit", optimizers=frozenset(CLASSES), depends_on=("updates",))
def check(facts: Facts) -> Findings:
    updates = facts.training.updates
    if not updates:
        return
    for entry in facts.training.optimizers:
        end = entry.rate.decay_end if entry.scheduled else None
        if not end:
            continue
        piecewise = isinstance(entry.rate, PiecewiseConstantDecay)
        if updates > min(entry.rate.boundaries) if piecewise else updates * 2 > end:
            continue
        warmup = getattr(entry.rate, "warmup_steps", 0) if getattr(entry.rate, "warmup_target", None) else 0
        if warmup >= updates:
            continue
        name = "boundaries" if piecewise else "decay_steps"
        yield finding(
            fmt("the schedule takes {:g} steps, but training has only {}", end, updates)
            if not piecewise
            else fmt(
                "the first boundary is after {:g} steps, but training has only {}", min(entry.rate.boundaries), updates
            ),
            path=entry.path_of("learning_rate", name),
            label="counts batches",
            related=facts.training.stages[0].written_epochs,
            help=fmt("set {}", Setting("decay_steps", updates - int(warmup)))
            if not piecewise
            else "use earlier boundaries",
        )
