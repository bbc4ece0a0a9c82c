"""Decay rate of a moving average outside [0, 1).

What it does: Detects a momentum, beta or rho of an optimizer that is negative or at least 1, and a beta_1 above beta_2.

Why is this bad? These are the decay rates of moving averages. At 1 the average never includes new values: with beta_1 =
1 Adam produces NaN weights, with beta_2 = 1 weights never change. Below 0 the sign changes at every step. With beta_1
above beta_2 an update can be many times larger than the learning rate.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "Adam", learning_rate = 0.001, beta_1 = 0.9, beta_2 = 1.0 }
    loss = "binary_crossentropy"

Use instead:
    -optimizer = { type = "Adam", learning_rate = 0.001, beta_1 = 0.9, beta_2 = 1.0 }
    +optimizer = { type = "Adam", learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999 }

Confidence: certain for the range, high for the order; a momentum of 1 in SGD is a warning, since it only prevents
convergence.

References:
    Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015
    keras.optimizers.Adam.update_step
"""

from seqspec.core.diagnostics.message import short
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Number,
    Setting,
    Verbatim,
    finding,
    fix_setting,
    fmt,
    given_arguments,
    rule,
)

_PARTS = ("beta_1", "beta_2", "rho", "momentum", "adam_beta_1", "adam_beta_2")


@rule(
    "SEQ507",
    "error",
    graphs="settings",
    tables="compile",
    arguments=("beta_1", "beta_2", "rho", "momentum", "adam_beta_1", "adam_beta_2"),
)
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        given = given_arguments(entry.optimizer)
        wrong = [name for name in _PARTS if name in given and not 0 <= given[name] < 1]
        for name in wrong:
            usual = type(entry.optimizer).model_fields[name].default or 0.9
            forever = given[name] >= 1
            yield finding(
                fmt("{} has {}: ", entry.kind, Setting(name, Verbatim(short(given[name]))))
                + ("past gradients never decay" if forever else "past gradients change sign at every step"),
                path=entry.path_of(name),
                label="must be below 1" if forever else "negative",
                help=fmt("set {}", Setting(name, Verbatim(f"{usual:g}"))),
                severity="warning" if name == "momentum" and given[name] == 1 else None,
                fix=fix_setting(usual, entry.path_of(name)) if entry.is_written(name) else None,
            )
        if not wrong and "two_moments" in entry.traits:
            first, second = entry.optimizer.beta_1, entry.optimizer.beta_2
            if first > second:
                yield finding(
                    fmt(
                        "{} has {} above {}: an update can be many times larger than the learning rate",
                        entry.kind,
                        Setting("beta_1", Number(first, "g")),
                        Setting("beta_2", Number(second, "g")),
                    ),
                    path=entry.path_of("beta_1" if entry.is_written("beta_1") else "beta_2"),
                    help=fmt("set {} and {}", Setting("beta_1", 0.9), Setting("beta_2", 0.999)),
                    severity="warning",
                )
