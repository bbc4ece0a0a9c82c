"""Output layer in half precision.

What it does: finds a model for training whose last layer computes in float16 or bfloat16.

Why it hurts: the head is where small differences count: a softmax in float16 gives 0 for anything below 6e-8, a loss
of logits overflows at 65504, and regression values keep three digits. Keras casts to float32 only afterwards, for the
loss.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = "adam"
    loss = "binary_crossentropy"

    [runtime]
    dtype_policy = "mixed_float16"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, dtype = "float32", activation = "sigmoid" },
    ]

    [compile]
    optimizer = "adam"
    loss = "binary_crossentropy"

    [runtime]
    dtype_policy = "mixed_float16"

Confidence: high for float16; bfloat16 has the range of float32 and few digits, so there it is a hint.

References:
    TensorFlow, guide on mixed precision: the model's output should be float32
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    output = facts.output
    if output is None or facts.tables.isdisjoint(("compile", "fit")) or output.dtype not in ("float16", "bfloat16"):
        return
    entry = facts.flat_layers[-1]
    named = "dtype" in entry.layer.model_fields_set
    yield Violation(
        RULE.name,
        f"the model's output is {output.dtype}, too coarse for a loss",
        path=(*entry.path, "dtype") if named else entry.path,
        anchor="value" if named else "layer",
        label=output.dtype,
        related=[] if named or facts.runtime is None else [(("runtime", "dtype_policy"), "the policy of all layers")],
        help='write dtype = "float32" in the last layer',
        severity="info" if output.dtype == "bfloat16" else None,
        fix=TreeFix("let the last layer compute in float32", (set_value((*entry.path, "dtype"), "float32"),)),
    )


RULE = Rule(
    code="SEQ518",
    name="half-precision-output",
    severity="warning",
    requires=(
        Requires(tables=("compile",), dtypes=("float16", "bfloat16")),
        Requires(tables=("fit",), dtypes=("float16", "bfloat16")),
    ),
    check=check,
    docs=__doc__,
)
