"""MobileNet, versions 1 to 3: depthwise convolutions (Howard et al. 2017 and 2019, Sandler et al. 2018)."""

from typing import ClassVar

from pydantic import Field

from seqspec.core.catalog.applications.application import (
    IMAGENET,
    Application,
    keras_name,
    preprocessing_flag,
    round_to_eight,
)
from seqspec.core.catalog.applications.graph import ApplicationGraph, ApplicationNode
from seqspec.core.catalog.keras_object import bad_argument, unchecked
from seqspec.core.catalog.layers.reshaping import Flatten, Reshape
from seqspec.core.catalog.types import Name, Number
from seqspec.core.diagnostics.message import NONE, Setting, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Dim, Shape


class _Mobile(Application):
    trained_sizes: ClassVar[tuple[int, ...]] = ()
    trained_alphas: ClassVar[tuple[float, ...]] = ()

    alpha: Number = Field(default=1.0, description="Width multiplier: scales the number of filters of every layer.")

    def check_arguments(self) -> None:
        super().check_arguments()
        if self.pretrained == IMAGENET and self.alpha not in self.alphas():
            trained = ", ".join(map(str, self.alphas()))
            raise self.trained(
                "alpha",
                fmt("must be one of {} with {}, got {}", trained, Setting("weights", IMAGENET), self.alpha),
                fmt("write one of these, or {}", Setting("weights", NONE)),
            )

    def alphas(self) -> tuple[float, ...]:
        """The values of `alpha` for which trained weights exist."""
        return self.trained_alphas

    def usual_size(self, sample: Shape) -> int:
        height, width, _ = sample
        return height if isinstance(height, int) and height == width and height in self.trained_sizes else 224

    def needs(self, argument: str, accepted: str) -> Violation:
        """The violation for a value of `argument` for which the layers of the model cannot be created."""
        return bad_argument(argument, fmt("must be {}, got {}", accepted, getattr(self, argument)))


class MobileNet(_Mobile):
    """Small network of depthwise and pointwise convolutions."""

    structural = (*Application.structural, "alpha", "depth_multiplier")
    dense_top = False
    trained_sizes = (128, 160, 192, 224)
    trained_alphas = (0.25, 0.5, 0.75, 1.0)

    depth_multiplier: int = Field(default=1, description="Depthwise output channels per input channel.")
    dropout: Number = Field(default=1e-3, description="Dropout rate before the classification head.")

    def check_arguments(self) -> None:
        if self.pretrained == IMAGENET and self.depth_multiplier != 1:
            raise self.trained(
                "depth_multiplier",
                fmt("must be 1 with {}, got {}", Setting("weights", IMAGENET), self.depth_multiplier),
                fmt("remove it, or write {}", Setting("weights", NONE)),
            )
        super().check_arguments()
        if self.depth_multiplier < 1:
            raise self.needs("depth_multiplier", "a positive integer")
        if int(32 * self.alpha) < 1:
            raise self.needs("alpha", "a number >= 1/32, so that every layer keeps at least one filter")
        if self.include_top and not 0 <= self.dropout <= 1:
            raise self.needs("dropout", "a number from 0 to 1")

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = g.norm_relu(g.conv(x, int(32 * self.alpha), 3, 2, "same"))
        previous = 64
        for filters in (64, 128, 128, 256, 256, *[512] * 6, 1024, 1024):
            strides, padding = 1, "same"
            if filters != previous:
                x = g.pad(x, ((0, 1), (0, 1)))
                strides, padding = 2, "valid"
            x = g.norm_relu(g.depthwise(x, 3, strides, padding, self.depth_multiplier))
            x = g.norm_relu(g.conv(x, int(filters * self.alpha), padding="same"))
            previous = filters
        if not self.include_top:
            return self.pooled(g, x)
        x = g.step(g.global_average(x, keepdims=True))
        x = g.conv(x, self.classes, padding="same", bias=True)
        return g.step(g.add(unchecked(Reshape, target_shape=(self.classes,)), x))


_V2 = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


class MobileNetV2(_Mobile):
    """Small network of inverted residuals with linear bottlenecks."""

    structural = (*Application.structural, "alpha")
    trained_sizes = (96, 128, 160, 192, 224)
    trained_alphas = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = g.norm_relu(g.conv(x, round_to_eight(32 * self.alpha), 3, 2, "same"))
        for expansion, filters, count, strides in _V2:
            narrow = round_to_eight(int(filters * self.alpha))
            for index in range(count):
                x = self._block(g, x, expansion, narrow, 1 if index else strides)
        x = g.norm_relu(g.conv(x, round_to_eight(1280 * self.alpha) if self.alpha > 1 else 1280))
        return self.classifier(g, x)

    def _block(
        self, g: ApplicationGraph, x: ApplicationNode, expansion: int, filters: int, strides: int
    ) -> ApplicationNode:
        before = x
        if expansion != 1:
            x = g.norm_relu(g.conv(x, expansion * before.channels, padding="same"))
        x = g.depthwise(x, 3, strides, "aligned")
        x = g.norm(g.conv(g.norm_relu(x), filters, padding="same"))
        return g.sum(before, x) if strides == 1 and before.channels == filters else x


