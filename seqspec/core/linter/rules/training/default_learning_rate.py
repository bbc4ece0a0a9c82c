"""Adadelta or Adagrad with Keras's default learning rate.

What it does: Detects Adadelta and Adagrad with the default learning rate of Keras.

Why is this bad? Keras 3 uses a default of 0.001 for every optimizer except SGD, Muon and ScheduleFreeAdamW. Adadelta
adapts its step size itself and was designed for 1.0, the default of older Keras versions; with 0.001 it is a thousand
times slower and does not seem to learn. Adagrad only ever slows down and should start at 0.01.

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

Use instead:
    -optimizer = "adadelta"
    +optimizer = { type = "Adadelta", learning_rate = 1.0 }

Confidence: high for Adadelta; for Adagrad severity is info.

References:
    Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012
    keras.optimizers.Adadelta, which names 1.0 as the rate of the paper
    tensorflow/tensorflow#30941, #31024, #39432
"""

from seqspec.core.linter.rules import Facts, Findings, Value, finding, fix_setting, fmt, rule


@rule("SEQ504", "warning", graphs="settings", optimizers=("Adadelta", "Adagrad"), depends_on=("version",))
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        if entry.kind not in ("Adadelta", "Adagrad") or entry.is_written("learning_rate"):
            continue
        rate = entry.optimizer.starting_learning_rate
        value = {"type": entry.kind, **entry.optimizer.to_tree(), "learning_rate": rate}
        yield finding(
            fmt("{} uses the Keras default learning rate of 0.001, but was designed for {}", entry.kind, rate),
            path=entry.path,
            anchor="layer",
            label="defaults to 0.001",
            help=fmt("use {}", Value({"type": entry.kind, "learning_rate": rate})),
            severity="warning" if entry.kind == "Adadelta" else "info",
            fix=fix_setting(value, entry.path),
        )
