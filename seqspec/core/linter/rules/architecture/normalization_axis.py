"""Normalization along an axis other than the channels.

What it does: Detects `BatchNormalization` and `GroupNormalization` on feature maps whose `axis` is not the channel
axis.

Why is this bad? Each position along the given axis gets its own mean, variance and bias, shared by all channels. That
ties the model to positions and mixes unrelated features. Usually `axis = 1` was copied from channels-first code, or is
missing in such code.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, use_bias = false },
      { type = "BatchNormalization", axis = 1 },
      "ReLU",
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "BatchNormalization", axis = 1 },
    +  "BatchNormalization",

Confidence: high on images and volumes. On sequences only a normalization directly after a convolution is checked.

References:
    keras.layers.BatchNormalization
"""

from seqspec.core.analysis.flow import Step
from seqspec.core.analysis.layers.arguments import normalizes_channels
from seqspec.core.linter.rules import Facts, Findings, LayerReport, Setting, at_layer, finding, fix_setting, fmt, rule


@rule(
    "SEQ431",
    "warning",
    layers=("BatchNormalization", "GroupNormalization"),
    arguments=("axis", "data_format"),
)
def check(facts: Facts) -> Findings:
    for index in facts.stack.flow.indices_by_kind["norm"]:
        entry = facts.stack.flow[index].entry
        source = (
            _source(facts.stack.flow[:index]) if entry.type in ("BatchNormalization", "GroupNormalization") else None
        )
        if source is None:
            continue
        first = source.argument("data_format") == "channels_first"
        if len(entry.input.dims) < 3 or entry.input.rank != source.outputs[0].rank or normalizes_channels(entry, first):
            continue
        right = 1 if first else -1
        yield finding(
            fmt(
                "normalizes axis {}, but the channels of its input {} are on axis {}",
                entry.layer.axis,
                entry.input,
                right,
            ),
            **at_layer(entry, "axis"),
            label="not the channel axis",
            related=[(source.path, "channels first" if first else "channels last")],
            help=fmt("set {}", Setting("axis", right)),
            fix=fix_setting(right, (*entry.path, "axis")),
        )


def _source(before: list[Step]) -> LayerReport | None:
    """Returns the last layer that determines the channel axis."""
    for step in reversed(before):
        if step.kind in ("recurrent", "opaque", "embedding") or not step.entry.traits.isdisjoint(
            ("rearranging", "dense")
        ):
            return None
        if "data_format" in type(step.entry.layer).model_fields:
            return step.entry
    return None
