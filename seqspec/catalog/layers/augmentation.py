"""The layers that change images at random while training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.catalog.arguments import arg
from seqspec.catalog.environment import Environment
from seqspec.catalog.kinds import Boolean, Choice, Either, ListOf, Number, Optional, Text
from seqspec.catalog.layer import wrong_rank
from seqspec.catalog.layers.base_image import (
    COMPLEX,
    FILL_MODE,
    FLOATS,
    INTERPOLATION,
    NUMBER,
    NUMBERS,
    PAIR,
    SEED,
    WHOLE,
    WIDE,
    Factor,
    ImageLayer,
    OddSize,
    WholeNumber,
)
from seqspec.diagnostics.problem import Problem
from seqspec.shapes.tensor import TensorSpec

_PART = Factor(0, 1)
_PART_EACH = Factor(0, 1, each=True)
_SIGNED = Factor(-1, 1)
_SIGNED_EACH = Factor(-1, 1, each=True)
_SIGNED_OR_EMPTY = Factor(-1, 1, empty=True)
_SHARE = Number(0, 1, neutral=True)
_NO_HALF = ("float32", "float64", "bfloat16")

_RANGE = "Least and greatest pixel."
_MIXING = "How pixels between pixels are found."
_FILLING = "What stands where the image was moved away."
_FILL_VALUE = 'The value for fill_mode = "constant".'
_CHANCE = "Chance that an image is changed: a number from 0 to 1, or two to draw it from."


def _made(layer: type[ImageLayer], **given: Any) -> ImageLayer:
    """A layer with arguments that are known to be good."""
    made = object.__new__(layer)
    made.__dict__ = given
    return made


def _greatest(factor: float | Sequence[float]) -> float:
    return abs(factor) if isinstance(factor, (int, float)) else max(factor)


class AugMix(ImageLayer):
    """Mixes each image with several chains of random changes of itself."""

    value_range: tuple[float, float] = arg(PAIR, _RANGE, default=(0, 255))
    num_chains: int = arg(WholeNumber(), "Number of chains.", default=3)
    chain_depth: int = arg(WholeNumber(), "Changes in a chain, at most.", default=3)
    factor: float | tuple[float, float] = arg(_PART_EACH, "Strength of the changes, 0 to 1.", default=0.3)
    alpha: float = arg(NUMBER, "How evenly chains are mixed.", default=1.0)
    all_ops: bool = arg(
        Boolean(neutral=True), "Whether brightness, color, contrast and sharpness change too.", default=True
    )
    interpolation: str = arg(INTERPOLATION, _MIXING, default="bilinear")
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def traced(self, x: TensorSpec, env: Environment) -> TensorSpec:
        y = super().traced(x, env)
        if self.num_chains < 0:
            raise Problem(
                "bad-value", f"num_chains needs a number of at least 0, got {self.num_chains}", path=("num_chains",)
            )
        if self.num_chains > 0 and self.chain_depth > 0 and self.all_ops:
            # Keras surprise: whether it minds other channels is a matter of chance, which of the changes it draws.
            self.need_gray(x, env)
        return y


class CutMix(ImageLayer):
    """Pastes patches of one image into another, labels mixed alike."""

    factor: float | tuple[float, float] = arg(_PART, "Size of the patches, 0 to 1.", default=1.0)
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def traced(self, x: TensorSpec, env: Environment) -> TensorSpec:
        y = super().traced(x, env)
        if x.rank == 4:
            self.need_size(x)
            self.need_dtype("float32", "float64", env=env)
        return y


class MixUp(ImageLayer):
    """Blends pairs of images, labels mixed alike."""

    traced_dtypes = (*FLOATS, *COMPLEX)

    alpha: float = arg(NUMBER, "How evenly two images are blended.", default=0.2)
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandAugment(ImageLayer):
    """Applies a few changes, drawn from a fixed set, to each image."""

    value_range: tuple[float, float] = arg(PAIR, _RANGE, default=(0, 255))
    num_ops: int = arg(WholeNumber(), "Number of changes.", default=2)
    factor: float | tuple[float, float] = arg(_PART_EACH, "Strength of the changes, 0 to 1.", default=0.5)
    interpolation: str = arg(INTERPOLATION, _MIXING, default="bilinear")
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def traced(self, x: TensorSpec, env: Environment) -> TensorSpec:
        y = super().traced(x, env)
        if self.num_ops > 0:
            self.need_gray(x, env)
            self.need_known_channels(x)
        return y


class RandomBrightness(ImageLayer):
    """Makes images brighter or darker."""

    traced_dtypes = (*FLOATS, *WHOLE, *WIDE)

    # Keras surprise: "none" and an empty list mean 0 here, although the argument is required.
    factor: float | tuple[float, float] | None = arg(
        Optional(_SIGNED_OR_EMPTY), "How much brighter, as part of the range of the pixels, -1 to 1."
    )
    value_range: tuple[float, float] = arg(PAIR, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomColorDegeneration(ImageLayer):
    """Takes some of the color out of images."""

    traced_dtypes = (*FLOATS, *WHOLE, *WIDE)
    traced_gray = True

    factor: float | tuple[float, float] = arg(_SIGNED, "How much color is taken, 1 for all of it.")
    value_range: tuple[float, float] = arg(PAIR, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        if env.keras >= (3, 15):
            self._need_colors(x)
        return super().output(x, env)

    def _need_colors(self, x: TensorSpec) -> None:
        if x.rank not in (3, 4):
            raise wrong_rank(x, "needs an image: height, width and 3 channels", 4)
        # Of three axes, batch included, Keras takes the first for the channels where these come first.
        channels = x.dims[-3 if self.channels_first else -1]
        if isinstance(channels, int) and channels != 3:
            raise Problem(
                "channel-mismatch",
                f"needs images of 3 channels, but {x} arrives, with {channels}",
                label=f"needs 3 channels, {channels} arrive",
                on="layer",
            )


class RandomColorJitter(ImageLayer):
    """Changes brightness, contrast, saturation and hue, each where its factor is given."""

    # Keras surprise: any count of numbers passes unless brightness or saturation changes.
    value_range: tuple[float, float] = arg(NUMBERS, _RANGE, default=(0, 255))
    brightness_factor: float | tuple[float, float] | None = arg(
        Optional(_SIGNED_OR_EMPTY), "How much brighter, -1 to 1.", default=None
    )
    contrast_factor: float | tuple[float, float] | None = arg(
        Optional(_PART), "How much the contrast changes, 0 to 1.", default=None
    )
    saturation_factor: float | tuple[float, float] | None = arg(
        Optional(_SIGNED), "How much the saturation changes; 0.5 for none.", default=None
    )
    hue_factor: float | tuple[float, float] | None = arg(
        Optional(_PART), "How far the hue turns, 0 to 1.", default=None
    )
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def traced(self, x: TensorSpec, env: Environment) -> TensorSpec:
        self.need_image(x)
        # The layers inside are not told where the channels stand.
        inside: list[ImageLayer] = []
        if self.contrast_factor is not None:
            inside.append(_made(RandomContrast, factor=self.contrast_factor, value_range=self.value_range))
        if self.saturation_factor is not None:
            inside.append(_made(RandomSaturation, factor=self.saturation_factor, value_range=self.value_range))
        if self.hue_factor is not None:
            inside.append(_made(RandomHue, factor=self.hue_factor, value_range=self.value_range))
        y = TensorSpec(x.dims, self.compute_dtype(env))
        for layer in inside:
            y = y._replace(dims=layer.traced(y, env).dims)
        return y

    def check(self) -> None:
        if len(self.value_range) != 2 and (self.brightness_factor, self.saturation_factor) != (None, None):
            raise Problem(
                "bad-value",
                f"value_range needs two numbers, got {len(self.value_range)}",
                path=("value_range",),
                help="write the least and the greatest pixel, such as [0, 255]",
            )


class RandomContrast(ImageLayer):
    """Makes the contrast of images stronger or weaker."""

    factor: float | tuple[float, float] = arg(_PART, "How much the contrast changes, 0 to 1.")
    value_range: tuple[float, float] = arg(NUMBERS, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomElasticTransform(ImageLayer):
    """Distorts images as if they were drawn on rubber."""

    factor: float | tuple[float, float] = arg(_PART, _CHANCE, default=1.0)
    scale: float | tuple[float, float] = arg(_PART, "Strength of the distortion, 0 to 1.", default=1.0)
    interpolation: str = arg(INTERPOLATION, _MIXING, default="bilinear")
    fill_mode: str = arg(
        Choice("constant", "nearest", "wrap", "mirror", "reflect", neutral=True), _FILLING, default="reflect"
    )
    fill_value: float = arg(NUMBER, _FILL_VALUE, default=0.0)
    value_range: tuple[float, float] = arg(NUMBERS, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def traced(self, x: TensorSpec, env: Environment) -> TensorSpec:
        y = super().traced(x, env)
        if _greatest(self.factor) and _greatest(self.scale):
            self.need_size(x)
            self.need_known_channels(x)
            self.need_dtype(*_NO_HALF, env=env)
        return y


class RandomErasing(ImageLayer):
    """Overwrites a rectangle of each image."""

    traced_size = True
    traced_dtypes = _NO_HALF

    factor: float | tuple[float, float] = arg(_PART, _CHANCE, default=1.0)
    scale: float | tuple[float, float] = arg(
        _PART, "Area of the rectangle as part of the image, 0 to 1.", default=(0.02, 0.33)
    )
    fill_value: float | list[float] | None = arg(
        Optional(Either(NUMBER, ListOf(NUMBER))),
        "What is written: a number, one for each of 3 channels, or noise where nothing is given.",
        default=None,
    )
    value_range: tuple[float, float] = arg(NUMBERS, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomFlip(ImageLayer):
    """Mirrors images."""

    traced_dtypes = ()

    # Keras surprise: any word passes, and an unknown one flips nothing.
    mode: str = arg(
        Text('"horizontal", "vertical" or "horizontal_and_vertical"'),
        "Which way: horizontal (left to right), vertical or horizontal_and_vertical.",
        default="horizontal_and_vertical",
    )
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomGaussianBlur(ImageLayer):
    """Blurs images; its convolution runs only while training and is not counted."""

    traced_dtypes = _NO_HALF

    factor: float | tuple[float, float] = arg(_PART, _CHANCE, default=1.0)
    kernel_size: int | tuple[int, int] = arg(OddSize(), "Height and width of the blur, odd.", default=3)
    sigma: float | tuple[float, float] = arg(_PART, "Width of the bell curve, 0 to 1.", default=1.0)
    value_range: tuple[float, float] = arg(NUMBERS, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomGrayscale(ImageLayer):
    """Takes the color out of some images; the dtype stays that of what arrives."""

    traced_dtypes = (*FLOATS, *WHOLE, *WIDE, *COMPLEX, "bool")
    takes_several = False
    traced_gray = True

    factor: float = arg(_SHARE, "Chance that an image is changed.", default=0.5)
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        return TensorSpec(x.dims, x.dtype, sparse=x.sparse)


class RandomHue(ImageLayer):
    """Turns the colors of images around the color wheel."""

    traced_dtypes = ()
    traced_range = (0, 1)
    traced_colors = True

    factor: float | tuple[float, float] = arg(_PART, "How far the hue turns, 0 to 1.")
    value_range: tuple[float, float] = arg(NUMBERS, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomInvert(ImageLayer):
    """Turns some images into their negatives."""

    traced_dtypes = (*FLOATS, *WHOLE, *WIDE, *COMPLEX)

    factor: float | tuple[float, float] = arg(_PART, _CHANCE, default=1.0)
    value_range: tuple[float, float] = arg(NUMBERS, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomPerspective(ImageLayer):
    """Tilts images as if they were seen from the side."""

    traced_dtypes = (*FLOATS, "int32", "int64")
    traced_size = True

    factor: float | tuple[float, float] = arg(_PART, _CHANCE, default=1.0)
    scale: float = arg(_SHARE, "How far corners move, as part of the image.", default=1.0)
    interpolation: str = arg(INTERPOLATION, _MIXING, default="bilinear")
    fill_value: float = arg(NUMBER, "The value of what lies outside the image.", default=0.0)
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomPosterization(ImageLayer):
    """Leaves images fewer bits for each color."""

    traced_dtypes = ()

    factor: float | tuple[float, float] = arg(Factor(1, 8), "Bits that are left, 1 to 8.")
    value_range: tuple[float, float] = arg(PAIR, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def traced(self, x: TensorSpec, env: Environment) -> TensorSpec:
        factor = vars(self).get("factor", 1)  # what could not be read is not there
        low, high = sorted(factor) if isinstance(factor, list) else (1, factor)
        # Keras surprise: fractions pass until the bits are drawn, and so do whole numbers written as such.
        if isinstance(low, float) or isinstance(high, float) and low != high:
            raise Problem("bad-value", "factor needs whole numbers", path=("factor",))
        return super().traced(x, env)


class RandomRotation(ImageLayer):
    """Turns images."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    # Keras surprise: "none" and an empty list mean 0 here, although the argument is required.
    factor: float | tuple[float, float] | None = arg(
        Optional(_SIGNED_OR_EMPTY), "How far, as part of a full turn: 0.1 for up to 36 degrees either way."
    )
    fill_mode: str = arg(FILL_MODE, _FILLING, default="reflect")
    interpolation: str = arg(INTERPOLATION, _MIXING, default="bilinear")
    seed: int | None = arg(SEED, "Random seed.", default=None)
    fill_value: float = arg(NUMBER, _FILL_VALUE, default=0.0)


