"""Augmentation that changes nothing.

What it does: finds random changes of images that change nothing: a factor of 0, or a `mode` of RandomFlip that Keras
does not know.

Why it hurts: Keras takes any word for `mode` and flips nothing for one that it does not know. The model is trained
without the variety that everybody believes in.

Example:
    seqspec = 1

    [model]
    input = [64, 64, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "RandomFlip", mode = "horizontally" },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [64, 64, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "RandomFlip", mode = "horizontal" },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: certain. A factor of 0 is a hint, as it may be switched off on purpose.

References:
    keras.layers.RandomFlip: mode
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seqspec.analysis.augmentation import augmentation_layers, strength
from seqspec.analysis.facts import Facts
from seqspec.catalog.index import AUGMENTATION
from seqspec.diagnostics.suggest import nearest
from seqspec.diagnostics.tree_fix import TreeFix, remove, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_MODES = ("horizontal", "vertical", "horizontal_and_vertical")
_FACTORS = ("factor", "height_factor", "width_factor", "x_factor", "y_factor")
_NEUTRAL = frozenset({"RandomSaturation", "RandomSharpness", "RandomPosterization"})
"""Layers whose factor of 0 is a change."""


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for _, entry in augmentation_layers(facts.flat_layers):
        layer: Any = entry.layer
        if entry.type == "RandomFlip" and layer.mode not in _MODES:
            near = nearest(layer.mode, _MODES) or next((one for one in _MODES if layer.mode.startswith(one)), None)
            path = (*entry.path, "mode")
            yield Violation(
                RULE.name,
                f'mode "{layer.mode[:40]}" flips nothing: Keras does not know the word',
                path=path,
                label=f'did you mean "{near}"?' if near else None,
                help='write "horizontal", "vertical" or "horizontal_and_vertical"',
                fix=TreeFix("write the mode that was meant", (set_value(path, near),)) if near else None,
            )
            continue
        factors = [name for name in _FACTORS if name in type(layer).model_fields and name in layer.model_fields_set]
        if factors and entry.type not in _NEUTRAL and not any(strength(getattr(layer, name)) for name in factors):
            yield Violation(
                RULE.name,
                f"{factors[0]} = 0 changes nothing",
                path=(*entry.path, factors[0]),
                severity="info",
                help="write a factor above 0, or take the layer out",
                fix=TreeFix("take the layer out", (remove(entry.path),)),
            )


RULE = Rule(
    code="SEQ635",
    name="no-op-augmentation",
    severity="warning",
    requires=Requires(layers=AUGMENTATION),
    check=check,
    docs=__doc__,
)
