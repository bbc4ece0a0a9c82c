"""CenterCrop, Resizing, RandomCrop and the layers that spread contrast."""

from __future__ import annotations

from seqspec.catalog.arguments import arg
from seqspec.catalog.environment import Environment
from seqspec.catalog.kinds import Boolean, Integer, ListOf, Text
from seqspec.catalog.layer import wrong_rank
from seqspec.catalog.layers.base_image import NUMBER, NUMBERS, PAIR, SEED, ImageLayer, WholeNumber
from seqspec.shapes.dims import Shape
from seqspec.shapes.tensor import TensorSpec

_IMAGE = "an image: height, width and channels"


def _resized(x: TensorSpec, axis: int, height: int, width: int, dtype: str, least: int) -> TensorSpec:
    """`x` with another height at `axis` and width behind; raises for fewer than `least` axes, batch included."""
    if x.rank < least:
        raise wrong_rank(x, f"needs {_IMAGE}", 4)
    dims = list(x.dims)
    dims[axis] = height
    dims[axis + 1] = width
    return TensorSpec(tuple(dims), dtype)


class CenterCrop(ImageLayer):
    """Cuts the middle out of an image; one that is too small is resized instead."""

    # Keras surprise: a size of 0 passes, for each of the three layers with one.
    height: int = arg(Integer(minimum=0), "Height of what is left.")
    width: int = arg(Integer(minimum=0), "Width of what is left.")

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        if x.rank > 4:
            raise wrong_rank(x, f"needs {_IMAGE}", 4)
        # Keras surprise: (28, 28) passes, its batch taken for the height.
        height = x.rank - (2 if self.channels_first else 3)
        return _resized(x, height, self.height, self.width, self.compute_dtype(env), 3)


class Resizing(ImageLayer):
    """Scales images to one size."""

    height: int = arg(Integer(minimum=0), "Height of the output.")
    width: int = arg(Integer(minimum=0), "Width of the output.")
    # Keras surprise: unknown words, and cropping together with padding, pass until data arrives.
    interpolation: str = arg(
        Text('an interpolation such as "bilinear"'),
        "How pixels are mixed: bilinear, nearest, bicubic, area, lanczos3, lanczos5, gaussian or mitchellcubic.",
        default="bilinear",
    )
    crop_to_aspect_ratio: bool = arg(
        Boolean(neutral=True), "Whether edges are cut off rather than the image distorted.", default=False
    )
    pad_to_aspect_ratio: bool = arg(
        Boolean(neutral=True), "Whether borders are added rather than the image distorted.", default=False
    )
    fill_mode: str = arg(Text('"constant"'), "How added borders are filled: constant.", default="constant")
    fill_value: float = arg(NUMBER, "Value of added borders.", default=0.0)
    antialias: bool = arg(Boolean(neutral=True), "Whether an image is smoothed before it shrinks.", default=False)

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        # Keras surprise: anything but an image in a batch counts as one image without a batch, whatever its rank.
        height = int(self.channels_first) + int(x.rank == 4)
        return _resized(x, height, self.height, self.width, self.compute_dtype(env), height + 2)


class RandomCrop(ImageLayer):
    """Cuts a random part out of an image while training, and the middle otherwise."""

    height: int = arg(Integer(minimum=0), "Height of what is left.")
    width: int = arg(Integer(minimum=0), "Width of what is left.")
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        height = -2 if self.channels_first else -3
        return _resized(x, height, self.height, self.width, self.compute_dtype(env), -height)


class AutoContrast(ImageLayer):
    """Stretches each channel so that it fills the range of the pixels."""

    value_range: tuple[float, float] = arg(PAIR, "Least and greatest pixel.", default=(0, 255))


class Equalization(ImageLayer):
    """Spreads the pixels of each channel evenly over their range."""

    value_range: tuple[float, float] = arg(PAIR, "Least and greatest pixel.", default=(0, 255))
    bins: int = arg(WholeNumber(), "Bins of the histogram.", default=256)

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        return x

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return x.mask

    def gives_back(self, x: TensorSpec, env: Environment) -> bool:
        return self.cast(x, env) is x


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Spreads the pixels tile by tile, without blowing up noise (CLAHE)."""

    since = "3.14"

    value_range: tuple[float, float] = arg(NUMBERS, "Least and greatest pixel.", default=(0, 255))
    clip_limit: float = arg(NUMBER, "Limit of the contrast; 0 or less for none.", default=4.0)
    tile_grid_size: tuple[int, int] = arg(ListOf(WholeNumber()), "Rows and columns of tiles.", default=(8, 8))
