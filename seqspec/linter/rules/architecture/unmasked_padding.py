"""Embedding of padded token indices without a mask.

What it does: finds an `Embedding` without `mask_zero` before a layer that would heed a mask, where `[data]` says that
numbers begin at 0 and all sequences have one length.

Why it hurts: sentences have many lengths; where they are all of one, the rest is padding, mostly with zeros. Without a
mask it is averaged in, or is all that a recurrent layer has read lately when it gives its last step.

Example:
    seqspec = 1

    [model]
    input = { shape = [100], dtype = "int32" }
    layers = [
      { type = "Embedding", input_dim = 5000, output_dim = 32 },
      "GlobalAveragePooling1D",
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [data.train]
    range = [0, 4999]

Instead:
    seqspec = 1

    [model]
    input = { shape = [100], dtype = "int32" }
    layers = [
      { type = "Embedding", input_dim = 5000, output_dim = 32, mask_zero = true },
      "GlobalAveragePooling1D",
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [data.train]
    range = [0, 4999]

Confidence: medium: 0 may be a word of its own, as it is where texts are cut into pieces of one length. A hint.

References:
    deepmufl 65669308 (Ghanbari et al., 2023)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    train = facts.data.train if facts.data is not None else None
    if train is None or train.range is None or train.range[0] != 0:
        return
    heeded = facts.unmasked_embedding
    if heeded is None:
        return
    source, user = heeded
    path = (*source.path, "mask_zero")
    yield Violation(
        RULE.name,
        f"makes no mask, so that {user.type} takes padding for data",
        path=path if "mask_zero" in source.layer.model_fields_set else source.path,
        anchor="value" if "mask_zero" in source.layer.model_fields_set else "layer",
        label="0 may be padding",
        related=[(user.path, "would heed a mask")],
        help="write mask_zero = true where 0 is padding; words are then numbered from 1",
        fix=TreeFix("mask zeros", (set_value(path, True),)),
    )


RULE = Rule(
    code="SEQ425",
    name="unmasked-padding",
    severity="info",
    requires=Requires(tables=("data",), layers=("Embedding",)),
    check=check,
    docs=__doc__,
)