class RandomSaturation(ImageLayer):
    """Makes the colors of images stronger or weaker."""

    traced_colors = True

    factor: float | tuple[float, float] = arg(_SIGNED, "How strong the colors become: 0 gray, 0.5 unchanged, 1 most.")
    value_range: tuple[float, float] = arg(PAIR, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomSharpness(ImageLayer):
    """Sharpens or softens images; its convolution runs only while training and is not counted."""

    factor: float | tuple[float, float] = arg(_PART, "How sharp: 0 soft, 0.5 unchanged, 1 sharp.")
    value_range: tuple[float, float] = arg(PAIR, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomShear(ImageLayer):
    """Slants images."""

    x_factor: float | tuple[float, float] = arg(_PART_EACH, "How far along the width, 0 to 1.", default=0.0)
    y_factor: float | tuple[float, float] = arg(_PART_EACH, "How far along the height, 0 to 1.", default=0.0)
    interpolation: str = arg(INTERPOLATION, _MIXING, default="bilinear")
    fill_mode: str = arg(FILL_MODE, _FILLING, default="reflect")
    fill_value: float = arg(NUMBER, _FILL_VALUE, default=0.0)
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomTranslation(ImageLayer):
    """Moves images up, down and sideways."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    height_factor: float | tuple[float, float] = arg(
        _SIGNED_EACH, "How far down, as part of the height, -1 to 1; one number for both ways."
    )
    width_factor: float | tuple[float, float] = arg(
        _SIGNED_EACH, "How far right, as part of the width, -1 to 1; one number for both ways."
    )
    fill_mode: str = arg(FILL_MODE, _FILLING, default="reflect")
    interpolation: str = arg(INTERPOLATION, _MIXING, default="bilinear")
    seed: int | None = arg(SEED, "Random seed.", default=None)
    fill_value: float = arg(NUMBER, _FILL_VALUE, default=0.0)


class RandomZoom(ImageLayer):
    """Zooms into images or out of them."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    height_factor: float | tuple[float, float] = arg(
        _SIGNED_EACH, "How far out along the height, above -1 to 1; negative numbers zoom in."
    )
    width_factor: float | tuple[float, float] | None = arg(
        Optional(_SIGNED_EACH), "The same along the width; that of the height where nothing is given.", default=None
    )
    fill_mode: str = arg(FILL_MODE, _FILLING, default="reflect")
    interpolation: str = arg(INTERPOLATION, _MIXING, default="bilinear")
    seed: int | None = arg(SEED, "Random seed.", default=None)
    fill_value: float = arg(NUMBER, _FILL_VALUE, default=0.0)

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        self.check_in(env)
        return super().output(x, env)

    def check_in(self, env: Environment) -> None:
        if env.keras < (3, 14):
            return
        for name in ("height_factor", "width_factor"):
            factor = vars(self).get(name)  # what could not be read is not there
            if factor == -1 or (isinstance(factor, list) and -1 in factor):
                message = f"{name} needs numbers above -1, got -1, which leaves nothing of an image"
                raise Problem("bad-value", message, path=(name,))


class Solarization(ImageLayer):
    """Inverts the bright pixels of images."""

    traced_dtypes = (*FLOATS, "int32", "int64")

    addition_factor: float | tuple[float, float] = arg(
        _PART_EACH, "What is added first, as part of the range of the pixels, 0 to 1.", default=0.0
    )
    threshold_factor: float | tuple[float, float] = arg(
        _PART_EACH, "Above which part of the range pixels are inverted, 0 to 1.", default=0.0
    )
    value_range: tuple[float, float] = arg(PAIR, _RANGE, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)
