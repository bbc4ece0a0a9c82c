"""Dropout or batch normalization between SELU layers.

What it does: finds `Dropout` behind a `selu` layer, and `BatchNormalization` behind one.

Why it hurts: `selu` keeps mean and variance of the signal by itself. `Dropout` changes both, `AlphaDropout` is made to
keep them; and a batch normalization does again, at a price, what `selu` is chosen to save.

Example:
    seqspec = 1

    [model]
    input = [32]
    layers = [
      { type = "Dense", units = 64, activation = "selu", kernel_initializer = "lecun_normal" },
      { type = "Dropout", rate = 0.1 },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [32]
    layers = [
      { type = "Dense", units = 64, activation = "selu", kernel_initializer = "lecun_normal" },
      { type = "AlphaDropout", rate = 0.1 },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Confidence: medium: such models train, they only lose what `selu` is for. A hint.

References:
    Klambauer et al., Self-Normalizing Neural Networks, 2017
    keras.layers.AlphaDropout
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import DROPOUT
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    if not flow.indices_by_activation["selu"]:
        return
    for index, step in enumerate(flow):
        norm = step.entry.type == "BatchNormalization"
        if not norm and (step.kind != "dropout" or step.entry.type == "AlphaDropout"):
            continue
        before = flow.before(index, frozenset({"layout", "dropout"}))
        if before is None or before.activation != "selu":
            continue
        path = (*step.entry.path, "type")
        fix = None if norm else TreeFix("use AlphaDropout", (set_value(path, "AlphaDropout"),))
        yield Violation(
            RULE.name,
            "normalizes what selu keeps normalized by itself" if norm else "changes the variance that selu keeps",
            path=step.entry.path,
            anchor="layer",
            label="behind selu",
            related=[(before.entry.path, "has selu")],
            help='keep one of the two; "relu" goes with BatchNormalization' if norm else 'write "AlphaDropout"',
            fix=fix if step.entry.type == "Dropout" else None,
        )


RULE = Rule(
    code="SEQ413",
    name="selu-with-dropout",
    severity="info",
    requires=Requires(layers=DROPOUT | {"BatchNormalization"}, activations=("selu",)),
    check=check,
    docs=__doc__,
)
