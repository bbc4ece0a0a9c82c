"""The layers that change pixel values at random during training, without moving pixels."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from seqspec.core.catalog.dtypes import FLOATING, NO_TEXT, OWN_FLOATS, REAL, DtypeRule
from seqspec.core.catalog.keras_object import bad_argument, given_argument, unchecked
from seqspec.core.catalog.layer import InferenceContext, Outputs, Phase, wrong_rank
from seqspec.core.catalog.layers.base_image import (
    CHANCE_DOC,
    COMPLEX,
    FLOATS,
    NO_HALF,
    RANGE_DOC,
    WHOLE,
    WIDE,
    AugmentationLayer,
    Factor,
    Numbers,
    OddSize,
    Pair,
    Part,
    PartEach,
    Share,
    Signed,
    SignedOrEmpty,
)
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.traits import SeveralInputs
from seqspec.core.catalog.types import Maybe, NeutralNumber
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Interval, TensorSpec


class RandomBrightness(AugmentationLayer):
    """Makes images brighter or darker."""

    traits = AugmentationLayer.traits | {"range_scaled"}
    traced_dtypes = ()
    dtype_rule = DtypeRule(REAL, "input")

    # Keras surprise: "none" and an empty list mean 0, although the argument is required.
    factor: Maybe[SignedOrEmpty] = Field(description="Brightness change as a fraction of the value range, -1 to 1.")
    value_range: Pair = Field(default=[0, 255], description=RANGE_DOC)


class RandomColorDegeneration(AugmentationLayer):
    """Reduces the color of images."""

    traced_dtypes = (*FLOATS, *WHOLE, *WIDE)
    traced_gray = True

    factor: Signed = Field(description="Strength of the color degeneration; 1 removes all color.")
    value_range: Pair = Field(default=[0, 255], description=RANGE_DOC)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        if env.phase is not Phase.TRACE and env.keras >= (3, 15):
            self._need_colors(x)
        return super().compute_output_spec(x, env)

    def _need_colors(self, x: TensorSpec) -> None:
        if x.rank not in (3, 4):
            raise wrong_rank(x, "expected an image of shape (height, width, 3)", 4)
        # For rank 3 including the batch size, Keras takes the first axis as the channels with channels_first.
        channels = x.dims[-3 if self.channels_first else -1]
        if isinstance(channels, int) and channels != 3:
            raise Violation(
                "channel-mismatch",
                fmt("expected images with 3 channels, got {} with {}", x, channels),
                label=fmt("expects 3 channels, got {}", channels),
                anchor="layer",
            )


class RandomColorJitter(AugmentationLayer):
    """Changes brightness, contrast, saturation and hue, if their factors are set."""

    traits = AugmentationLayer.traits | {"range_scaled"}

    # Keras surprise: any number of values is accepted unless brightness or saturation changes.
    value_range: Numbers = Field(default=[0, 255], description=RANGE_DOC)
    brightness_factor: Maybe[SignedOrEmpty] = Field(default=None, description="Brightness change, -1 to 1.")
    contrast_factor: Maybe[Part] = Field(default=None, description="Contrast change, 0 to 1.")
    saturation_factor: Maybe[Signed] = Field(
        default=None, description="Saturation factor, 0 to 1; 0.5 leaves the image unchanged."
    )
    hue_factor: Maybe[Part] = Field(default=None, description="Hue shift, 0 to 1.")

    def traced_image(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.require_image(x)
        # Keras does not pass data_format to the inner layers.
        inside: list[AugmentationLayer] = []
        if self.contrast_factor is not None:
            inside.append(unchecked(RandomContrast, factor=self.contrast_factor, value_range=self.value_range))
        if self.saturation_factor is not None:
            inside.append(unchecked(RandomSaturation, factor=self.saturation_factor, value_range=self.value_range))
        if self.hue_factor is not None:
            inside.append(unchecked(RandomHue, factor=self.hue_factor, value_range=self.value_range))
        if self.contrast_factor is not None or self.saturation_factor is not None:
            self.require_dtype(*FLOATS, env=env)
        elif self.brightness_factor is not None:
            self.require_dtype(*FLOATS, *WHOLE, *WIDE, env=env)
        y = TensorSpec(x.dims, self.compute_dtype(env))
        for layer in inside:
            y = y._replace(dims=layer.traced_image(y._replace(dtype=layer.compute_dtype(env)), env).dims)
        return y

    def require_range(self, usual: tuple[int, int] | None) -> None:
        factors = (self.brightness_factor, self.contrast_factor, self.saturation_factor, self.hue_factor)
        if factors != (None, None, None, None):
            super().require_range(usual)

    def check_arguments(self) -> None:
        if len(self.value_range) != 2 and (self.brightness_factor, self.saturation_factor) != (None, None):
            raise bad_argument(
                "value_range",
                fmt("must have two numbers, got {}", len(self.value_range)),
                help="write the minimum and maximum pixel value, such as [0, 255]",
            )


class RandomContrast(AugmentationLayer):
    """Increases or decreases the contrast of images."""

    dtype_rule = OWN_FLOATS

    factor: Part = Field(description="Contrast change, 0 to 1.")
    value_range: Numbers = Field(default=[0, 255], description=RANGE_DOC)


class RandomErasing(AugmentationLayer):
    """Overwrites a rectangle of each image."""

    traits = AugmentationLayer.traits | {"range_scaled"}
    traced_size = True
    traced_dtypes = NO_HALF

    factor: Part = Field(default=1.0, description=CHANCE_DOC)
    scale: Part = Field(
        default=(0.02, 0.33), description="Area of the erased rectangle as a fraction of the image, 0 to 1."
    )
    fill_value: Maybe[NeutralNumber | Numbers] = Field(
        default=None, description="Fill value: a number, or one for each of 3 channels; noise if none."
    )
    value_range: Numbers = Field(default=[0, 255], description=RANGE_DOC)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if isinstance(self.fill_value, list) and len(self.fill_value) != 3:
            message = f"fill_value must have one number or three, got {len(self.fill_value)}"
            raise Violation("bad-value", message, path=("fill_value",))


class RandomGaussianBlur(AugmentationLayer):
    """Blurs images; its convolution runs only while training and is not counted."""

    traced_dtypes = NO_HALF

    factor: Part = Field(default=1.0, description=CHANCE_DOC)
    kernel_size: OddSize = Field(default=3, description="Height and width of the blur kernel; odd integers.")
    sigma: Part = Field(default=1.0, description="Standard deviation of the Gaussian kernel, 0 to 1.")
    value_range: Numbers = Field(default=[0, 255], description=RANGE_DOC)

    def traced_image(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        sizes = [self.kernel_size] if isinstance(self.kernel_size, int) else self.kernel_size
        if min(sizes) < 0:
            raise bad_argument("kernel_size", f"must be positive, got {min(sizes)}")
        return super().traced_image(x, env)


class RandomGrayscale(AugmentationLayer):
    """Converts some images to grayscale; the dtype is that of the input."""

    traced_dtypes = ()
    dtype_rule = DtypeRule(NO_TEXT, "input")
    several_inputs = SeveralInputs("refused", "packed")
    traced_gray = True

    factor: Share = Field(default=0.5, description="Probability that an image is changed.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        return self.traced_image(x, env) if env.phase is Phase.TRACE else TensorSpec(x.dims, x.dtype, sparse=x.sparse)


class RandomHue(AugmentationLayer):
    """Shifts the hue of images."""

    traced_dtypes = ()
    traced_range = (0, 1)
    traced_colors = True

    factor: Part = Field(description="Hue shift, 0 to 1.")
    value_range: Numbers = Field(default=[0, 255], description=RANGE_DOC)


class RandomInvert(AugmentationLayer):
    """Inverts the pixel values of some images."""

    traits = AugmentationLayer.traits | {"range_scaled"}
    traced_dtypes = (*FLOATS, *WHOLE, *WIDE, *COMPLEX)

    factor: Part = Field(default=1.0, description=CHANCE_DOC)
    value_range: Numbers = Field(default=[0, 255], description=RANGE_DOC)


class RandomPosterization(AugmentationLayer):
    """Reduces the number of bits per color channel."""

    traits = AugmentationLayer.traits | {"acts_at_zero", "range_scaled"}
    traced_dtypes = ()

    factor: Annotated[float | Sequence[float], Factor(1, 8), NEUTRAL] = Field(
        description="Number of bits kept per channel, 1 to 8."
    )
    value_range: Pair = Field(default=[0, 255], description=RANGE_DOC)

    def traced_image(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        factor = given_argument(self, "factor", 1)  # an argument that could not be read is missing
        low, high = sorted(factor) if isinstance(factor, list) else (1, factor)
        # Keras surprise: fractions are accepted until the bits are drawn, including integers written as floats.
        if isinstance(low, float) or (isinstance(high, float) and low != high):
            raise bad_argument("factor", "must be an integer or a list of integers")
        return super().traced_image(x, env)


class RandomSaturation(AugmentationLayer):
    """Increases or decreases the color saturation of images."""

    traits = AugmentationLayer.traits | {"acts_at_zero", "range_scaled"}
    dtype_rule = DtypeRule(FLOATING, "joined")

    traced_colors = True

    factor: Signed = Field(description="Saturation factor: 0 is grayscale, 0.5 unchanged, 1 fully saturated.")
    value_range: Pair = Field(default=[0, 255], description=RANGE_DOC)


class RandomSharpness(AugmentationLayer):
    """Sharpens or softens images; its convolution runs only while training and is not counted."""

    traits = AugmentationLayer.traits | {"acts_at_zero"}

    factor: Part = Field(description="Sharpness factor: 0 is blurred, 0.5 unchanged, 1 sharpest.")
    value_range: Pair = Field(default=[0, 255], description=RANGE_DOC)


class Solarization(AugmentationLayer):
    """Inverts the bright pixels of images."""

    traits = AugmentationLayer.traits | {"acts_at_zero", "range_scaled"}
    traced_dtypes = (*FLOATS, "int32", "int64")

    addition_factor: PartEach = Field(
        default=0.0, description="Value added first, as a fraction of the value range, 0 to 1."
    )
    threshold_factor: PartEach = Field(
        default=0.0, description="Threshold above which pixels are inverted, as a fraction of the value range, 0 to 1."
    )
    value_range: Pair = Field(default=[0, 255], description=RANGE_DOC)

    def traced_image(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        dtype = self.compute_dtype(env)
        if dtype not in FLOATS and any(end % 1 for end in self.value_range):
            raise bad_argument("value_range", f"must be integers when computing in {dtype}")
        return super().traced_image(x, env)

    def output_range(self, x: Interval | None) -> Interval | None:
        return x
