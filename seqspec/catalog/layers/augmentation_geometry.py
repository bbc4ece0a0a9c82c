"""Random flips, turns, moves and zooms of images."""

from typing import Annotated

from pydantic import Field

from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.layers.base_image import (
    FILL_VALUE_DOC,
    FILLING_DOC,
    FLOATS,
    MIXING_DOC,
    FillMode,
    ImageLayer,
    Interpolation,
    Seed,
    SignedEach,
    SignedOrEmpty,
)
from seqspec.catalog.markers import Expects
from seqspec.catalog.types import Maybe, NeutralNumber
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.tensor import TensorSpec


class RandomFlip(ImageLayer):
    """Mirrors images."""

    traced_dtypes = ()

    # Keras surprise: any word passes, and an unknown one flips nothing.
    mode: Annotated[str, Expects('"horizontal", "vertical" or "horizontal_and_vertical"')] = Field(
        default="horizontal_and_vertical",
        description="Which way: horizontal (left to right), vertical or horizontal_and_vertical.",
    )
    seed: Seed = Field(default=None, description="Random seed.")


class RandomRotation(ImageLayer):
    """Turns images."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    # Keras surprise: "none" and an empty list mean 0 here, although the argument is required.
    factor: Maybe[SignedOrEmpty] = Field(
        description="How far, as part of a full turn: 0.1 for up to 36 degrees either way."
    )
    fill_mode: FillMode = Field(default="reflect", description=FILLING_DOC)
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    seed: Seed = Field(default=None, description="Random seed.")
    fill_value: NeutralNumber = Field(default=0.0, description=FILL_VALUE_DOC)


class RandomTranslation(ImageLayer):
    """Moves images up, down and sideways."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    height_factor: SignedEach = Field(
        description="How far down, as part of the height, -1 to 1; one number for both ways."
    )
    width_factor: SignedEach = Field(
        description="How far right, as part of the width, -1 to 1; one number for both ways."
    )
    fill_mode: FillMode = Field(default="reflect", description=FILLING_DOC)
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    seed: Seed = Field(default=None, description="Random seed.")
    fill_value: NeutralNumber = Field(default=0.0, description=FILL_VALUE_DOC)


class RandomZoom(ImageLayer):
    """Zooms into images or out of them."""

    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")

    height_factor: SignedEach = Field(
        description="How far out along the height, above -1 to 1; negative numbers zoom in."
    )
    width_factor: Maybe[SignedEach] = Field(
        default=None, description="The same along the width; that of the height where nothing is given."
    )
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
                message = f"{name} needs numbers above -1, got -1, which leaves nothing of an image"
                raise Violation("bad-value", message, path=(name,))
