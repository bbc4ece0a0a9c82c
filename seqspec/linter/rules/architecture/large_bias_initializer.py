"""Bias initializer far from zero.

What it does: finds hidden layers whose bias starts as ones, as a constant above 0.1, or with a random spread of 0.5 or
more.

Why it hurts: a bias has no symmetry to break, so there is nothing to gain: a large one only pushes the sums of all
units to one side, where `relu` is always on (or always off) and `sigmoid` is flat.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu", bias_initializer = "ones" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Confidence: low: most such models train. The bias of the last layer is left alone, where the logarithm of the odds is a
good start, and so are recurrent layers, whose forget gates start at 1.

References:
    NeuraLint f024 (Nikanjam et al., 2021)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.signal import spread_of
from seqspec.catalog.keras_object import given_arguments
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    for index in flow.weighted:
        entry = flow[index].entry
        initializer = given_arguments(entry.layer).get("bias_initializer")
        if initializer is None or not getattr(entry.layer, "use_bias", True):
            continue
        if facts.has_full_stack and index == flow.last_learned:
            continue
        spread = spread_of(initializer, (1,)) or 0
        if spread <= 0.1 or (spread < 0.5 and type(initializer).__name__ != "Constant"):
            continue
        path = (*entry.path, "bias_initializer")
        yield Violation(
            RULE.name,
            f"the bias of a hidden layer starts about {spread:.2g} away from zero, which shifts all its units",
            path=path,
            label="zeros are the usual start",
            help='write "zeros"',
            fix=TreeFix("start with zeros", (set_value(path, "zeros"),)),
        )


RULE = Rule(
    code="SEQ414",
    name="large-bias-initializer",
    severity="info",
    requires=Requires(arguments=("bias_initializer",)),
    check=check,
    docs=__doc__,
)
