"""Images far smaller than those that the base model was trained on.

What it does: finds images far smaller than those that the trained weights of a base model know.

Why it hurts: after five halvings an image of 32 × 32 is a single point. Edges and textures have another size than the
filters have learnt, so that the trained weights are worth little, though Keras takes such images.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Rescaling", scale = "1/127.5", offset = -1 },
      { type = "MobileNetV2", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Resizing", height = 128, width = 128 },
      { type = "Rescaling", scale = "1/127.5", offset = -1 },
      { type = "MobileNetV2", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: a hint, below a quarter of the size that the weights were trained on.

References:
    Touvron et al., Fixing the train-test resolution discrepancy, 2019
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.base_models import find_base_models
from seqspec.analysis.facts import Facts
from seqspec.catalog.index import APPLICATIONS
from seqspec.diagnostics.tree_fix import TreeFix, insert
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_SHARE = 4


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for base in find_base_models(facts.flat_layers):
        usual = base.model.default_size
        sizes = base.entry.input.sample[:2]
        known = [size for size in sizes if isinstance(size, int)]
        if not base.pretrained or len(known) != 2 or max(known) * _SHARE >= usual:
            continue
        better = usual // 2 // 32 * 32
        resizing = {"type": "Resizing", "height": better, "width": better}
        yield Violation(
            RULE.name,
            f"gets images of {known[0]} × {known[1]}; its weights know {usual} × {usual}",
            path=base.entry.path,
            anchor="layer",
            help=f'put {{ type = "Resizing", height = {better}, width = {better} }} before it',
            fix=TreeFix("enlarge the images", (insert(base.entry.path, resizing),)),
        )


RULE = Rule(
    code="SEQ624",
    name="base-model-small-images",
    severity="info",
    requires=Requires(layers=APPLICATIONS),
    check=check,
    docs=__doc__,
)
