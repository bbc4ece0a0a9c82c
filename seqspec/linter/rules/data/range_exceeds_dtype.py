"""Value range that the dtype cannot represent.

What it does: finds facts about a set that cannot all be right: a `range` that its `dtype`, or the dtype of the input,
cannot hold.

Why it hurts: bytes hold no negative numbers and no fractions. When such values are cast to the input's dtype they wrap
around or become 0, without a word.

Example:
    seqspec = 1

    [model]
    input = { shape = [32, 32, 3], dtype = "uint8" }
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [data.train]
    range = [-1.0, 1.0]

Instead:
    seqspec = 1

    [model]
    input = { shape = [32, 32, 3], dtype = "uint8" }
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [data.train]
    range = [0, 255]

Confidence: certain.

References:
    numpy.iinfo
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.ranges import WHOLE_NUMBERS, Interval, impossible_range
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for name, one in facts.datasets:
        found = impossible_range(name, one, facts.input, facts.declared_input)
        if found is None or one.range is None:
            continue
        dtype, where = found
        low, high = WHOLE_NUMBERS[dtype]
        fractions = any(end != int(end) for end in one.range)
        yield Violation(
            RULE.name,
            f"{dtype} holds {'only whole numbers' if fractions else f'{low} to {high}'}, not {Interval(*one.range)}",
            path=("data", name, "range"),
            related=[(where, f"{dtype} here")],
            help="correct the range, or the dtype",
        )


RULE = Rule(
    code="SEQ615",
    name="range-exceeds-dtype",
    severity="error",
    requires=Requires(tables=("data",), arguments=("range",)),
    check=check,
    docs=__doc__,
)
