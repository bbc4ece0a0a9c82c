"""Mask that a layer does not propagate.

What it does: Detects a mask, created by `Embedding` with `mask_zero = true` or by `Masking`, that reaches a layer which
neither uses nor propagates it.

Why is this bad? The mask marks padded time steps. After such a layer the mask is lost and padding is treated as data;
the output for a sequence then depends on its amount of padding. Keras only prints a warning when the model is first
called.

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

Use instead:
    -  { type = "Conv1D", filters = 32, kernel_size = 3, activation = "relu" },
    +  { type = "SpatialDropout1D", rate = 0.1 },

Confidence: certain: the layers that propagate masks are compared with Keras by tests/core/differential. Custom layers
are assumed to use the mask.

References:
    keras.io/guides/understanding_masking_and_padding
"""

from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, fmt, rule


@rule("SEQ424", "warning", graphs="all", layers=("Embedding", "Masking"))
def check(facts: Facts) -> Findings:
    for source, entry, user in facts.stack.dropped_masks:
        related = [(source.path, "creates the mask")]
        if user is not None:
            related.append((user.path, "would use the mask"))
        yield finding(
            fmt("does not propagate the mask from {}: subsequent layers treat padding as data", source.type),
            **at_layer(entry),
            label="mask is lost here",
            related=related,
            help="use layers that support masks (LSTM, GRU, GlobalAveragePooling1D), or do not create one: "
            + ("remove mask_zero" if source.type == "Embedding" else "remove Masking"),
        )
