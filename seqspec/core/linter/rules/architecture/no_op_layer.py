"""Layer that has no effect.

What it does: Detects `Flatten` of a flat input, `Reshape` and `Permute` that change nothing, `Activation` with
`"linear"`, pooling and upsampling by 1, and padding and cropping by 0.

Why is this bad? It costs little, but is usually a mistake: another layer or another size was intended.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  "Flatten",

Confidence: certain. A dropout rate of 0 is not reported, since blocks and variables use it to turn dropout off, nor is
`Identity`, which is explicit.

References:
    deepmufl 66087653 (Ghanbari et al., 2023)
"""

from seqspec.core.linter.rules import Facts, Findings, TreeFix, at_layer, finding, fmt, remove, rule


@rule("SEQ466", "info", graphs="each", layers=("layout", "pooling", "Activation"))
def check(facts: Facts) -> Findings:
    if facts.stack.flow.last_learned < 0:
        return
    for entry in facts.flat_layers:
        if entry.type not in _WORDS or entry.layer.dtype is not None or isinstance(entry.output, list):
            continue
        layer, x, y = entry.layer, entry.input, entry.output
        if x.dims != y.dims:
            continue
        if entry.type == "Activation":
            if entry.activation != "linear":
                continue
        elif entry.type == "Permute":
            if list(layer.dims) != list(range(1, x.rank)):
                continue
        elif "Pooling" in entry.type and any(size != 1 for size in _sizes(layer.pool_size)):
            continue
        yield finding(
            fmt("{}: input and output are {}", _WORDS[entry.type], x),
            **at_layer(entry),
            label="has no effect",
            help="remove the layer",
            fix=TreeFix("remove the layer", (remove(entry.path),)) if isinstance(entry.path[-1], int) else None,
        )


def _sizes(size: object) -> list[object]:
    return list(size) if isinstance(size, (list, tuple)) else [size]


_WORDS = {
    "Flatten": "flattens an input that is already flat",
    "Reshape": "reshapes to the input shape",
    "Permute": "does not change the order of the axes",
    "Activation": "applies no activation",
}
_WORDS |= {f"{kind}Pooling{rank}D": "pools over a window of 1" for kind in ("Max", "Average") for rank in (1, 2, 3)}
_WORDS |= {f"UpSampling{rank}D": "upsamples by a factor of 1" for rank in (1, 2, 3)}
_WORDS |= {f"ZeroPadding{rank}D": "pads by 0" for rank in (1, 2, 3)}
_WORDS |= {f"Cropping{rank}D": "crops by 0" for rank in (1, 2, 3)}
