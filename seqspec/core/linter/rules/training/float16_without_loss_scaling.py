"""Training in float16 without loss scaling.

What it does: Detects training in float16 without loss scaling: auto_scale_loss = false with mixed_float16, or the dtype
policy float16.

Why is this bad? Gradients below 6e-8 underflow to zero in float16, and many gradients of a deep network are that small.
Keras only scales the loss automatically with mixed_float16.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, dtype = "float32", activation = "sigmoid" },
    ]

    [compile]
    optimizer = "adam"
    loss = "binary_crossentropy"
    auto_scale_loss = false

    [runtime]
    dtype_policy = "mixed_float16"

Use instead:
    -auto_scale_loss = false

Confidence: high.

References:
    Micikevicius et al., Mixed Precision Training, 2018
    keras.Model.compile, the argument auto_scale_loss; keras.optimizers.LossScaleOptimizer
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, finding, fix_setting, fmt, remove, rule


@rule("SEQ517", "warning", graphs="all", tables=("compile", "runtime"))
def check(facts: Facts) -> Findings:
    policy = facts.runtime.dtype_policy if facts.has("runtime") else ""
    if policy not in ("mixed_float16", "float16") or not facts.has("compile") or not facts.training.optimizers:
        return
    scaled = type(facts.compile.optimizer).__name__ == "LossScaleOptimizer"
    if scaled or any(entry.optimizer.loss_scale_factor for entry in facts.training.optimizers):
        return
    mixed = policy == "mixed_float16"
    if mixed and facts.compile.auto_scale_loss:
        return
    yield finding(
        "the loss is not scaled, so small gradients underflow in float16"
        if mixed
        else "all computations are in float16 without loss scaling, so small gradients underflow",
        path=("compile", "auto_scale_loss") if mixed else ("runtime", "dtype_policy"),
        related=[(("runtime", "dtype_policy"), "float16")] if mixed else [],
        help="remove auto_scale_loss" if mixed else fmt("set {}", Setting("dtype_policy", "mixed_float16")),
        fix=TreeFix("scale the loss", (remove(("compile", "auto_scale_loss")),))
        if mixed
        else fix_setting("mixed_float16", ("runtime", "dtype_policy")),
    )
