"""Model that computes in float64.

What it does: finds a model that computes in float64.

Why it hurts: it takes twice the memory, and on most graphics cards 16 to 64 times the time, for digits that training
does not need: the noise of a batch is far larger than float32 rounds.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [runtime]
    dtype_policy = "float64"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [runtime]
    dtype_policy = "float32"

Confidence: a hint: physics and finance sometimes need it.

References:
    NVIDIA, throughput of native arithmetic instructions
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    if facts.runtime is not None and facts.runtime.dtype_policy == "float64":
        path = ("runtime", "dtype_policy")
        yield Violation(
            RULE.name,
            "computes in float64: twice the memory, and many times the time on a graphics card",
            path=path,
            help='write "float32", which is the default, or "mixed_bfloat16" for speed',
            fix=TreeFix("compute in float32", (set_value(path, "float32"),)),
        )


RULE = Rule(
    code="SEQ705",
    name="float64-model",
    severity="info",
    requires=Requires(tables=("runtime",)),
    check=check,
    docs=__doc__,
)
