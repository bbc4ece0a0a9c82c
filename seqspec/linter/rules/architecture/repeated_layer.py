"""Same layer twice in a row.

What it does: finds two normalizations, two dropouts or two equal poolings in a row.

Why it hurts: a second normalization of what is normalized does nothing new; two dropouts are one with a higher rate;
two poolings are one with a larger window. Mostly a line was copied once too often.

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

Instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.36 },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Confidence: high, and harmless: a hint.

References:
    Humbatova et al., Taxonomy of Real Faults in Deep Learning Systems, 2020, "redundant layer"
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import DROPOUT, NORMALIZATION, POOLING
from seqspec.diagnostics.tree_fix import TreeFix, remove
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    before = None
    for step in facts.flow:
        first, before = before, step
        if first is None or first.type != step.type or step.type not in _KINDS:
            continue
        second = step.entry
        yield Violation(
            RULE.name,
            f"is the second {second.type} in a row",
            path=second.path,
            anchor="layer",
            label="once more",
            related=[(first.entry.path, "the first one")],
            help=f"keep one {second.type}",
            fix=TreeFix("remove it", (remove(second.path),)) if isinstance(second.path[-1], int) else None,
        )


_KINDS = NORMALIZATION | DROPOUT | POOLING


RULE = Rule(
    code="SEQ467",
    name="repeated-layer",
    severity="info",
    requires=Requires(layers=NORMALIZATION | DROPOUT | POOLING),
    check=check,
    docs=__doc__,
)
