"""Preprocessing layer that is not adapted to the data.

What it does: finds preprocessing layers that must be told about the data and are not: a Normalization without mean and
variance, a Discretization without boundaries, a text or lookup layer without a vocabulary.

Why it hurts: a document has no step that calls `adapt`. An unadapted Normalization passes everything on as it is,
without a word; the others fail when the first batch arrives.

Example:
    seqspec = 1

    [model]
    input = [3]
    layers = [
      "Normalization",
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

    [fit]
    epochs = 20

Instead:
    seqspec = 1

    [model]
    input = [3]
    layers = [
      { type = "Normalization", mean = [41.2, 0.5, 1200.0], variance = [190.0, 0.25, 64000.0] },
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

    [fit]
    epochs = 20

Confidence: `seqspec train` adapts these layers to the training set, so nothing is reported where `[data]` says with
`source` where that is read from. A program may also call `adapt` between `seqspec.build` and `fit`; then ignore this
rule. It applies only to specs with `[fit]`.

References:
    keras.layers.Normalization, keras.layers.Discretization, keras.layers.TextVectorization: adapt
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_WANTED = {
    "Normalization": ("mean", "mean = [...] and variance = [...], of the training data"),
    "Discretization": ("bin_boundaries", "bin_boundaries = [...]"),
    "StringLookup": ("vocabulary", 'vocabulary = [...], or vocabulary = "words.txt"'),
    "IntegerLookup": ("vocabulary", 'vocabulary = [...], or vocabulary = "numbers.txt"'),
    "TextVectorization": ("vocabulary", 'vocabulary = [...], or vocabulary = "words.txt"'),
}


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    if facts.data is not None and facts.data.has_training_source:
        return
    for entry in facts.flat_layers if "fit" in facts.tables else ():
        wanted = _WANTED.get(entry.type)
        layer: Any = entry.layer
        if wanted is None or getattr(layer, wanted[0]) is not None:
            continue
        silent = entry.type == "Normalization"
        yield Violation(
            RULE.name,
            "does nothing: it has no mean and variance, and nothing adapts it"
            if silent
            else f"has no {wanted[0]}, and nothing adapts it: Keras stops at the first batch",
            path=entry.path,
            anchor="layer",
            severity="warning" if silent else "error",
            help=f"add {wanted[1]}; or add source to [data], and seqspec train adapts the layer to the training set",
        )


RULE = Rule(
    code="SEQ603",
    name="preprocessing-not-adapted",
    severity="warning",
    requires=Requires(
        tables=("fit",),
        layers=("Normalization", "Discretization", "StringLookup", "IntegerLookup", "TextVectorization"),
    ),
    check=check,
    docs=__doc__,
)
