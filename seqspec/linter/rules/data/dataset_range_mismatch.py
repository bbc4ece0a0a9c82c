"""Datasets with different value ranges.

What it does: finds a validation or test set whose values have another scale than the training data.

Why it hurts: a model that has learnt from values of 0 to 1 sees nothing it knows in values of 0 to 255. The scaling
was done for one set and forgotten for the other.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [data.train]
    range = [0.0, 1.0]

    [data.test]
    range = [0, 255]

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [data.train]
    range = [0.0, 1.0]

    [data.test]
    range = [0.0, 1.0]

Confidence: it speaks where one range is 5 times as wide as the other, or where they do not even touch.

References:
    UMLAUT and DLContract, normalization of all sets alike
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.ranges import Interval
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_TIMES = 5


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    sets = [(name, Interval(*one.range)) for name, one in facts.datasets if one.range is not None]
    if len(sets) < 2:
        return
    first, usual = sets[0]
    for name, values in sets[1:]:
        wide, narrow = sorted((usual.high - usual.low, values.high - values.low), reverse=True)
        apart = values.low > usual.high or usual.low > values.high
        if wide > _TIMES * narrow or apart:
            yield Violation(
                RULE.name,
                f"the values of [data.{name}] are {values}, those of [data.{first}] {usual}",
                path=("data", name, "range"),
                related=[(("data", first, "range"), "another scale")],
                help=f"scale both alike: put the scaling into the model, or prepare [data.{name}] as [data.{first}]",
            )


RULE = Rule(
    code="SEQ614",
    name="dataset-range-mismatch",
    severity="warning",
    requires=Requires(tables=("data",), arguments=("range",)),
    check=check,
    docs=__doc__,
)
