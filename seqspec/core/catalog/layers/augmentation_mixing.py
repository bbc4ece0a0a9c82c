"""The layers that mix images, or combine several other augmentations."""

from pydantic import Field

from seqspec.core.catalog.keras_object import bad_argument
from seqspec.core.catalog.layer import InferenceContext, Phase
from seqspec.core.catalog.layers.base_image import (
    COMPLEX,
    FLOATS,
    MIXING_DOC,
    RANGE_DOC,
    AugmentationLayer,
    Interpolation,
    Pair,
    Part,
    PartEach,
)
from seqspec.core.catalog.types import NeutralBool, NeutralInt, NeutralNumber
from seqspec.core.shapes.tensor import TensorSpec


class AugMix(AugmentationLayer):
    """Mixes each image with several randomly augmented versions of itself."""

    traits = AugmentationLayer.traits | {"range_scaled"}

    value_range: Pair = Field(default=[0, 255], description=RANGE_DOC)
    num_chains: NeutralInt = Field(default=3, description="Number of augmentation chains.")
    chain_depth: NeutralInt = Field(default=3, description="Maximum number of operations per chain.")
    factor: PartEach = Field(default=0.3, description="Strength of the operations, 0 to 1.")
    alpha: NeutralNumber = Field(
        default=1.0, description="Parameter of the Dirichlet and beta distributions for mixing chains."
    )
    all_ops: NeutralBool = Field(
        default=True, description="Whether to include brightness, color, contrast and sharpness operations."
    )
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if env.phase is not Phase.TRACE:
            return
        # Keras surprise: in a graph, -1 is accepted as an unknown number, and no chain is mixed.
        if self.num_chains < -1:
            raise bad_argument("num_chains", f"must be non-negative, got {self.num_chains}")
        if self.num_chains > 0 and self.chain_depth > 0:
            # Keras surprise: whether these are rejected depends on which augmentations are drawn.
            self.require_two_ends()
            if self.all_ops:
                self.require_gray(x, env)


class CutMix(AugmentationLayer):
    """Pastes patches of one image into another, and mixes the labels accordingly."""

    traits = AugmentationLayer.traits | {"mixes_labels"}

    factor: Part = Field(default=1.0, description="Size of the patches, 0 to 1.")

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if env.phase is not Phase.TRACE:
            return
        if x.rank == 4:
            self.require_size(x)
            self.require_dtype("float32", "float64", env=env)


class MixUp(AugmentationLayer):
    """Blends pairs of images, and mixes their labels accordingly."""

    traits = AugmentationLayer.traits | {"mixes_labels"}
    traced_dtypes = (*FLOATS, *COMPLEX)

    alpha: NeutralNumber = Field(default=0.2, description="Parameter of the beta distribution for blending two images.")


class RandAugment(AugmentationLayer):
    """Applies several random augmentations from a fixed set to each image."""

    traits = AugmentationLayer.traits | {"range_scaled"}

    value_range: Pair = Field(default=[0, 255], description=RANGE_DOC)
    num_ops: NeutralInt = Field(default=2, description="Number of operations.")
    factor: PartEach = Field(default=0.5, description="Strength of the operations, 0 to 1.")
    interpolation: Interpolation = Field(default="bilinear", description=MIXING_DOC)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if env.phase is not Phase.TRACE:
            return
        if self.num_ops < -1:
            raise bad_argument("num_ops", f"must be non-negative, got {self.num_ops}")
        if self.num_ops > 0:
            self.require_gray(x, env)
            self.require_known_channels(x)
            self.require_two_ends()
