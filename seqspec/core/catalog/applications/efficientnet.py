"""EfficientNet and EfficientNetV2: one network scaled in width, depth and image size (Tan and Le 2019 and 2021)."""

import math
from typing import ClassVar

from seqspec.core.catalog.applications.application import (
    IMAGENET,
    Application,
    keras_name,
    preprocessing_flag,
    round_to_eight,
)
from seqspec.core.catalog.applications.graph import ApplicationGraph, ApplicationNode
from seqspec.core.catalog.applications.pixels import BYTES, STANDARD
from seqspec.core.catalog.keras_object import unchecked
from seqspec.core.catalog.layers.preprocessing import Normalization
from seqspec.core.catalog.layers.reshaping import Reshape
from seqspec.core.catalog.types import Name
from seqspec.core.diagnostics.message import NONE, Setting, fmt
from seqspec.core.diagnostics.violation import Violation


class NamedWeights(Application):
    """A model whose weights Keras downloads by the model's name, which must therefore be the default."""

    normalizes_channels = True

    def check_arguments(self) -> None:
        super().check_arguments()
        usual = type(self).default_of("name")
        # Keras surprise: with any other name the download fails, because the file does not exist.
        if self.pretrained == IMAGENET and self.name != usual:
            raise self.trained(
                "name",
                fmt(
                    'must be "{}" with {}: Keras looks up the weights by the model name',
                    usual,
                    Setting("weights", IMAGENET),
                ),
                fmt("remove name, or write {}", Setting("weights", NONE)),
            )


def _squeeze(g: ApplicationGraph, x: ApplicationNode, filters: int) -> ApplicationNode:
    gate = g.add(unchecked(Reshape, target_shape=(1, 1, x.channels)), g.global_average(x))
    gate = g.conv(gate, filters, padding="same", bias=True)
    gate = g.conv(gate, x.channels, padding="same", bias=True)
    return g.sum(x, gate)


# Kernel, repetitions, filters before and after, expansion, strides.
_V1 = (
    (3, 1, 32, 16, 1, 1),
    (3, 2, 16, 24, 6, 2),
    (5, 2, 24, 40, 6, 2),
    (3, 3, 40, 80, 6, 2),
    (5, 3, 80, 112, 6, 1),
    (5, 4, 112, 192, 6, 2),
    (3, 1, 192, 320, 6, 1),
)