Row = tuple[float, int, int, int, bool]


class _MobileNetV3(_Mobile):
    structural = (*Application.structural, "alpha", "minimalistic")
    dense_top = False
    rows: ClassVar[tuple[Row, ...]] = ()
    last_filters: ClassVar[int] = 0

    minimalistic: bool = Field(
        default=False,
        description="Whether to use the minimalistic variant (no 5 × 5 kernels, squeeze-and-excite or hard-swish).",
    )
    dropout_rate: Number = Field(default=0.2, description="Dropout rate before the classification head.")
    include_preprocessing: bool = preprocessing_flag()

    def check_arguments(self) -> None:
        super().check_arguments()
        # Keras surprise: a negative rate means no dropout.
        if self.include_top and self.dropout_rate > 1:
            raise self.needs("dropout_rate", "a number <= 1")

    def alphas(self) -> tuple[float, ...]:
        return (1.0,) if self.minimalistic else (0.75, 1.0)

    def usual_input(self) -> Shape:
        return (Dim("height"), Dim("width"), 3)

    def accept(self, sample: Shape) -> None:
        if self.pretrained == IMAGENET:
            self.require_three_channels(sample)
        height, width, _ = sample
        # Keras surprise: a size below the minimum is accepted if the other one is unknown or 0.
        if isinstance(height, int) and isinstance(width, int) and height and width and min(height, width) < 32:
            raise self.too_small(sample)

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = g.norm_relu(g.conv(x, 16, 3, 2, "same"))
        for index, row in enumerate(self.rows):
            x = self._block(g, x, row, expand=index > 0)
        x = g.norm_relu(g.conv(x, round_to_eight(x.channels * 6), padding="same"))
        if not self.include_top:
            return self.pooled(g, x)
        last = round_to_eight(self.last_filters * self.alpha) if self.alpha > 1 else self.last_filters
        x = g.step(g.conv(g.global_average(x, keepdims=True), last, padding="same", bias=True))
        x = g.conv(x, self.classes, padding="same", bias=True)
        return g.step(g.add(unchecked(Flatten), x))

    def _block(self, g: ApplicationGraph, x: ApplicationNode, row: Row, expand: bool) -> ApplicationNode:
        expansion, filters, kernel, strides, squeeze = row
        before = x
        filters = round_to_eight(filters * self.alpha)
        wide = round_to_eight(before.channels * expansion)
        if self.minimalistic:
            kernel, squeeze = 3, False
        if expand:
            x = g.norm_relu(g.conv(x, wide, padding="same"))
        x = g.depthwise(x, kernel, strides, "aligned")
        x = g.norm_relu(x)
        if squeeze:
            x = _squeeze(g, x, wide)
        x = g.norm(g.conv(x, filters, padding="same"))
        return g.sum(before, x) if strides == 1 and before.channels == filters else x


def _squeeze(g: ApplicationGraph, x: ApplicationNode, filters: int) -> ApplicationNode:
    gate = g.global_average(x, keepdims=True)
    gate = g.step(g.conv(gate, round_to_eight(filters / 4), padding="same", bias=True))
    gate = g.conv(gate, filters, padding="same", bias=True)
    for _ in ("plus 3", "relu", "by 6"):
        gate = g.step(gate)
    return g.sum(x, gate)


class MobileNetV3Small(_MobileNetV3):
    """Small network found by search, the smaller of two."""

    name: Name = keras_name("MobileNetV3Small")
    last_filters = 1024
    rows = (
        (1, 16, 3, 2, True),
        (72 / 16, 24, 3, 2, False),
        (88 / 24, 24, 3, 1, False),
        (4, 40, 5, 2, True),
        *[(6, 40, 5, 1, True)] * 2,
        *[(3, 48, 5, 1, True)] * 2,
        (6, 96, 5, 2, True),
        *[(6, 96, 5, 1, True)] * 2,
    )


class MobileNetV3Large(_MobileNetV3):
    """Small network found by search, the larger of two."""

    name: Name = keras_name("MobileNetV3Large")
    last_filters = 1280
    rows = (
        (1, 16, 3, 1, False),
        (4, 24, 3, 2, False),
        (3, 24, 3, 1, False),
        (3, 40, 5, 2, True),
        *[(3, 40, 5, 1, True)] * 2,
        (6, 80, 3, 2, False),
        (2.5, 80, 3, 1, False),
        *[(2.3, 80, 3, 1, False)] * 2,
        *[(6, 112, 3, 1, True)] * 2,
        (6, 160, 5, 2, True),
        *[(6, 160, 5, 1, True)] * 2,
    )
