"""KL divergence on outputs that do not sum to 1.

What it does: finds kl_divergence on an output that is not a distribution over several classes.

Why it hurts: The Kullback-Leibler divergence compares two distributions. Outputs that do not sum to 1 make it negative
or meaningless: it is least when every output is as large as it can be.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 6, activation = "sigmoid" },
    ]

    [compile]
    loss = "kl_divergence"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 6, activation = "softmax" },
    ]

    [compile]
    loss = "kl_divergence"

Confidence: high.

References:
    keras.losses.KLDivergence
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.head import DISTRIBUTIONS
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or objective.loss != "KLDivergence" or head.activation in DISTRIBUTIONS:
        return
    # Latent codes are drawn to a distribution over the batch, one unit each.
    yield Violation(
        RULE.name,
        f"{objective.word} compares distributions, but {head.activation} outputs do not sum to 1",
        path=head.path,
        anchor=head.anchor,
        label="no distribution",
        related=[(objective.path, "compares distributions")],
        help='write activation = "softmax"' if head.simple else "end the model with a softmax",
        fix=TreeFix("use softmax", (set_value((*head.entry.path, "activation"), "softmax"),))
        if head.simple and head.units != 1
        else None,
    )


RULE = Rule(
    code="SEQ316",
    name="kl-divergence-on-non-distribution",
    severity="warning",
    requires=Requires(losses=("KLDivergence",)),
    check=check,
    docs=__doc__,
)
