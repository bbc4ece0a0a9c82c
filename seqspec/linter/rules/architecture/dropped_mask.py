"""Mask that a layer does not propagate.

What it does: finds a mask, made by `Embedding` with `mask_zero = true` or by `Masking`, that arrives at a layer which
neither heeds it nor hands it on.

Why it hurts: the mask says which steps are padding. Behind such a layer nobody knows any more, and padding is learned
as data; the result of a sentence changes with the number of zeros behind it. Keras says so in a warning when the model
is first run.

Example:
    seqspec = 1

    [model]
    input = { shape = [100], dtype = "int32" }
    layers = [
      { type = "Embedding", input_dim = 5000, output_dim = 32, mask_zero = true },
      { type = "Conv1D", filters = 32, kernel_size = 3, activation = "relu" },
      { type = "LSTM", units = 32 },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

Instead:
    seqspec = 1

    [model]
    input = { shape = [100], dtype = "int32" }
    layers = [
      { type = "Embedding", input_dim = 5000, output_dim = 32, mask_zero = true },
      { type = "SpatialDropout1D", rate = 0.1 },
      { type = "LSTM", units = 32 },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

Confidence: certain: which layers hand on a mask is compared with Keras by tests/differential. A layer of your own is
taken to heed it.

References:
    keras.io/guides/understanding_masking_and_padding
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for source, entry, user in facts.dropped_masks:
        related = [(source.path, "makes the mask")]
        if user is not None:
            related.append((user.path, "would heed it"))
        yield Violation(
            RULE.name,
            f"gets a mask from {source.type} and does not hand it on: from here on padding counts as data",
            path=entry.path,
            anchor="layer",
            label="loses the mask",
            related=related,
            help="use layers that heed a mask (LSTM, GRU, GlobalAveragePooling1D), or do not make one: "
            + ("remove mask_zero" if source.type == "Embedding" else "remove Masking"),
        )


RULE = Rule(
    code="SEQ424",
    name="dropped-mask",
    severity="warning",
    requires=Requires(layers=("Embedding", "Masking")),
    check=check,
    docs=__doc__,
)
