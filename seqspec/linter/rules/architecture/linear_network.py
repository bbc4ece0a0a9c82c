"""Model of several layers that is a single linear map.

What it does: finds a model with two or more layers with weights and no nonlinear one before the last.

Why it hurts: linear maps in a row are one linear map, so the whole model can do no more than its last layer alone:
linear or logistic regression, at many times the cost.

Example:
    seqspec = 1

    [model]
    input = [16]
    layers = [
      { type = "Dense", units = 64 },
      { type = "Dense", units = 32 },
      { type = "Dense", units = 1 },
    ]

Instead:
    seqspec = 1

    [model]
    input = [16]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 32, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

Confidence: certain as arithmetic. A model of one layer is left alone, and so is one whose maps all narrow on purpose,
such as a linear autoencoder.

References:
    UMLAUT, "missing activations" (Schoop et al., 2021)
    DLContract, the contract on hidden activations (FSE 2023)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import LINEAR
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    if not facts.is_linear:
        return
    hidden = [link.first.entry for link in facts.linear_pairs]
    entry = hidden[0]
    yield Violation(
        RULE.name,
        f"the {len(hidden) + 1} layers with weights are one linear map: no activation stands between them",
        path=entry.path,
        anchor="layer",
        label="no activation",
        help='write activation = "relu" in every layer with weights but the last',
        related=[(other.path, "no activation either") for other in hidden[1:]],
        fix=TreeFix("use relu", tuple(set_value((*other.path, "activation"), "relu") for other in hidden)),
    )


RULE = Rule(
    code="SEQ402",
    name="linear-network",
    severity="warning",
    requires=Requires(layers=LINEAR),
    check=check,
    docs=__doc__,
)
