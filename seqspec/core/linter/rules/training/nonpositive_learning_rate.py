"""Learning rate of zero or less.

What it does: Detects an optimizer whose learning rate is zero or negative, including throughout a schedule.

Why is this bad? At zero no weight changes, and with a negative rate every update increases the loss. Keras silently
accepts any number.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "Adam", learning_rate = -0.001 }
    loss = "binary_crossentropy"

Use instead:
    -optimizer = { type = "Adam", learning_rate = -0.001 }
    +optimizer = { type = "Adam", learning_rate = 0.001 }

Confidence: certain.

References:
    keras.optimizers: learning_rate is never checked
    UMLAUT, and the program umlaut_b with a rate of -1000
"""

from seqspec.core.linter.rules import Facts, Findings, Message, Number, TreeFix, finding, fmt, rule, set_value


@rule("SEQ501", "error", graphs="settings", tables="compile", depends_on=("callbacks", "learning_rate"))
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        rates = entry.rates(facts.training.updates)
        if not rates or max(rates) > 0:
            continue
        rate_path = entry.path_of("learning_rate")
        sinks = min(rates) < 0
        shown = "a schedule" if entry.scheduled else Message(Number(entry.rate, "g"))
        yield finding(
            fmt("learning_rate is {}", shown)
            + (" that is never positive" if entry.scheduled else "")
            + (": every update increases the loss" if sinks else ": no weight ever changes"),
            path=rate_path,
            label="negative" if sinks else "zero",
            help=fmt(
                "use a positive number; typical values for {} are {}",
                entry.kind,
                entry.optimizer.typical_learning_rates,
            ),
            fix=None
            if entry.scheduled or not sinks or len(rate_path) == len(entry.path)
            else TreeFix("remove the sign", (set_value(rate_path, -entry.rate),)),
        )