class _EfficientNet(NamedWeights):
    pixels = BYTES
    width: ClassVar[float] = 1.0
    depth: ClassVar[float] = 1.0

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = g.add(unchecked(Normalization), g.step(x))
        x = g.norm_relu(g.conv(g.pad_for_strides(x, 3), self._scaled(32), 3, 2))
        for kernel, repeats, before, after, expansion, strides in _V1:
            filters = self._scaled(before)
            for index in range(math.ceil(self.depth * repeats)):
                x = self._block(g, x, kernel, filters, self._scaled(after), expansion, 1 if index else strides)
                filters = self._scaled(after)
        return self.classifier(g, g.norm_relu(g.conv(x, self._scaled(1280), padding="same")))

    def _scaled(self, filters: int) -> int:
        return round_to_eight(filters * self.width)

    def _block(
        self,
        g: ApplicationGraph,
        x: ApplicationNode,
        kernel: int,
        before: int,
        after: int,
        expansion: int,
        strides: int,
    ) -> ApplicationNode:
        inputs = x
        if expansion != 1:
            x = g.norm_relu(g.conv(x, before * expansion, padding="same"))
        x = g.depthwise(x, kernel, strides, "aligned")
        x = _squeeze(g, g.norm_relu(x), max(1, before // 4))
        x = g.norm(g.conv(x, after, padding="same"))
        return g.sum(g.step(x), inputs) if strides == 1 and before == after else x


class EfficientNetB0(_EfficientNet):
    """EfficientNet for images of 224 × 224."""

    name: Name = keras_name("efficientnetb0")


class EfficientNetB1(_EfficientNet):
    """EfficientNet for images of 240 × 240."""

    name: Name = keras_name("efficientnetb1")
    width, depth, default_size = 1.0, 1.1, 240


class EfficientNetB2(_EfficientNet):
    """EfficientNet for images of 260 × 260."""

    name: Name = keras_name("efficientnetb2")
    width, depth, default_size = 1.1, 1.2, 260


class EfficientNetB3(_EfficientNet):
    """EfficientNet for images of 300 × 300."""

    name: Name = keras_name("efficientnetb3")
    width, depth, default_size = 1.2, 1.4, 300


class EfficientNetB4(_EfficientNet):
    """EfficientNet for images of 380 × 380."""

    name: Name = keras_name("efficientnetb4")
    width, depth, default_size = 1.4, 1.8, 380


class EfficientNetB5(_EfficientNet):
    """EfficientNet for images of 456 × 456."""

    name: Name = keras_name("efficientnetb5")
    width, depth, default_size = 1.6, 2.2, 456


class EfficientNetB6(_EfficientNet):
    """EfficientNet for images of 528 × 528."""

    name: Name = keras_name("efficientnetb6")
    width, depth, default_size = 1.8, 2.6, 528


class EfficientNetB7(_EfficientNet):
    """EfficientNet for images of 600 × 600."""

    name: Name = keras_name("efficientnetb7")
    width, depth, default_size = 2.0, 3.1, 600


# Repetitions, filters before and after, expansion, strides, and whether the depthwise convolution is fused.
_B = (
    (1, 32, 16, 1, 1, True),
    (2, 16, 32, 4, 2, True),
    (2, 32, 48, 4, 2, True),
    (3, 48, 96, 4, 2, False),
    (5, 96, 112, 6, 1, False),
    (8, 112, 192, 6, 2, False),
)
_V2 = {
    "efficientnetv2-s": (
        (2, 24, 24, 1, 1, True),
        (4, 24, 48, 4, 2, True),
        (4, 48, 64, 4, 2, True),
        (6, 64, 128, 4, 2, False),
        (9, 128, 160, 6, 1, False),
        (15, 160, 256, 6, 2, False),
    ),
    "efficientnetv2-m": (
        (3, 24, 24, 1, 1, True),
        (5, 24, 48, 4, 2, True),
        (5, 48, 80, 4, 2, True),
        (7, 80, 160, 4, 2, False),
        (14, 160, 176, 6, 1, False),
        (18, 176, 304, 6, 2, False),
        (5, 304, 512, 6, 1, False),
    ),
    "efficientnetv2-l": (
        (4, 32, 32, 1, 1, True),
        (7, 32, 64, 4, 2, True),
        (7, 64, 96, 4, 2, True),
        (10, 96, 192, 4, 2, False),
        (19, 192, 224, 6, 1, False),
        (25, 224, 384, 6, 2, False),
        (7, 384, 640, 6, 1, False),
    ),
    **{f"efficientnetv2-b{number}": _B for number in range(4)},
}


class _EfficientNetV2(NamedWeights):
    structural = (*Application.structural, "name")
    width: ClassVar[float] = 1.0
    depth: ClassVar[float] = 1.0

    include_preprocessing: bool = preprocessing_flag()

    def check_arguments(self) -> None:
        super().check_arguments()
        # Keras surprise: the name determines which table of blocks is built, regardless of the class.
        if self.name not in _V2:
            raise Violation(
                "bad-name",
                f'name must be "{type(self).default_of("name")}" or the default name of another EfficientNetV2: '
                "Keras looks up the blocks by name",
                path=("name",),
                help="remove name",
            )

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        assert self.name is not None
        rows = _V2[self.name]
        x = g.norm_relu(g.conv(x, self._scaled(rows[0][1]), 3, 2, "same"))
        first = True
        for repeats, before, after, expansion, strides, fused in rows:
            filters = self._scaled(before)
            for index in range(math.ceil(self.depth * repeats)):
                inputs = x
                stride = 1 if index else strides
                block = _fused if fused else _separate
                x = block(g, x, filters, self._scaled(after), expansion, stride)
                if stride == 1 and filters == self._scaled(after):
                    # The first block of the model has no dropout.
                    x = g.sum(x if first else g.step(x), inputs)
                filters = self._scaled(after)
                first = False
        return self.classifier(g, g.norm_relu(g.conv(x, self._scaled(1280), padding="same")))

    def _scaled(self, filters: int) -> int:
        return round_to_eight(filters * self.width, exactly=True)


def _fused(
    g: ApplicationGraph, x: ApplicationNode, before: int, after: int, expansion: int, strides: int
) -> ApplicationNode:
    if expansion == 1:
        return g.norm_relu(g.conv(x, after, 3, strides, "same"))
    x = g.norm_relu(g.conv(x, before * expansion, 3, strides, "same"))
    return g.norm(g.conv(x, after, padding="same"))


def _separate(
    g: ApplicationGraph, x: ApplicationNode, before: int, after: int, expansion: int, strides: int
) -> ApplicationNode:
    x = g.norm_relu(g.conv(x, before * expansion, padding="same"))
    x = g.norm_relu(g.depthwise(x, 3, strides))
    x = _squeeze(g, x, max(1, before // 4))
    return g.norm(g.conv(x, after, padding="same"))


class EfficientNetV2B0(_EfficientNetV2):
    """EfficientNetV2 for images of 224 × 224."""

    pixels = STANDARD
    name: Name = keras_name("efficientnetv2-b0")


class EfficientNetV2B1(_EfficientNetV2):
    """EfficientNetV2 for images of 240 × 240."""

    pixels = STANDARD
    name: Name = keras_name("efficientnetv2-b1")
    width, depth, default_size = 1.0, 1.1, 240


class EfficientNetV2B2(_EfficientNetV2):
    """EfficientNetV2 for images of 260 × 260."""

    pixels = STANDARD
    name: Name = keras_name("efficientnetv2-b2")
    width, depth, default_size = 1.1, 1.2, 260


class EfficientNetV2B3(_EfficientNetV2):
    """EfficientNetV2 for images of 300 × 300."""

    pixels = STANDARD
    name: Name = keras_name("efficientnetv2-b3")
    width, depth, default_size = 1.2, 1.4, 300


class EfficientNetV2S(_EfficientNetV2):
    """Small EfficientNetV2, for images of 384 × 384."""

    name: Name = keras_name("efficientnetv2-s")
    default_size = 384


class EfficientNetV2M(_EfficientNetV2):
    """Medium EfficientNetV2, for images of 480 × 480."""

    name: Name = keras_name("efficientnetv2-m")
    default_size = 480


class EfficientNetV2L(_EfficientNetV2):
    """Large EfficientNetV2, for images of 480 × 480."""

    name: Name = keras_name("efficientnetv2-l")
    default_size = 480
