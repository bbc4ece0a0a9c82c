"""Embedding whose input is not integer indices.

What it does: finds an `Embedding` behind layers that compute.

Why it hurts: an embedding looks up rows of a table by their number. Keras cuts floats down to whole numbers without a
word: values between 0 and 1 all become row 0, and negative ones no row at all.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Embedding", input_dim = 100, output_dim = 8 },
      "Flatten",
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "binary_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = { shape = [20], dtype = "int32" }
    layers = [
      { type = "Embedding", input_dim = 100, output_dim = 8 },
      "Flatten",
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "binary_crossentropy"

Confidence: certain behind layers that compute: their gradient ends there too. An input of dtype float32 alone is left
alone: it is the default, and Keras casts whole numbers rightly. What `[data]` says of the inputs is the matter of
embedding-index-out-of-range.

References:
    keras.layers.Embedding
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_COMPUTES = frozenset({"weights", "recurrent", "activation", "norm", "average_pool", "noise", "embedding"})


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    before = None
    for step in facts.flow:
        entry = step.entry
        if step.kind == "embedding" and before is not None and entry.input.dtype[:3] not in ("int", "uin"):
            yield Violation(
                RULE.name,
                f"looks up rows by number, but {entry.input} of {before.entry.type} arrives, numbers of any kind",
                path=entry.path,
                anchor="layer",
                label="needs whole numbers",
                related=[(before.entry.path, "computes them")],
                help="put the Embedding first, with the indices as input, or remove it",
            )
        if step.kind in _COMPUTES or entry.type in ("Rescaling", "Normalization"):
            before = step
        elif step.kind == "opaque":
            return


RULE = Rule(
    code="SEQ426",
    name="non-integer-indices",
    severity="error",
    requires=Requires(layers=("Embedding",)),
    check=check,
    docs=__doc__,
)
