"""Optimizer epsilon too small to prevent division by zero.

What it does: Detects an epsilon below 1e-12 in an optimizer that divides by the magnitude of past gradients.

Why is this bad? Where gradients become small, the optimizer divides by almost zero and a single update can be huge.
Keras uses 1e-7 for single precision; the papers use 1e-8.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "Adam", learning_rate = 0.001, epsilon = 1e-16 }
    loss = "binary_crossentropy"

Use instead:
    -optimizer = { type = "Adam", learning_rate = 0.001, epsilon = 1e-16 }
    +optimizer = { type = "Adam", learning_rate = 0.001, epsilon = 1e-7 }

Confidence: high. A larger epsilon is a matter of tuning and is not reported.

References:
    TheDeepChecker, tdc_r_low_eps; Stack Overflow 42064941, 50975389, 42327543
    keras.optimizers.Adam: the epsilon is the paper's epsilon hat
"""

from seqspec.core.catalog.keras_object import argument_of
from seqspec.core.diagnostics.message import short
from seqspec.core.linter.rules import Facts, Findings, Setting, Verbatim, finding, fix_setting, fmt, rule

_MIN_EPSILON = 1e-12


@rule("SEQ506", "warning", graphs="all", tables="compile", arguments="epsilon")
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        epsilon = argument_of(entry.optimizer, "epsilon", 1.0)
        if epsilon >= _MIN_EPSILON:
            continue
        epsilon_path = entry.path_of("epsilon")
        yield finding(
            fmt(
                "{} has {}: small gradients lead to a division by almost zero",
                entry.kind,
                Setting("epsilon", Verbatim(short(epsilon))),
            ),
            path=epsilon_path,
            label="at least 1e-8",
            help=fmt("set {}, Keras's default", Setting("epsilon", Verbatim("1e-7"))),
            fix=fix_setting(1e-07, epsilon_path) if len(epsilon_path) > len(entry.path) else None,
        )
