"""SwapEMAWeights with an optimizer that does not use `use_ema = true`.

What it does: Detects SwapEMAWeights with an optimizer without moving averages (use_ema = true).

Why is this bad? The callback swaps weights with their moving averages. Without them Keras raises ValueError at the
first validation, or at the first epoch with swap_on_epoch, and does nothing otherwise.

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

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    callbacks = [{ type = "SwapEMAWeights" }]

Use instead:
    -optimizer = { type = "Adam", learning_rate = 1e-3 }
    +optimizer = { type = "Adam", learning_rate = 1e-3, use_ema = true }

Confidence: certain.

References:
    keras.callbacks.SwapEMAWeights
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule


@rule("SEQ516", "error", graphs="all", tables="compile", callbacks="SwapEMAWeights")
def check(facts: Facts) -> Findings:
    entries = facts.training.optimizers
    if not entries or any(entry.optimizer.use_ema for entry in entries):
        return
    for stage in facts.training.stages:
        for index, callback in enumerate(stage.callbacks):
            if type(callback).__name__ != "SwapEMAWeights":
                continue
            raises = callback.swap_on_epoch or stage.validations > 0
            yield finding(
                fmt("SwapEMAWeights needs an optimizer with {}: ", Setting("use_ema", True))
                + ("Keras raises ValueError after the first epoch" if raises else "nothing is swapped"),
                path=stage.callback_path(index),
                anchor="layer",
                related=[(entries[0].path, "no use_ema")],
                help=fmt("set {} in the optimizer", Setting("use_ema", True)),
                severity=None if raises else "warning",
                fix=fix_setting(True, (*entries[0].path, "use_ema")) if isinstance(entries[0].written, dict) else None,
            )
