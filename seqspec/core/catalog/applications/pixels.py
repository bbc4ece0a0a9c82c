"""The pixel ranges that base models expect, and the layers that convert pixels in [0, 255] to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Pixels(NamedTuple):
    """The pixel range that a base model with trained weights expects, and how to produce it.

    `layer` is an entry of `layers` before the base model that converts pixels in [0, 255] to this range; empty
    if the model does so itself.
    """

    low: float
    high: float
    description: str
    layer: Mapping[str, object]


BYTES = Pixels(0.0, 255.0, "in [0, 255]", {})
SIGNED = Pixels(-1.0, 1.0, "in [-1, 1]", {"type": "Rescaling", "scale": "1/127.5", "offset": -1})
STANDARD = Pixels(
    -2.1179,
    2.64,
    "in [-2.1, 2.6] (ImageNet standardization)",
    {"type": "Normalization", "mean": [123.675, 116.28, 103.53], "variance": [3409.98, 3262.69, 3291.89]},
)
CENTERED = Pixels(
    -123.68,
    151.061,
    "in [-124, 151] (BGR minus the ImageNet mean)",
    {"type": "Normalization", "mean": [103.939, 116.779, 123.68], "variance": [1, 1, 1]},
)
