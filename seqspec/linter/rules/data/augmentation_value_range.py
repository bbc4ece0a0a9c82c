"""Augmentation with a `value_range` that differs from the data.

What it does: compares the `value_range` of layers that change colors with the values that arrive. It is 0 to 255 where
nothing is written.

Why it hurts: on pixels of 0 to 1 a brightness of up to 20% of 255 adds 51 to each. RandomInvert makes 254 to 255 of
them, RandomPosterization only zeros. On pixels of -1 to 1 everything below 0 is cut off. All this happens while
training only, so that predictions do not show it.

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

Instead:
    seqspec = 1

    [model]
    input = [64, 64, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "RandomBrightness", factor = 0.2, value_range = [0, 1] },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: certain for the layers, each of which was run with a wrong range. Without known values it speaks only where
the range is wrong for pixels of 0 to 255, 0 to 1 and -1 to 1 alike.

References:
    keras.layers.RandomBrightness: value_range, default [0, 255]
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from seqspec.analysis.augmentation import augmentation_layers
from seqspec.analysis.facts import Facts
from seqspec.analysis.ranges import Interval, leaving
from seqspec.catalog.index import AUGMENTATION
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_SCALED = frozenset(
    "RandomBrightness RandomColorJitter RandomErasing RandomInvert RandomPosterization RandomSaturation AugMix "
    "RandAugment Solarization".split()
)
"""Layers whose change has the size of the range; the others only cut off what lies outside."""
_USUAL = (Interval(0, 255, True), Interval(0, 1, True), Interval(-1, 1, True))


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    declared = facts.declared_range
    for index, entry in augmentation_layers(facts.flat_layers):
        layer: Any = entry.layer
        if "value_range" not in type(layer).model_fields:
            continue
        before = facts.flat_layers[:index]
        if declared is not None and declared[0].met:
            start: tuple[Interval, ...] = (declared[0],)
        else:
            start = _USUAL if any(one.type in ("Rescaling", "Normalization") for one in before) else ()
        arriving = []
        for values in start:
            x: Interval | None = values
            for one in before:
                x = leaving(one, x)
            arriving.append(x if x is not None and isfinite(x.size) else None)
        if len(layer.value_range) != 2:
            continue
        low, high = layer.value_range
        if not arriving or None in arriving or not all(_wrong(entry.type, x, low, high) for x in arriving if x):
            continue
        x = arriving[0]
        assert x is not None
        given = "value_range" in layer.model_fields_set
        written = [_plain(x.low), _plain(x.high)]
        yield Violation(
            RULE.name,
            f"changes values of {low:g} to {high:g}, but {x} arrives",
            path=(*entry.path, "value_range") if given else entry.path,
            anchor="value" if given else "layer",
            label=None if given else "value_range is 0 to 255 where nothing is written",
            related=[(one.path, "scaled here") for one in before if one.type in ("Rescaling", "Normalization")][-1:],
            help=f"write value_range = {written}, or put it before the scaling",
            fix=TreeFix("say the range", (set_value((*entry.path, "value_range"), written),)),
        )


def _wrong(kind: str, x: Interval, low: float, high: float) -> bool:
    """Whether the change is far too large or small for the values, or cuts a good part of them off."""
    width, expected = x.high - x.low, high - low
    scaled = kind in _SCALED and (expected > 10 * width or width > 10 * expected)
    cut = max(low - x.low, x.high - high) > 0.25 * width
    return scaled or cut


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else float(f"{value:.4g}")


RULE = Rule(
    code="SEQ633",
    name="augmentation-value-range",
    severity="warning",
    requires=Requires(layers=AUGMENTATION),
    check=check,
    docs=__doc__,
)
