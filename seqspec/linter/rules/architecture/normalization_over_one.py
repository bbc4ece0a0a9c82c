"""Normalization over a single value, which outputs a constant.

What it does: finds `LayerNormalization` and `GroupNormalization` that normalize over one value each.

Why it hurts: a single value less its own mean is 0, whatever it was: nothing of the input passes, and the layers
before never get a gradient.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
      "LayerNormalization",
    ]

    [compile]
    loss = "mse"

Instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      "LayerNormalization",
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

Confidence: certain: the output is constant by arithmetic, which tests/differential/test_signal.py shows on Keras.

References:
    keras.layers.LayerNormalization
    keras.layers.GroupNormalization
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.norms import normalized_together
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for step in facts.flow:
        if step.kind != "norm" or normalized_together(step.entry) != 1:
            continue
        groups = step.entry.type == "GroupNormalization"
        yield Violation(
            RULE.name,
            f"normalizes each value alone, which gives a constant: {step.entry.input} arrives",
            path=(*step.entry.path, "groups")
            if groups and "groups" in step.entry.layer.model_fields_set
            else step.entry.path,
            anchor="value" if groups and "groups" in step.entry.layer.model_fields_set else "layer",
            label="one value at a time",
            help="write fewer groups" if groups else "remove it, or put it before the layer that leaves one value",
        )


RULE = Rule(
    code="SEQ430",
    name="normalization-over-one",
    severity="error",
    requires=Requires(layers=("LayerNormalization", "GroupNormalization")),
    check=check,
    docs=__doc__,
)
