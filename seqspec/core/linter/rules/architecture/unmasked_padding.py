"""Embedding of padded token indices without a mask.

What it does: Detects an `Embedding` without `mask_zero` before a layer that uses masks, where `[data]` declares indices
that start at 0 and sequences of equal length.

Why is this bad? Natural sequences vary in length; if all have the same length, they are usually padded with zeros.
Without a mask, padding is averaged in, or dominates the last time steps of a recurrent layer.

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

Use instead:
    -  { type = "Embedding", input_dim = 5000, output_dim = 32 },
    +  { type = "Embedding", input_dim = 5000, output_dim = 32, mask_zero = true },

Confidence: medium: 0 may be a regular token, for example if texts are split into chunks of equal length. Severity is
info.

References:
    deepmufl 65669308 (Ghanbari et al., 2023)
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, at_layer, finding, fmt, rule, set_value


@rule("SEQ425", "info", tables="data", layers="Embedding")
def check(facts: Facts) -> Findings:
    train = facts.data.train
    if train is None or train.range is None or train.range[0] != 0:
        return
    heeded = facts.stack.unmasked_embedding
    if heeded is None:
        return
    source, user = heeded
    path = (*source.path, "mask_zero")
    yield finding(
        fmt("creates no mask, so {} treats padding as data", user.type),
        **at_layer(source, "mask_zero"),
        label="0 may be padding",
        related=[(user.path, "supports masks")],
        help=fmt("set {} where 0 is padding; token indices then start at 1", Setting("mask_zero", True)),
        fix=TreeFix("mask zeros", (set_value(path, True),)),
    )
