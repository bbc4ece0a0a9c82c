"""Batch size larger than the dataset.

What it does: Detects a batch_size larger than the number of training samples of a stage.

Why is this bad? Each epoch is a single update with all samples, so training needs as many epochs as it would need
updates, and without the noise of mini-batches it may get stuck early.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]
    samples = 200

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 300
    batch_size = 4096
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Use instead:
    -batch_size = 4096
    +batch_size = 32

Confidence: high: the numbers are certain. Up to 32, the default batch size of Keras, the dataset is simply small, and
it is not reported.

References:
    deepmufl, Stack Overflow 46247619: a batch of 4096 for 5 samples
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, counted, finding, fix_setting, fmt, rule

_SMALL = 32


@rule("SEQ525", "warning", graphs="all", tables="fit", arguments="batch_size")
def check(facts: Facts) -> Findings:
    for stage in facts.training.stages:
        samples = stage.split.train
        size = stage.fit.batch_size
        if size is None or not samples or size <= max(samples, _SMALL) or stage.fit.steps_per_epoch:
            continue
        yield finding(
            fmt(
                "{} exceeds the {}: every epoch is a single step",
                Setting("batch_size", size),
                counted(samples, "training sample"),
            ),
            path=(*stage.path, "batch_size"),
            label="one step per epoch",
            related=[(("data", "train", "samples"), "number of samples")],
            help=fmt("set {}", Setting("batch_size", _fitting(samples))),
            fix=fix_setting(_fitting(samples), (*stage.path, "batch_size")),
        )


def _fitting(samples: int) -> int:
    size = 32
    while size > 1 and size * 4 > samples:
        size //= 2
    return size
