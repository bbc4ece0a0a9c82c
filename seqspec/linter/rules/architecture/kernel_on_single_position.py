"""Convolution or pooling window over a single position.

What it does: finds convolutions and poolings with a window of several values on a map of which one value is left.

Why it hurts: with `padding = "same"` Keras accepts a window of 3 × 3 on a map of 1 × 1: eight of its nine weights see
nothing but zeros, for ever. The map was shrunk too early.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, padding = "same", activation = "relu" },
      { type = "MaxPooling2D", pool_size = 14 },
      { type = "Conv2D", filters = 32, kernel_size = 3, padding = "same", activation = "relu" },
      "MaxPooling2D",
      { type = "Conv2D", filters = 64, kernel_size = 3, padding = "same", activation = "relu" },
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, padding = "same", activation = "relu" },
      "MaxPooling2D",
      { type = "Conv2D", filters = 32, kernel_size = 3, padding = "same", activation = "relu" },
      "MaxPooling2D",
      { type = "Conv2D", filters = 64, kernel_size = 3, padding = "same", activation = "relu" },
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: certain as arithmetic. Transposed convolutions, which grow a map, are left alone.

References:
    deepmufl 60355380 (Ghanbari et al., 2023)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import CONVOLUTION, POOLING
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for entry, window, sizes in facts.windows:
        if 1 not in sizes:
            continue
        # Where an axis is left alone on purpose, the others count.
        slid = [(reach, size) for reach, size in zip(window, sizes) if reach > 1]
        if not slid or any(size != 1 for _, size in slid):
            continue
        key = "kernel_size" if "kernel_size" in type(entry.layer).model_fields else "pool_size"
        written = key in entry.layer.model_fields_set
        yield Violation(
            RULE.name,
            f"slides a window of {' × '.join(map(str, window))} over a map of one value: {entry.input} arrives",
            path=(*entry.path, key) if written else entry.path,
            anchor="value" if written else "layer",
            label="the rest is padding",
            help="shrink the map less before, with smaller strides or fewer poolings, or remove this layer",
        )
        return


RULE = Rule(
    code="SEQ463",
    name="kernel-on-single-position",
    severity="warning",
    requires=Requires(layers=CONVOLUTION | POOLING),
    check=check,
    docs=__doc__,
)
