"""Output layer without a bias.

What it does: finds a last `Dense` layer with `use_bias = false`.

Why it hurts: the bias of the last layer holds what is true of all samples: the mean of what is predicted, or how often
each class comes up. Without it the weights must piece that together from the features.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, use_bias = false },
    ]

Instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

Confidence: low: a hint. In front of a normalization the bias would have no effect, so there nothing is said.

References:
    TheDeepChecker, "need_bias" (Ben Braiek and Khomh, 2022)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    last = flow.last_learned
    if not facts.has_full_stack or last < 0 or flow[last].entry.type != "Dense":
        return
    entry = flow[last].entry
    if entry.layer.use_bias or any(step.kind == "norm" for step in flow[last + 1 :]):
        return
    path = (*entry.path, "use_bias")
    yield Violation(
        RULE.name,
        "the last layer has no bias for what is true of all samples",
        path=path,
        label="no bias",
        help="remove use_bias = false",
        fix=TreeFix("use a bias", (set_value(path, True),)),
    )


RULE = Rule(
    code="SEQ465",
    name="missing-output-bias",
    severity="info",
    requires=Requires(layers=("Dense",), arguments=("use_bias",)),
    check=check,
    docs=__doc__,
)
