"""Augmentation with a `value_range` that differs from the data.

What it does: Detects color augmentation layers whose `value_range`, [0, 255] by default, does not match their input.

Why is this bad? On pixels in [0, 1], a brightness factor of 0.2 with a range of 255 adds up to 51 to each pixel.
RandomInvert maps them to [254, 255], RandomPosterization to zeros. Pixels in [-1, 1] are clipped at 0. Since this only
happens during training, predictions do not show it.

Example:
    seqspec = 1

    [model]
    input = [64, 64, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "RandomBrightness", factor = 0.2 },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "RandomBrightness", factor = 0.2 },
    +  { type = "RandomBrightness", factor = 0.2, value_range = [0, 1] },

Confidence: certain: each of these layers was compared with Keras on a wrong range. Without a declared input range, it
is only reported if the range is wrong for pixels in [0, 255], [0, 1] and [-1, 1] alike.

References:
    keras.layers.RandomBrightness: value_range, default [0, 255]
"""

from math import isfinite

from seqspec.core.analysis.layers.arguments import augmentation_layers
from seqspec.core.analysis.layers.ranges import PIXELS
from seqspec.core.linter.rules import Facts, Findings, Interval, Setting, at_layer, finding, fix_setting, fmt, rule


@rule("SEQ633", "warning", layers="augmentation")
def check(facts: Facts) -> Findings:
    declared = facts.inputs.declared_range
    for index, entry in augmentation_layers(facts.flat_layers):
        layer = entry.layer
        if "value_range" not in type(layer).model_fields:
            continue
        before = facts.flat_layers[:index]
        if declared is not None and declared[0].is_attained:
            start: tuple[Interval, ...] = (declared[0],)
        else:
            start = PIXELS if any("scaling" in previous.traits for previous in before) else ()
        incoming = []
        for values in start:
            x: Interval | None = values
            for previous in before:
                x = previous.layer.output_range(x)
            incoming.append(x if x is not None and isfinite(x.size) else None)
        if len(layer.value_range) != 2:
            continue
        low, high = layer.value_range
        if (
            not incoming
            or None in incoming
            or not all(_wrong("range_scaled" in entry.traits, x, low, high) for x in incoming if x)
        ):
            continue
        x = incoming[0]
        assert x is not None
        given = "value_range" in layer.model_fields_set
        written = [_plain(x.low), _plain(x.high)]
        yield finding(
            fmt("expects values in [{:g}, {:g}], but receives {}", low, high, x),
            **at_layer(entry, "value_range"),
            label=None if given else "value_range defaults to [0, 255]",
            related=[(previous.path, "scaled here") for previous in before if "scaling" in previous.traits][-1:],
            help=fmt("set {}, or move it before the scaling", Setting("value_range", written)),
            fix=fix_setting(written, (*entry.path, "value_range")),
        )


def _wrong(is_scaled: bool, x: Interval, low: float, high: float) -> bool:
    """Whether the augmentation is far too strong or weak for the values, or clips many of them."""
    width, expected = x.high - x.low, high - low
    scaled = is_scaled and (expected > 10 * width or width > 10 * expected)
    cut = max(low - x.low, x.high - high) > 0.25 * width
    return scaled or cut


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else float(f"{value:.4g}")
