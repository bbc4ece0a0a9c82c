"""Batch that an image layer takes for a single image.

What it does: finds image layers that get samples without a channel axis, such as an input of (28, 28).

Why it hurts: a batch of such samples has three axes, and Keras takes it for one image: the batch for the height, the
height for the width, the width for the channels. Flipping and moving mix up the samples while the labels stay.

Example:
    seqspec = 1

    [model]
    input = [28, 28]
    layers = [
      { type = "RandomTranslation", height_factor = 0.1, width_factor = 0.1 },
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "RandomTranslation", height_factor = 0.1, width_factor = 0.1 },
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: certain: with a vertical RandomFlip the samples of a batch come out in reverse order.

References:
    keras.layers.RandomFlip: 3D (unbatched) or 4D (batched) input
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.catalog.index import IMAGE_LAYERS
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule
from seqspec.shapes.dims import show


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for index, entry in enumerate(facts.flat_layers):
        sizes = entry.input.sample
        if len(sizes) != 2 or entry.type not in IMAGE_LAYERS:
            continue
        at_front = all(one.input.sample == facts.flat_layers[0].input.sample for one in facts.flat_layers[: index + 1])
        yield Violation(
            RULE.name,
            f"takes a batch of {show(sizes)} for one image, its samples for the rows",
            path=entry.path,
            anchor="layer",
            label="needs (height, width, channels)",
            related=[(("model", "input"), "no axis of channels")] if at_front else [],
            help="write input = " + str([*map(_word, sizes), 1]).replace("'", '"')
            if at_front
            else 'put { type = "Reshape", target_shape = [...] } before it, with channels at the end',
        )
        return


def _word(size: object) -> object:
    return size if isinstance(size, int) else str(size)


RULE = Rule(
    code="SEQ631",
    name="batch-as-image",
    severity="error",
    requires=Requires(layers=IMAGE_LAYERS),
    check=check,
    docs=__doc__,
)
