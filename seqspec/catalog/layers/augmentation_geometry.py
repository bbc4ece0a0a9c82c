"""The layers that move the pixels of images, at random while training."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.catalog.arguments import arg, given_arguments
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.kinds import Choice, Optional, Text
from seqspec.catalog.layers.base_image import (
    CHANCE_DOC,
    FILL_MODE,
    FILL_VALUE_DOC,
    FILLING_DOC,
    FLOATS,
    INTERPOLATION,
    MIXING_DOC,
    NO_HALF,
    NUMBER,
    NUMBERS,
    PART,
    PART_EACH,
    RANGE_DOC,
    SEED,
    SHARE,
    SIGNED_EACH,
    SIGNED_OR_EMPTY,
    ImageLayer,
)
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.tensor import TensorSpec


def _greatest(factor: float | Sequence[float]) -> float:
    return abs(factor) if isinstance(factor, (int, float)) else max(factor)


class RandomElasticTransform(ImageLayer):
    """Distorts images as if they were drawn on rubber."""

    factor: float | tuple[float, float] = arg(PART, CHANCE_DOC, default=1.0)
    scale: float | tuple[float, float] = arg(PART, "Strength of the distortion, 0 to 1.", default=1.0)
    interpolation: str = arg(INTERPOLATION, MIXING_DOC, default="bilinear")
    fill_mode: str = arg(
        Choice("constant", "nearest", "wrap", "mirror", "reflect", neutral=True), FILLING_DOC, default="reflect"
    )
    fill_value: float = arg(NUMBER, FILL_VALUE_DOC, default=0.0)
    value_range: tuple[float, float] = arg(NUMBERS, RANGE_DOC, default=(0, 255))
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = super().trace_spec(x, env)
        if _greatest(self.factor) and _greatest(self.scale):
            self.require_size(x)
            self.require_known_channels(x)
            self.require_dtype(*NO_HALF, env=env)
            if self.fill_mode == "mirror":
                raise Violation("bad-value", 'fill_mode cannot be "mirror" on TensorFlow', path=("fill_mode",))
        return y


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


class RandomPerspective(ImageLayer):
    """Tilts images as if they were seen from the side."""

    traced_dtypes = (*FLOATS, "int32", "int64")
    traced_size = True

    factor: float | tuple[float, float] = arg(PART, CHANCE_DOC, default=1.0)
    scale: float = arg(SHARE, "How far corners move, as part of the image.", default=1.0)
    interpolation: str = arg(INTERPOLATION, MIXING_DOC, default="bilinear")
    fill_value: float = arg(NUMBER, "The value of what lies outside the image.", default=0.0)
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomRotation(ImageLayer):
    """Turns images."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    # Keras surprise: "none" and an empty list mean 0 here, although the argument is required.
    factor: float | tuple[float, float] | None = arg(
        Optional(SIGNED_OR_EMPTY), "How far, as part of a full turn: 0.1 for up to 36 degrees either way."
    )
    fill_mode: str = arg(FILL_MODE, FILLING_DOC, default="reflect")
    interpolation: str = arg(INTERPOLATION, MIXING_DOC, default="bilinear")
    seed: int | None = arg(SEED, "Random seed.", default=None)
    fill_value: float = arg(NUMBER, FILL_VALUE_DOC, default=0.0)


class RandomShear(ImageLayer):
    """Slants images."""

    x_factor: float | tuple[float, float] = arg(PART_EACH, "How far along the width, 0 to 1.", default=0.0)
    y_factor: float | tuple[float, float] = arg(PART_EACH, "How far along the height, 0 to 1.", default=0.0)
    interpolation: str = arg(INTERPOLATION, MIXING_DOC, default="bilinear")
    fill_mode: str = arg(FILL_MODE, FILLING_DOC, default="reflect")
    fill_value: float = arg(NUMBER, FILL_VALUE_DOC, default=0.0)
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandomTranslation(ImageLayer):
    """Moves images up, down and sideways."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    height_factor: float | tuple[float, float] = arg(
        SIGNED_EACH, "How far down, as part of the height, -1 to 1; one number for both ways."
    )
    width_factor: float | tuple[float, float] = arg(
        SIGNED_EACH, "How far right, as part of the width, -1 to 1; one number for both ways."
    )
    fill_mode: str = arg(FILL_MODE, FILLING_DOC, default="reflect")
    interpolation: str = arg(INTERPOLATION, MIXING_DOC, default="bilinear")
    seed: int | None = arg(SEED, "Random seed.", default=None)
    fill_value: float = arg(NUMBER, FILL_VALUE_DOC, default=0.0)


class RandomZoom(ImageLayer):
    """Zooms into images or out of them."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    height_factor: float | tuple[float, float] = arg(
        SIGNED_EACH, "How far out along the height, above -1 to 1; negative numbers zoom in."
    )
    width_factor: float | tuple[float, float] | None = arg(
        Optional(SIGNED_EACH), "The same along the width; that of the height where nothing is given.", default=None
    )
    fill_mode: str = arg(FILL_MODE, FILLING_DOC, default="reflect")
    interpolation: str = arg(INTERPOLATION, MIXING_DOC, default="bilinear")
    seed: int | None = arg(SEED, "Random seed.", default=None)
    fill_value: float = arg(NUMBER, FILL_VALUE_DOC, default=0.0)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.check_in(env)
        return super().compute_output_spec(x, env)

    def check_in(self, env: InferenceContext) -> None:
        if env.keras < (3, 14):
            return
        for name in ("height_factor", "width_factor"):
            factor = given_arguments(self).get(name)  # what could not be read is not there
            if factor == -1 or (isinstance(factor, list) and -1 in factor):
                message = f"{name} needs numbers above -1, got -1, which leaves nothing of an image"
                raise Violation("bad-value", message, path=(name,))
