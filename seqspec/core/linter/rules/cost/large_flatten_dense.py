"""Dense layer with very many weights on a flattened feature map.

What it does: Detects a Dense layer with very many weights on a flattened feature map: more than 10,000 per sample of
`[data.train]`; more than 1000 per sample, or more than 10 million in total, is info.

Why is this bad? A feature map of 112×112×64 has 800,000 values, and 128 units on it have a hundred million weights.
They learn positions rather than patterns and overfit, and dominate memory and time.

Example:
    seqspec = 1

    [model]
    input = [128, 128, 3]
    layers = [
      { type = "Conv2D", filters = 64, kernel_size = 3, activation = "relu" },
      "Flatten",
      { type = "Dense", units = 128, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [data.train]
    samples = 2_000

Use instead:
    -  { type = "Conv2D", filters = 64, kernel_size = 3, activation = "relu" },
    -  "Flatten",
    +  { type = "Conv2D", filters = 64, kernel_size = 3, strides = 2, activation = "relu" },
    +  { type = "Conv2D", filters = 128, kernel_size = 3, strides = 2, activation = "relu" },
    +  { type = "Conv2D", filters = 128, kernel_size = 3, strides = 2, activation = "relu" },
    +  "GlobalAveragePooling2D",

Confidence: a warning if the number of samples is known and far too small; otherwise info, since well-known networks
(AlexNet 37 million, VGG16 102 million, C3D 33 million on 9,500 videos) were trained this way. After a base model,
`base-model-flatten` reports it. Below 200 samples, usually a trial run, it is a warning from 50 million weights.

References:
    Lin et al., Network in network, 2014: global average pooling
    deepmufl, mu51901386 and mu54282951 (Ghanbari et al., 2023)
"""

from seqspec.core.analysis.layers.flatten_dense import find_flatten_dense
from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, fmt, rule, show

_MANY, _FEW = 10_000_000, 1_000_000
_WARNS, _HINTS = 10_000, 1000
"""Weights per sample."""
_TRIAL, _HUGE = 200, 50_000_000


@rule("SEQ701", "warning", graphs="path", layers="Flatten")
def check(facts: Facts) -> Findings:
    train = facts.data.train
    samples = train.samples if train is not None else None
    for joint in find_flatten_dense(facts.flat_layers):
        if joint.base is not None or joint.weights < _FEW:
            continue
        share = joint.weights / samples if samples else 0
        if share <= _HINTS and joint.weights < _MANY:
            continue
        rank = len(joint.flatten.input.sample) - 1
        pooling = fmt("GlobalAveragePooling{}D", rank) if rank in (1, 2, 3) else "a pooling layer"
        yield finding(
            fmt("has {:,} weights on a flattened feature map of {}", joint.weights, show(joint.flatten.input.sample))
            + (fmt(", {:,.0f} per sample for {:,} samples", share, samples) if samples and share > _HINTS else ""),
            **at_layer(joint.dense),
            severity="warning" if share > _WARNS and _matters(joint.weights, samples) else "info",
            related=[
                (joint.flatten.path, "flattened here"),
                *([(("data", "train", "samples"), "number of samples")] if share > _HINTS else []),
            ],
            help=fmt("use {} instead of Flatten, or downsample more before it", pooling),
        )


def _matters(weights: int, samples: int | None) -> bool:
    return samples is not None and samples >= (_TRIAL // 4 if weights >= _HUGE else _TRIAL)
