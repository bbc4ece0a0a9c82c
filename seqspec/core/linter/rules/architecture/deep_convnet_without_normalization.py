"""Many convolutions without normalization, trained with plain SGD.

What it does: Detects six or more convolutions without normalization, trained with `SGD` without momentum.

Why is this bad? Plain gradient descent uses one step size for all directions. The deeper a network without
normalization, the worse its conditioning, and the slower and less stable it trains.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    optimizer = "sgd(0.01)"
    loss = "sparse_categorical_crossentropy"

Use instead:
    -optimizer = "sgd(0.01)"
    +optimizer = "adam"

Confidence: low: severity is info.

References:
    Santurkar et al., How Does Batch Normalization Help Optimization?, 2018
    TheDeepChecker, "missing_batchnorm" (Ben Braiek and Khomh, 2022)
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fmt, rule


@rule("SEQ443", "info", layers="convolution", optimizers="SGD")
def check(facts: Facts) -> Findings:
    optimizer = facts.compile.optimizer
    if type(optimizer).__name__ != "SGD" or optimizer.momentum:  # type: ignore[union-attr]  # has one
        return
    convolutions = facts.stack.unnormalized_convolutions
    if len(convolutions) < 6:
        return
    yield finding(
        fmt("{} convolutions without normalization train slowly with SGD without momentum", len(convolutions)),
        path=("compile", "optimizer"),
        label="no momentum",
        related=[(convolutions[0].path, "first convolution")],
        help=fmt('set {}, use "adam", or add BatchNormalization after the convolutions', Setting("momentum", 0.9)),
    )
