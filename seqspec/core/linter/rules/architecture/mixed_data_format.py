"""Layers with different data formats in one stack.

What it does: Detects a layer whose `data_format` differs from that of the previous layers.

Why is this bad? A pooling layer that treats channels as rows downsamples the channels and mixes unrelated values. Keras
builds the model if the sizes allow it.

Example:
    seqspec = 1

    [model]
    input = [3, 32, 32]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu", data_format = "channels_first" },
      "MaxPooling2D",
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  "MaxPooling2D",
    +  { type = "MaxPooling2D", data_format = "channels_first" },

Confidence: high. A `Permute` or `Reshape` between two layers resets the check.

References:
    deepmufl 63212385 (Ghanbari et al., 2023)
"""

from seqspec.core.linter.rules import Facts, Findings, LayerReport, Setting, at_layer, finding, fix_setting, fmt, rule


@rule("SEQ460", "warning", graphs="each", arguments="data_format")
def check(facts: Facts) -> Findings:
    first = None
    for step in facts.stack.flow:
        entry = step.entry
        if "rearranging" in entry.traits or step.kind in ("opaque", "recurrent"):
            first = None
        # Sequences may omit the data format.
        if entry.input.rank < 4 or "data_format" not in type(entry.layer).model_fields or entry.type == "Flatten":
            continue
        data_format = _format(entry)
        if first is None or data_format == _format(first):
            first = first or entry
            continue
        right = _format(first)
        yield finding(
            fmt("interprets its input {} as {}, but previous layers use {}", entry.input, data_format, right),
            **at_layer(entry, "data_format"),
            label=data_format,
            related=[(first.path, right)],
            help=fmt("set {}", Setting("data_format", right)),
            fix=fix_setting(right, (*entry.path, "data_format")),
        )


def _format(entry: LayerReport) -> str:
    data_format: str | None = entry.argument("data_format")
    return data_format or "channels_last"
