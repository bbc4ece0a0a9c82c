"""Decay schedule that increases the learning rate.

What it does: Detects an ExponentialDecay with a decay_rate above 1 and an InverseTimeDecay with a negative decay_rate,
which increase the learning rate.

Why is this bad? The learning rate grows without bound until training diverges. decay_rate is the factor applied every
decay_steps, not the fraction subtracted.

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

Use instead:
    -decay_rate = 1.05
    +decay_rate = 0.95

Confidence: certain that it grows; a learning rate range test may intend it.

References:
    keras.optimizers.schedules.ExponentialDecay, InverseTimeDecay
"""

from seqspec.core.linter.rules import Facts, Findings, Number, Setting, finding, fmt, rule


@rule("SEQ511", "warning", graphs="settings", optimizers=("ExponentialDecay", "InverseTimeDecay"))
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        kind = type(entry.rate).__name__
        if kind not in ("ExponentialDecay", "InverseTimeDecay"):
            continue
        rate = entry.rate.decay_rate
        if rate <= 1 if kind == "ExponentialDecay" else rate >= 0:
            continue
        factor = rate if kind == "ExponentialDecay" else 1 / (1 + rate) if rate > -1 else None
        yield finding(
            fmt("{} increases the learning rate", Setting("decay_rate", Number(rate, "g")))
            + (fmt(" by a factor of {:.3g} every {:g} steps", factor, entry.rate.decay_steps) if factor else ""),
            path=entry.path_of("learning_rate", "decay_rate"),
            label="above 1" if kind == "ExponentialDecay" else "negative",
            help="use a decay_rate below 1, such as 0.95"
            if kind == "ExponentialDecay"
            else "use a positive decay_rate",
        )
