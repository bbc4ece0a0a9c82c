"""Same layer twice in a row.

What it does: Detects two consecutive normalizations, dropouts or identical pooling layers.

Why is this bad? Normalizing twice has no effect; two dropouts are one with a higher rate; two pooling layers are one
with a larger window. Usually a line was duplicated by mistake.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.2 },
      { type = "Dropout", rate = 0.2 },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.36 },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Confidence: high, and harmless: severity is info.

References:
    Humbatova et al., Taxonomy of Real Faults in Deep Learning Systems, 2020, "redundant layer"
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.tree_fix import TreeFix, remove
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    before = None
    for step in facts.flow:
        first, before = before, step
        if first is None or first.type != step.type:
            continue
        if step.entry.traits.isdisjoint(_GROUPS) and step.kind != "dropout":
            continue
        second = step.entry
        yield Violation(
            RULE.name,
            Message("is the second consecutive ", second.type),
            path=second.path,
            anchor="layer",
            label="repeated layer",
            related=[(first.entry.path, "first layer")],
            help=Message("remove one ", second.type),
            fix=TreeFix("remove the second layer", (remove(second.path),))
            if isinstance(second.path[-1], int)
            else None,
        )


_GROUPS = ("normalization", "pooling")


RULE = Rule(
    code="SEQ467",
    name="repeated-layer",
    severity="info",
    requires=Requires(layers=("normalization", "dropout", "pooling")),
    check=check,
    docs=__doc__,
)
