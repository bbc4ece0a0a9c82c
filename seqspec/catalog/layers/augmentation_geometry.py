"""The layers that move the pixels of images, at random while training."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.layers.base_image import (
    CHANCE_DOC,
    FILL_VALUE_DOC,
    FILLING_DOC,
    FLOATS,
    MIXING_DOC,
    NO_HALF,
    RANGE_DOC,
    FillMode,
    ImageLayer,
    Interpolation,
    Numbers,
    Part,
    PartEach,
    Seed,
    Share,
    SignedEach,
    SignedOrEmpty,
)
from seqspec.catalog.markers import NEUTRAL, Expects
from seqspec.catalog.types import Maybe, NeutralNumber
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.tensor import TensorSpec


def _greatest(factor: float | Sequence[float]) -> float:
    return abs(factor) if isinstance(factor, (int, float)) else max(factor)


class RandomElasticTransform(ImageLayer):
    """Distorts images as if they were drawn on rubber."""

    factor: Part = Field(default=1.0, description=CHANCE_DOC)
    scale: Part = Field(default=1.0, description="Strength of the distortion, 0 to 1.")
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    fill_mode: Annotated[Literal["constant", "nearest", "wrap", "mirror", "reflect"], NEUTRAL] = Field(
        default="reflect", description=FILLING_DOC
    )
    fill_value: NeutralNumber = Field(default=0.0, description=FILL_VALUE_DOC)
    value_range: Numbers = Field(default=[0, 255], description=RANGE_DOC)
    seed: Seed = Field(default=None, description="Random seed.")

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = super().trace_spec(x, env)
        if _greatest(self.factor) and _greatest(self.scale):
            self.require_size(x)
            self.require_known_channels(x)
            self.require_dtype(*NO_HALF, env=env)
            if self.fill_mode == "mirror":
                raise Violation("bad-value", 'fill_mode "mirror" is not supported by TensorFlow', path=("fill_mode",))
        return y


class RandomFlip(ImageLayer):
    """Mirrors images."""

    traced_dtypes = ()

    # Keras surprise: any word passes, and an unknown one flips nothing.
    mode: Annotated[str, Expects('"horizontal", "vertical" or "horizontal_and_vertical"')] = Field(
        default="horizontal_and_vertical",
        description="Flip direction: horizontal (left to right), vertical or horizontal_and_vertical.",
    )
    seed: Seed = Field(default=None, description="Random seed.")


class RandomPerspective(ImageLayer):
    """Tilts images as if they were seen from the side."""

    traced_dtypes = (*FLOATS, "int32", "int64")
    traced_size = True

    factor: Part = Field(default=1.0, description=CHANCE_DOC)
    scale: Share = Field(default=1.0, description="How far corners move, as a fraction of the image size.")
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    fill_value: NeutralNumber = Field(default=0.0, description="Fill value outside the image.")
    seed: Seed = Field(default=None, description="Random seed.")


class RandomRotation(ImageLayer):
    """Turns images."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    # Keras surprise: "none" and an empty list mean 0 here, although the argument is required.
    factor: Maybe[SignedOrEmpty] = Field(
        description="Maximum rotation as a fraction of a full turn: 0.1 is up to 36 degrees in either direction."
    )
    fill_mode: FillMode = Field(default="reflect", description=FILLING_DOC)
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    seed: Seed = Field(default=None, description="Random seed.")
    fill_value: NeutralNumber = Field(default=0.0, description=FILL_VALUE_DOC)


class RandomShear(ImageLayer):
    """Slants images."""

    x_factor: PartEach = Field(default=0.0, description="Shear along the width, 0 to 1.")
    y_factor: PartEach = Field(default=0.0, description="Shear along the height, 0 to 1.")
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    fill_mode: FillMode = Field(default="reflect", description=FILLING_DOC)
    fill_value: NeutralNumber = Field(default=0.0, description=FILL_VALUE_DOC)
    seed: Seed = Field(default=None, description="Random seed.")


class RandomTranslation(ImageLayer):
    """Moves images up, down and sideways."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    height_factor: SignedEach = Field(
        description="Vertical shift as a fraction of the height, -1 to 1; one number shifts in both directions."
    )
    width_factor: SignedEach = Field(
        description="Horizontal shift as a fraction of the width, -1 to 1; one number shifts in both directions."
    )
    fill_mode: FillMode = Field(default="reflect", description=FILLING_DOC)
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    seed: Seed = Field(default=None, description="Random seed.")
    fill_value: NeutralNumber = Field(default=0.0, description=FILL_VALUE_DOC)


class RandomZoom(ImageLayer):
    """Zooms into images or out of them."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    height_factor: SignedEach = Field(
        description="Vertical zoom, > -1 and <= 1; positive values zoom out, negative values zoom in."
    )
    width_factor: Maybe[SignedEach] = Field(default=None, description="Horizontal zoom; same as height_factor if none.")
    fill_mode: FillMode = Field(default="reflect", description=FILLING_DOC)
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    seed: Seed = Field(default=None, description="Random seed.")
    fill_value: NeutralNumber = Field(default=0.0, description=FILL_VALUE_DOC)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.check_in(env)
        return super().compute_output_spec(x, env)

    def check_in(self, env: InferenceContext) -> None:
        if env.keras < (3, 14):
            return
        for name in ("height_factor", "width_factor"):
            factor = given_arguments(self).get(name)  # what could not be read is not there
            if factor == -1 or (isinstance(factor, list) and -1 in factor):
                message = f"{name} must be > -1, got -1, which leaves an empty image"
                raise Violation("bad-value", message, path=(name,))
