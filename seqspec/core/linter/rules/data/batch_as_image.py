"""Batch that an image layer treats as a single image.

What it does: Detects image layers whose input has no channel axis, such as an input of shape (28, 28).

Why is this bad? A batch of such samples has rank 3, and Keras treats it as a single image: the batch as height, the
height as width, the width as channels. Flipping and translation then mix samples of the batch while the labels stay in
place.

Example:
    seqspec = 1

    [model]
    input = [28, 28]
    layers = [
      { type = "RandomTranslation", height_factor = 0.1, width_factor = 0.1 },
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -input = [28, 28]
    +input = [28, 28, 1]

Confidence: certain: with a vertical RandomFlip, Keras returns the samples of a batch in reverse order.

References:
    keras.layers.RandomFlip: 3D (unbatched) or 4D (batched) input
"""

from seqspec.core.linter.rules import (
    Facts,
    Findings,
    InputShape,
    LayerReport,
    Shape,
    TreeFix,
    Value,
    at_layer,
    finding,
    fmt,
    insert,
    rule,
    show,
)


@rule("SEQ631", "error", explains="fails-on-first-batch", layers="image")
def check(facts: Facts) -> Findings:
    for index, entry in enumerate(facts.flat_layers):
        sizes = entry.input.sample
        if len(sizes) != 2 or "image" not in entry.traits:
            continue
        at_front = all(
            layer.input.sample == facts.flat_layers[0].input.sample for layer in facts.flat_layers[: index + 1]
        )
        yield finding(
            fmt("treats a batch of {} as a single image, with samples as rows", show(sizes)),
            **at_layer(entry),
            label="expects (height, width, channels)",
            related=[(("model", "input"), "no channel axis")] if at_front else [],
            help=fmt("set {}", InputShape([*map(_word, sizes), 1]))
            if at_front
            else fmt("add {} before it, with the channels last", Value({"type": "Reshape", "target_shape": [...]})),
            fix=_fix(entry, sizes) if facts.graph is None and len(entry.path) == 3 else None,
        )
        return


def _fix(entry: LayerReport, sizes: Shape) -> TreeFix | None:
    """A channel for what may be images, whose sizes have to be known but for one."""
    shape = [size if isinstance(size, int) else -1 for size in sizes]
    reshape = {"type": "Reshape", "target_shape": [*shape, 1]}
    return TreeFix("add a channel before it", (insert(entry.path, reshape),)) if shape.count(-1) < 2 else None


def _word(size: object) -> object:
    return size if isinstance(size, int) else str(size)
