"""Same source for two datasets.

What it does: finds a validation or test set with the same `source` as the training data.

Why it hurts: what the model has learnt by heart counts as understood. Over-fitting cannot be seen, and early stopping
never comes.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [data.train]
    source = "houses.npz"

    [data.validation]
    source = "houses.npz"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [data.train]
    source = "houses_train.npz"

    [data.validation]
    source = "houses_validation.npz"

Confidence: high for equal sources. Where the tables say more, such as a key within the file, they are not equal.

References:
    "How real are they" fault code IDS, wrong split of the data (Jahangirova et al., 2024)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    seen: list[tuple[str, Any]] = []
    for name, one in facts.datasets:
        if one.source is None:
            continue
        first = next((other for other, source in seen if source == one.source), None)
        if first is None:
            seen.append((name, one.source))
            continue
        yield Violation(
            RULE.name,
            f"[data.{name}] is read from the same source as [data.{first}]",
            path=("data", name, "source"),
            related=[(("data", first, "source"), "the same source")],
            help="keep samples apart that the model never learns from"
            + (", or remove the table and write validation_split = 0.2 in [fit]" if name == "validation" else ""),
        )


RULE = Rule(
    code="SEQ613",
    name="data-leakage",
    severity="warning",
    requires=Requires(tables=("data",), arguments=("source",)),
    check=check,
    docs=__doc__,
)
