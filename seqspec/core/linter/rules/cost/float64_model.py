"""Model that computes in float64.

What it does: Detects a model that computes in float64.

Why is this bad? It doubles the memory and is 16 to 64 times slower on most GPUs, for precision that training does not
need: the noise of a batch is much larger than float32 rounding errors.

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

Use instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [runtime]
    dtype_policy = "float32"

Confidence: severity is info: physics and finance models sometimes need it.

References:
    NVIDIA, throughput of native arithmetic instructions
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.tree_fix import assign
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    if facts.runtime is not None and facts.runtime.dtype_policy == "float64":
        path = ("runtime", "dtype_policy")
        yield Violation(
            RULE.name,
            "computes in float64, which doubles the memory and is many times slower on GPUs",
            path=path,
            help='use "float32", which is the default, or "mixed_bfloat16" for speed',
            fix=assign("float32", path),
        )


RULE = Rule(
    code="SEQ705",
    name="float64-model",
    severity="info",
    requires=Requires(tables=("runtime",)),
    check=check,
    docs=__doc__,
)
