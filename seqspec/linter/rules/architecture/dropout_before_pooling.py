"""Dropout directly before max pooling.

What it does: finds dropout of single values whose output goes to a max pooling.

Why it hurts: max pooling takes the greatest of several values, so that a value that was dropped is replaced by its
neighbour: the dropout is far weaker than its rate says, and the signal is biased.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      { type = "Dropout", rate = 0.2 },
      "MaxPooling2D",
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "MaxPooling2D",
      { type = "Dropout", rate = 0.2 },
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: low: such models train, so it is a hint.

References:
    NeuraLint f018 (Nikanjam et al., 2021)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.moves import move_after
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_PASSED = frozenset({"activation"})


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    for index in flow.indices_by_kind["max_pool"]:
        step, drop = flow[index], flow.before(index, _PASSED)
        if drop is None or drop.entry.type not in ("Dropout", "AlphaDropout"):
            continue
        layer = drop.entry.layer
        if not layer.rate or getattr(layer, "noise_shape", None):
            continue
        yield Violation(
            RULE.name,
            "drops values that the max pooling behind it replaces by their neighbours",
            path=drop.entry.path,
            anchor="layer",
            label="before max pooling",
            related=[(step.entry.path, "takes the greatest of several")],
            help="put the dropout behind the pooling",
            fix=move_after(facts.spec.tree, drop.entry, step.entry, "move the dropout"),
        )


RULE = Rule(
    code="SEQ436",
    name="dropout-before-pooling",
    severity="info",
    requires=Requires(layers=("Dropout", "AlphaDropout")),
    check=check,
    docs=__doc__,
)
