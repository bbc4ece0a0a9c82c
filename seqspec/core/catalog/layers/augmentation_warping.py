"""Random elastic, perspective and shear transformations of images."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from seqspec.core.catalog.keras_object import bad_argument
from seqspec.core.catalog.layer import InferenceContext, Phase
from seqspec.core.catalog.layers.base_image import (
    CHANCE_DOC,
    FILL_VALUE_DOC,
    FILLING_DOC,
    FLOATS,
    MIXING_DOC,
    NO_HALF,
    RANGE_DOC,
    AugmentationLayer,
    FillMode,
    Interpolation,
    Numbers,
    Part,
    PartEach,
    Share,
)
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.types import NeutralNumber
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import TensorSpec, show


def _greatest(factor: float | Sequence[float]) -> float:
    return abs(factor) if isinstance(factor, (int, float)) else max(factor)


class RandomElasticTransform(AugmentationLayer):
    """Applies random elastic distortions to images."""

    factor: Part = Field(default=1.0, description=CHANCE_DOC)
    scale: Part = Field(default=1.0, description="Strength of the distortion, 0 to 1.")
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    fill_mode: Annotated[Literal["constant", "nearest", "wrap", "mirror", "reflect"], NEUTRAL] = Field(
        default="reflect", description=FILLING_DOC
    )
    fill_value: NeutralNumber = Field(default=0.0, description=FILL_VALUE_DOC)
    value_range: Numbers = Field(default=[0, 255], description=RANGE_DOC)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if env.phase is not Phase.TRACE:
            return
        if _greatest(self.factor) and _greatest(self.scale):
            if self.fill_mode == "mirror":
                raise bad_argument("fill_mode", '"mirror" is not supported by TensorFlow')
            self.require_size(x)
            self.require_known_channels(x)
            self.require_dtype(*NO_HALF, env=env)


class RandomPerspective(AugmentationLayer):
    """Applies random perspective transformations to images."""

    traced_dtypes = (*FLOATS, "int32", "int64")
    traced_size = True

    factor: Part = Field(default=1.0, description=CHANCE_DOC)
    scale: Share = Field(default=1.0, description="How far corners move, as a fraction of the image size.")
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    fill_value: NeutralNumber = Field(default=0.0, description="Fill value outside the image.")

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if env.phase is Phase.DATA and 1 in (x.dims[self.height_axis], x.dims[self.height_axis + 1]):
            raise Violation(
                "shape-mismatch",
                fmt("cannot tilt an image with only one row or column of pixels, got {}", show(x.sample)),
                anchor="layer",
            )


class RandomShear(AugmentationLayer):
    """Shears images."""

    x_factor: PartEach = Field(default=0.0, description="Shear along the width, 0 to 1.")
    y_factor: PartEach = Field(default=0.0, description="Shear along the height, 0 to 1.")
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)
    fill_mode: FillMode = Field(default="reflect", description=FILLING_DOC)
    fill_value: NeutralNumber = Field(default=0.0, description=FILL_VALUE_DOC)
