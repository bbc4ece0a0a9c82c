"""SELU layer without the `lecun_normal` initializer.

What it does: finds layers with `selu` whose kernel does not start with the spread that `selu` is made for. Three or
more of them whose signal does not keep its size are a warning.

Why it hurts: `selu` keeps mean and variance of the signal from layer to layer, which is all that it is for. It does so
only where the variance of the weights is one over the number of inputs, as `lecun_normal` makes it; with `he_normal`
the signal grows from layer to layer.

Example:
    seqspec = 1

    [model]
    input = [32]
    layers = [
      { type = "Dense", units = 128, activation = "selu" },
      { type = "Dense", units = 32, activation = "selu", kernel_initializer = "lecun_normal" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [32]
    layers = [
      { type = "Dense", units = 128, activation = "selu", kernel_initializer = "lecun_normal" },
      { type = "Dense", units = 32, activation = "selu", kernel_initializer = "lecun_normal" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Confidence: high as arithmetic, low as a loss of quality: the signal is off by less than a factor of 2 with one or two
such layers, which is why that is a hint. In the mean field, ten layers of he_normal give a mean square of 18 instead
of 1. Layers in front of a normalization are left alone.

References:
    Klambauer et al., Self-Normalizing Neural Networks, 2017
    keras.activations.selu
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    if not facts.flow.indices_by_activation["selu"]:
        return
    off = [
        level
        for level in facts.signal_gains
        if level.activation == "selu" and not level.normalized and not 0.8 < level.gain**2 < 1.25
    ]
    loud = len(off) > 2 and not 0.5 < off[-1].leaves < 2
    for level in off:
        entry = level.step.entry
        path = (*entry.path, "kernel_initializer")
        named = "kernel_initializer" in entry.layer.model_fields_set
        yield Violation(
            RULE.name,
            f"selu keeps the size of the signal with lecun_normal; these start values make it {level.gain:.2g} times",
            path=path if named else entry.path,
            anchor="value" if named else "layer",
            label="not lecun_normal" if named else "starts with glorot_uniform",
            help='write kernel_initializer = "lecun_normal"',
            severity="warning" if loud else None,
            fix=TreeFix("use lecun_normal", (set_value(path, "lecun_normal"),)),
        )


RULE = Rule(
    code="SEQ412",
    name="selu-initializer",
    severity="info",
    requires=Requires(activations=("selu",)),
    check=check,
    docs=__doc__,
)
