"""Warmup that does not happen or never ends.

What it does: Detects a CosineDecay warmup that has no effect or never ends: warmup_steps without warmup_target,
warmup_target without warmup_steps, or at least as many warmup_steps as training has steps.

Why is this bad? Without warmup_target Keras ignores warmup_steps and starts with the full learning rate. Without
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

Use instead:
     decay_steps = 4000
    +warmup_target = 2e-3

Confidence: certain.

References:
    keras.optimizers.schedules.CosineDecay
"""

from seqspec.core.linter.rules import Facts, Findings, Message, Number, Setting, Verbatim, finding, fmt, rule


@rule("SEQ514", "warning", graphs="all", optimizers="CosineDecay", depends_on=("updates",))
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        rate = entry.rate
        if type(rate).__name__ != "CosineDecay":
            continue
        start, steps, target = rate.initial_learning_rate, rate.warmup_steps, rate.warmup_target
        if steps and target is None:
            yield finding(
                fmt("{} has no effect without warmup_target", Setting("warmup_steps", Number(steps, "g"))),
                path=entry.path_of("learning_rate", "warmup_steps"),
                label="no warmup",
                help=fmt(
                    "add {}, the rate after warmup, and set {}",
                    Setting("warmup_target", Verbatim(Message(Number(start, "g")))),
                    Setting("initial_learning_rate", 0.0),
                ),
            )
        elif target is not None and not steps:
            yield finding(
                fmt(
                    "without warmup_steps the learning rate starts at {}, and {} is never used",
                    Setting("warmup_target", Number(target, "g")),
                    Setting("initial_learning_rate", Number(start, "g")),
                ),
                path=entry.path_of("learning_rate", "warmup_target"),
                help="add warmup_steps, or remove warmup_target",
            )
        elif target is not None and facts.training.updates and steps >= facts.training.updates:
            yield finding(
                fmt("the warmup takes {:g} steps, but training has only {}", steps, facts.training.updates),
                path=entry.path_of("learning_rate", "warmup_steps"),
                label="never ends",
                help=fmt("set {}", Setting("warmup_steps", max(1, facts.training.updates // 10))),
            )
