"""Single layer with nearly all multiply-accumulates.

What it does: Detects a layer with almost all multiply-accumulates (MACs) of an expensive model.

Why is this bad? It determines the training time, usually without contributing most to the quality: a large kernel at
full resolution, or a Dense layer on every pixel.

Example:
    seqspec = 1

    [model]
    input = [256, 256, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 64, kernel_size = 3, padding = "same", activation = "relu" },
      { type = "Conv2D", filters = 128, kernel_size = 11, padding = "same", activation = "relu" },
      { type = "MaxPooling2D", pool_size = 4 },
      { type = "Conv2D", filters = 128, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "Conv2D", filters = 64, kernel_size = 3, padding = "same", activation = "relu" },
    -  { type = "Conv2D", filters = 128, kernel_size = 11, padding = "same", activation = "relu" },
    -  { type = "MaxPooling2D", pool_size = 4 },
    +  { type = "Conv2D", filters = 64, kernel_size = 3, strides = 2, padding = "same", activation = "relu" },
    +  { type = "Conv2D", filters = 64, kernel_size = 3, strides = 2, padding = "same", activation = "relu" },
    +  { type = "Conv2D", filters = 128, kernel_size = 3, padding = "same", activation = "relu" },
    +  { type = "Conv2D", filters = 128, kernel_size = 3, strides = 2, padding = "same", activation = "relu" },

Confidence: severity is info, from 10 billion MACs per sample of which one of four or more layers has 90%.

References:
    Szegedy et al., Rethinking the inception architecture, 2016: factorizing large kernels
"""

from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, fmt, rule

_MANY, _SHARE, _LAYERS = 10_000_000_000, 0.9, 4


@rule("SEQ703", "info")
def check(facts: Facts) -> Findings:
    layers = [entry for entry in facts.flat_layers if entry.layer.has.macs]
    if len(layers) < _LAYERS:
        return
    counts = [entry.macs or 0 for entry in layers]
    total = sum(counts)
    if total < _MANY or len(counts) - counts.count(0) < _LAYERS:
        return
    most = max(counts)
    entry = layers[counts.index(most)]
    if most >= _SHARE * total:
        kernel = "kernel_size" in type(entry.layer).model_fields
        yield finding(
            fmt("has {:.0%} of the {:.0f} billion multiply-accumulates per sample", most / total, total / 1e9),
            **at_layer(entry, "kernel_size"),
            help="use a smaller kernel, or downsample before it" if kernel else "reduce the size of its input",
        )
