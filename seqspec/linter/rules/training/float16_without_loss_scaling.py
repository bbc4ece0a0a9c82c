"""Training in float16 without loss scaling.

What it does: finds training in float16 without a scaled loss: auto_scale_loss = false under mixed_float16, or the
policy float16 for everything.

Why it hurts: gradients below 6e-8 are zero in float16, and most gradients of a deep network are near that. Keras
scales the loss by itself under mixed_float16 only.

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

Instead:
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

    [runtime]
    dtype_policy = "mixed_float16"

Confidence: high.

References:
    Micikevicius et al., Mixed Precision Training, 2018
    keras.Model.compile, the argument auto_scale_loss; keras.optimizers.LossScaleOptimizer
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, remove, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    policy = facts.runtime.dtype_policy if facts.runtime is not None else ""
    if policy not in ("mixed_float16", "float16") or facts.compile is None or not facts.optimizers:
        return
    scaled = type(facts.compile.optimizer).__name__ == "LossScaleOptimizer"
    if scaled or any(entry.optimizer.loss_scale_factor for entry in facts.optimizers):
        return
    mixed = policy == "mixed_float16"
    if mixed and facts.compile.auto_scale_loss:
        return
    yield Violation(
        RULE.name,
        "the loss is not scaled, so small gradients are zero in float16"
        if mixed
        else "everything is float16 and the loss is not scaled, so small gradients are zero",
        path=("compile", "auto_scale_loss") if mixed else ("runtime", "dtype_policy"),
        related=[(("runtime", "dtype_policy"), "float16")] if mixed else [],
        help="leave auto_scale_loss out" if mixed else 'write dtype_policy = "mixed_float16"',
        fix=TreeFix("scale the loss", (remove(("compile", "auto_scale_loss")),))
        if mixed
        else TreeFix("use mixed_float16", (set_value(("runtime", "dtype_policy"), "mixed_float16"),)),
    )


RULE = Rule(
    code="SEQ517",
    name="float16-without-loss-scaling",
    severity="warning",
    requires=Requires(tables=("compile", "runtime")),
    check=check,
    docs=__doc__,
)
