"""Batch normalization with a very small batch size.

What it does: Detects batch normalization in a model trained with a batch size below 8. A batch size of 1 is a warning.

Why is this bad? Mean and variance are computed over the batch. For a few samples they are noisy; for a single vector
the mean is the vector itself, so the output is constant and only `beta` is trained. At inference the layer uses moving
averages, which then do not match what it saw in training.

Example:
    seqspec = 1

    [model]
    input = [16]
    layers = [
      { type = "Dense", units = 32, use_bias = false },
      "BatchNormalization",
      "ReLU",
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

    [fit]
    batch_size = 1

Use instead:
    seqspec = 1

    [model]
    input = [16]
    layers = [
      { type = "Dense", units = 32 },
      "LayerNormalization",
      "ReLU",
      { type = "Dense", units = 1 },
    ]

Confidence: certain for one vector per batch, verified on Keras by tests/core/differential/test_signal.py; feature maps
have many positions to average over, so a batch size of 1 is a warning there because training and inference differ.
Frozen layers are not reported, since they use their stored statistics.

References:
    Wu and He, Group Normalization, 2018
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, counted, finding, fmt, rule

_SMALL_BATCH = 8


@rule("SEQ433", "info", graphs="each", tables="fit", layers="BatchNormalization", arguments="batch_size")
def check(facts: Facts) -> Findings:
    norms = [facts.stack.flow[index].entry for index in facts.stack.flow.indices_by_kind["norm"]]
    norm = next((entry for entry in norms if entry.type == "BatchNormalization" and entry.layer.trainable), None)
    for index, stage in enumerate(facts.fit):
        size = stage.batch_size
        if norm is None or size is None or size >= _SMALL_BATCH:
            continue
        vectors = len(norm.input.dims) == 2
        yield finding(
            "batch normalization of a single vector outputs a constant"
            if size == 1 and vectors
            else fmt("batch normalization estimates mean and variance from {}", counted(size, "sample")),
            path=(*facts.stage_path(index), "batch_size"),
            label=fmt("batch size {}", size),
            related=[(norm.path, "normalizes over the batch")],
            help=fmt("set {} or more, or use LayerNormalization or GroupNormalization", Setting("batch_size", 32)),
            severity="warning" if size == 1 else None,
        )
