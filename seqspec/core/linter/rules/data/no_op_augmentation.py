"""Augmentation that changes nothing.

What it does: Detects augmentation layers without effect: a factor of 0, or an unknown `mode` of RandomFlip.

Why is this bad? Keras accepts any string as `mode` and does not flip if it is unknown. The model is trained without the
intended augmentation.

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

Use instead:
    -  { type = "RandomFlip", mode = "horizontally" },
    +  { type = "RandomFlip", mode = "horizontal" },

Confidence: certain. A factor of 0 is info, since it may be turned off on purpose.

References:
    keras.layers.RandomFlip: mode
"""

from seqspec.core.analysis.layers.arguments import augmentation_layers, strength
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Setting,
    Suggestion,
    SuggestionTemplate,
    TreeFix,
    finding,
    fix_setting,
    fmt,
    nearest,
    remove,
    rule,
)

_MODES = ("horizontal", "vertical", "horizontal_and_vertical")
_FACTORS = ("factor", "height_factor", "width_factor", "x_factor", "y_factor")


@rule("SEQ635", "warning", graphs="each", layers="augmentation")
def check(facts: Facts) -> Findings:
    for _, entry in augmentation_layers(facts.flat_layers):
        layer = entry.layer
        if entry.type == "RandomFlip" and layer.mode not in _MODES:
            near = nearest(layer.mode, _MODES) or next((mode for mode in _MODES if layer.mode.startswith(mode)), None)
            path = (*entry.path, "mode")
            yield finding(
                fmt('unknown mode "{}": Keras does not flip any image', layer.mode[:40]),
                path=path,
                label=Suggestion(near, SuggestionTemplate.STRING).label,
                help='use "horizontal", "vertical" or "horizontal_and_vertical"',
                fix=fix_setting(near, path) if near else None,
            )
            continue
        factors = [name for name in _FACTORS if name in type(layer).model_fields and name in layer.model_fields_set]
        if (
            factors
            and "acts_at_zero" not in entry.traits
            and not any(strength(getattr(layer, name)) for name in factors)
        ):
            yield finding(
                fmt("{} has no effect", Setting(factors[0], 0)),
                path=(*entry.path, factors[0]),
                severity="info",
                help="set a positive factor, or remove the layer",
                fix=TreeFix("remove the layer", (remove(entry.path),)),
            )
