"""Images far smaller than those that the base model was trained on.

What it does: Detects images much smaller than those that the base model was trained on.

Why is this bad? After five stages of downsampling, a 32×32 image is a single position. Edges and textures have a
different scale than the filters were trained for, so the pretrained weights are of little use, although Keras accepts
such images.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Rescaling", scale = "1/127.5", offset = -1 },
      { type = "MobileNetV2", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Resizing", height = 128, width = 128 },
      { type = "Rescaling", scale = "1/127.5", offset = -1 },
      { type = "MobileNetV2", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: low, so severity is info: reported below a quarter of the size that the weights were trained on.

References:
    Touvron et al., Fixing the train-test resolution discrepancy, 2019
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.layers.base_models import find_base_models
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import Help, Value
from seqspec.core.diagnostics.tree_fix import TreeFix, insert
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule

_SHARE = 4


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    for base in find_base_models(facts.flat_layers):
        usual = base.model.default_size
        sizes = base.entry.input.sample[:2]
        known_sizes = [size for size in sizes if isinstance(size, int)]
        if not base.pretrained or len(known_sizes) != 2 or max(known_sizes) * _SHARE >= usual:
            continue
        better = usual // 2 // 32 * 32
        resizing = {"type": "Resizing", "height": better, "width": better}
        yield Violation(
            RULE.name,
            Message(
                "receives ", known_sizes[0], "×", known_sizes[1], " images, but was trained on ", usual, "×", usual
            ),
            path=base.entry.path,
            anchor="layer",
            help=Help("add ", Value({"type": "Resizing", "height": better, "width": better}), " before it"),
            fix=TreeFix("resize the images", (insert(base.entry.path, resizing),)),
        )


RULE = Rule(
    code="SEQ624",
    name="base-model-small-images",
    severity="info",
    requires=Requires(layers=("base_model",)),
    check=check,
    docs=__doc__,
)
