"""CenterCrop, Resizing, RandomCrop and contrast layers."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from seqspec.core.catalog.dtypes import INTERPOLATIONS, NO_TEXT, POOLED, REAL, DtypeRule
from seqspec.core.catalog.export_formats import INFERENCE, Exports, Limit, resize_limits
from seqspec.core.catalog.keras_object import bad_argument
from seqspec.core.catalog.layer import InferenceContext, Inputs, NestedOutputs, Outputs, Phase, wrong_rank
from seqspec.core.catalog.layer_inference import refused_inputs
from seqspec.core.catalog.layers.base_image import FLOATS, WHOLE, AugmentationLayer, ImageLayer, Numbers, Pair
from seqspec.core.catalog.markers import Expects
from seqspec.core.catalog.traits import Casting, SeveralInputs
from seqspec.core.catalog.types import NeutralBool, NeutralInt, NeutralNumber, NonNegativeInt
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Dim, Interval, Shape, Size, TensorSpec

_IMAGE = "(height, width, channels)"


def _resized(x: TensorSpec, axis: int, height: Size, width: Size, dtype: str, least: int) -> TensorSpec:
    """`x` with another height at `axis` and width after; raises for fewer than `least` axes, batch included."""
    if x.rank < least:
        raise wrong_rank(x, f"expected an image of shape {_IMAGE}", 4)
    dims = list(x.dims)
    dims[axis] = height
    dims[axis + 1] = width
    return TensorSpec(tuple(dims), dtype)


class CenterCrop(ImageLayer):
    """Crops the center of images; images that are too small are resized instead."""

    several_inputs = SeveralInputs("refused", "packed")
    traced_dtypes = ()

    # Keras surprise: a size of 0 is accepted in all three layers that have one.
    height: NonNegativeInt = Field(description="Height of the output.")
    width: NonNegativeInt = Field(description="Width of the output.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if env.phase is Phase.TRACE:
            return self._traced(x, self.traced_image(x, env), env)
        if x.rank > 4:
            raise wrong_rank(x, f"expected an image of shape {_IMAGE}", 4)
        # Keras surprise: samples of shape (28, 28) are accepted, with the batch size taken as the height.
        height = x.rank - (2 if self.channels_first else 3)
        return _resized(x, height, self.height, self.width, self.compute_dtype(env), 3)

    def _traced(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> TensorSpec:
        if env.keras < (3, 14):
            self.require_size(x)
        height, width = x.dims[self.height_axis], x.dims[self.height_axis + 1]
        too_small = (isinstance(height, int) and height < self.height) or (
            isinstance(width, int) and width < self.width
        )
        if too_small:
            _need_something(self)
            return _resized(y, self.height_axis, self.height, self.width, "float32", 3)
        if isinstance(height, int) and isinstance(width, int):
            return _resized(y, self.height_axis, self.height, self.width, y.dtype, 3)
        return _resized(y, self.height_axis, Dim(), Dim(), y.dtype, 3)

    def output_range(self, x: Interval | None) -> Interval | None:
        return x


_TRANSLATED = {False: ("lanczos3", "lanczos5"), True: ("bilinear", "bicubic", "lanczos3", "lanczos5")}
"""The interpolations that TensorFlow computes with `ScaleAndTranslate`, without and with antialiasing."""


class Resizing(ImageLayer):
    """Resizes images."""

    exports = Exports(
        *resize_limits(lambda layer: layer.interpolation in _TRANSLATED[layer.antialias]),
        Limit(INFERENCE, "ResizeArea", when=lambda layer: layer.interpolation == "area"),
    )

    several_inputs = SeveralInputs("together", "packed")
    traced_dtypes = ()
    dtype_rule = DtypeRule(POOLED, "input")

    height: NonNegativeInt = Field(description="Height of the output.")
    width: NonNegativeInt = Field(description="Width of the output.")
    # Keras surprise: unknown values, and cropping together with padding, are accepted until it is called on data.
    interpolation: Annotated[str, Expects('an interpolation such as "bilinear"')] = Field(
        default="bilinear",
        description="Interpolation: bilinear, nearest, bicubic, area, lanczos3, lanczos5, gaussian or mitchellcubic.",
    )
    crop_to_aspect_ratio: NeutralBool = Field(
        default=False, description="Whether to crop the image to keep its aspect ratio."
    )
    pad_to_aspect_ratio: NeutralBool = Field(
        default=False, description="Whether to pad the image to keep its aspect ratio."
    )
    fill_mode: Annotated[str, Expects('"constant"')] = Field(
        default="constant", description="How padding is filled; only constant."
    )
    fill_value: NeutralNumber = Field(default=0.0, description="Value of the padding.")
    antialias: NeutralBool = Field(
        default=False, description="Whether to apply an anti-aliasing filter when downsampling."
    )

    def compute_output_spec(self, x: Inputs, env: InferenceContext) -> Outputs:
        if not isinstance(x, TensorSpec):
            return _of_several(self, x, env, channels_first=False)
        if env.phase is Phase.TRACE:
            y = self.traced_image(x, env)
            self._check_resizing()
            return _resized(y, self.height_axis, self.height, self.width, y.dtype, 3)
        # Keras surprise: a tensor of any rank except 4 is treated as one image without a batch axis.
        height = int(self.channels_first) + int(x.rank == 4)
        return _resized(x, height, self.height, self.width, self.compute_dtype(env), height + 2)

    def _check_resizing(self) -> None:
        """Raises a `Violation` for arguments that Keras checks only when it resizes."""
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise Violation("conflicting-arguments", "cannot both crop and pad to the aspect ratio", anchor="layer")
        if self.interpolation not in INTERPOLATIONS:
            names = ", ".join(INTERPOLATIONS)
            raise bad_argument("interpolation", f"must be one of {names}")
        if self.fill_mode != "constant":
            raise bad_argument("fill_mode", 'must be "constant"')

    def output_range(self, x: Interval | None) -> Interval | None:
        # The other interpolations overshoot.
        return x if self.interpolation in ("nearest", "bilinear", "area") and not self.pad_to_aspect_ratio else None


class RandomCrop(AugmentationLayer):
    """Crops a random part of images during training, and the center at inference."""

    # Keras surprise: with training = false, which every model passes to its layers, `call` crops nothing.

    several_inputs = SeveralInputs("together", "packed")
    traced_size = True
    traced_dtypes = (*FLOATS, *WHOLE)

    height: NonNegativeInt = Field(description="Height of the output.")
    width: NonNegativeInt = Field(description="Width of the output.")

    def compute_output_spec(self, x: Inputs, env: InferenceContext) -> Outputs:
        if not isinstance(x, TensorSpec):
            return _of_several(self, x, env, channels_first=True)
        axis, least = self.height_axis, -self.height_axis
        if env.phase is Phase.TRACE:
            y = self.traced_image(x, env)
            height, width = x.dims[axis], x.dims[axis + 1]
            if isinstance(height, int) and isinstance(width, int) and (height <= self.height or width <= self.width):
                _need_something(self)
            return _resized(y, axis, self.height, self.width, y.dtype, 3)
        return _resized(x, axis, self.height, self.width, self.compute_dtype(env), least)


def _need_something(layer: CenterCrop | RandomCrop) -> None:
    """Raises a `Violation` for a size of 0."""
    for name in ("height", "width"):
        if getattr(layer, name) == 0:
            raise bad_argument(name, "must be positive for an image smaller than the crop")


def _of_several(
    layer: Resizing | RandomCrop, xs: Sequence[TensorSpec], env: InferenceContext, channels_first: bool
) -> Outputs:
    """Keras surprise: a list of two tensors is treated as one shape of two sizes, both of which are replaced."""
    entries = xs.entries if isinstance(xs, NestedOutputs) else len(xs)
    if entries != 2 or layer.channels_first is not channels_first:
        raise refused_inputs(xs)
    return [TensorSpec((layer.height, layer.width), layer.compute_dtype(env))]


class AutoContrast(ImageLayer):
    """Stretches the contrast of each channel to the full pixel range."""

    dtype_rule = DtypeRule(NO_TEXT)

    value_range: Pair = Field(default=[0, 255], description="Minimum and maximum pixel value.")


class Equalization(ImageLayer):
    """Applies histogram equalization to each channel."""

    casting = Casting(others=True, returns_input=True)

    value_range: Pair = Field(default=[0, 255], description="Minimum and maximum pixel value.")
    bins: NeutralInt = Field(default=256, description="Number of histogram bins.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return self.traced_image(x, env) if env.phase is Phase.TRACE else x

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if env.phase is Phase.TRACE:
            self.require_known_channels(x)
            self.require_two_ends()

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return y.mask


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Applies contrast-limited adaptive histogram equalization (CLAHE), tile by tile."""

    exports = Exports(Limit(("tfjs",), "Min of rank 5"))

    since = "3.14"
    traced_size = True
    traced_dtypes = ()
    dtype_rule = DtypeRule(REAL | {"bool"}, "input")
    traced_range = (0, 255)

    value_range: Numbers = Field(default=[0, 255], description="Minimum and maximum pixel value.")
    clip_limit: NeutralNumber = Field(default=4.0, description="Contrast limit; no limit if <= 0.")
    # Keras surprise: any number of integers is accepted until the layer computes.
    tile_grid_size: list[NeutralInt] = Field(default=[8, 8], description="Number of tile rows and columns.")

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if env.phase is Phase.TRACE and x.rank == 3:
            self.require_known_channels(x)
        self._require_tiles()
        if env.phase is Phase.TRACE:
            return
        sizes = x.dims[-2:] if self.data_format == "channels_first" else x.dims[-3:-1]
        for size, tiles in zip(sizes, self.tile_grid_size):
            if tiles < 0:
                raise bad_argument("tile_grid_size", fmt("must be two positive numbers, got {}", tiles))
            if isinstance(size, int) and size > 0 and -size % tiles > size:
                raise Violation(
                    "shape-mismatch",
                    fmt("cannot divide {} pixels into {} tiles: the padding is larger than the image", size, tiles),
                    anchor="layer",
                    help="write a smaller tile_grid_size",
                )

    def _require_tiles(self) -> None:
        if len(self.tile_grid_size) != 2 or 0 in self.tile_grid_size:
            raise bad_argument("tile_grid_size", "must be two positive numbers")
