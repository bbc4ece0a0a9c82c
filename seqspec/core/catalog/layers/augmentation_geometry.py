"""Random flips, rotations, translations and zooms of images."""

from typing import Annotated

from pydantic import Field

from seqspec.core.catalog.keras_object import bad_argument, given_argument
from seqspec.core.catalog.layer import InferenceContext, Outputs
from seqspec.core.catalog.layers.base_image import (
    FILL_VALUE_DOC,
    FILLING_DOC,
    FLOATS,
    MIXING_DOC,
    AugmentationLayer,
    FillMode,
    ImageLayer,
    Interpolation,
    SignedEach,
    SignedOrEmpty,
)
from seqspec.core.catalog.markers import Expects
from seqspec.core.catalog.types import Maybe, NeutralNumber
from seqspec.core.shapes.tensor import TensorSpec


class RandomFlip(AugmentationLayer):
    """Flips images horizontally, vertically or both."""

    traced_dtypes = ()

    # Keras surprise: any string is accepted, and an unknown one flips nothing.
    mode: Annotated[str, Expects('"horizontal", "vertical" or "horizontal_and_vertical"')] = Field(
        default="horizontal_and_vertical",
        description="Flip direction: horizontal (left to right), vertical or horizontal_and_vertical.",
    )


class _Transform(AugmentationLayer):
    traced_dtypes = (*FLOATS, "uint8", "int32", "int64")
    trailing = ("fill_mode", "interpolation", "seed", "fill_value", *ImageLayer.trailing)

    fill_mode: FillMode = Field(default="reflect", description=FILLING_DOC)
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    fill_value: NeutralNumber = Field(default=0.0, description=FILL_VALUE_DOC)


class RandomRotation(_Transform):
    """Rotates images."""

    # Keras surprise: "none" and an empty list mean 0, although the argument is required.
    factor: Maybe[SignedOrEmpty] = Field(
        description="Maximum rotation as a fraction of a full turn: 0.1 is up to 36 degrees in either direction."
    )


class RandomTranslation(_Transform):
    """Translates images vertically and horizontally."""

    height_factor: SignedEach = Field(
        description="Vertical shift as a fraction of the height, -1 to 1; one number shifts in both directions."
    )
    width_factor: SignedEach = Field(
        description="Horizontal shift as a fraction of the width, -1 to 1; one number shifts in both directions."
    )


class RandomZoom(_Transform):
    """Zooms images in or out."""

    height_factor: SignedEach = Field(
        description="Vertical zoom, from -1 to 1, excluding -1; positive values zoom out, negative values zoom in."
    )
    width_factor: Maybe[SignedEach] = Field(default=None, description="Horizontal zoom; same as height_factor if none.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        self.check_versions(env)
        return super().compute_output_spec(x, env)

    def check_versions(self, env: InferenceContext) -> None:
        if env.keras < (3, 14):
            return
        for name in ("height_factor", "width_factor"):
            factor = given_argument(self, name)  # an argument that could not be read is missing
            if factor == -1 or (isinstance(factor, list) and -1 in factor):
                raise bad_argument(name, "must be > -1, got -1, which results in an empty image")
