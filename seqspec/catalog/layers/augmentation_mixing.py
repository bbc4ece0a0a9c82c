"""The layers that mix images, or several of the other changes."""

from __future__ import annotations

from seqspec.catalog.arguments import arg
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.kinds import Boolean
from seqspec.catalog.layers.base_image import (
    COMPLEX,
    FLOATS,
    INTERPOLATION,
    MIXING_DOC,
    NUMBER,
    PAIR,
    PART,
    PART_EACH,
    RANGE_DOC,
    SEED,
    ImageLayer,
    WholeNumber,
)
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.tensor import TensorSpec


class AugMix(ImageLayer):
    """Mixes each image with several chains of random changes of itself."""

    value_range: tuple[float, float] = arg(PAIR, RANGE_DOC, default=(0, 255))
    num_chains: int = arg(WholeNumber(), "Number of chains.", default=3)
    chain_depth: int = arg(WholeNumber(), "Changes in a chain, at most.", default=3)
    factor: float | tuple[float, float] = arg(PART_EACH, "Strength of the changes, 0 to 1.", default=0.3)
    alpha: float = arg(NUMBER, "How evenly chains are mixed.", default=1.0)
    all_ops: bool = arg(
        Boolean(neutral=True), "Whether brightness, color, contrast and sharpness change too.", default=True
    )
    interpolation: str = arg(INTERPOLATION, MIXING_DOC, default="bilinear")
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = super().trace_spec(x, env)
        if self.num_chains < 0:
            raise Violation(
                "bad-value", f"num_chains needs a number of at least 0, got {self.num_chains}", path=("num_chains",)
            )
        if self.num_chains > 0 and self.chain_depth > 0 and self.all_ops:
            # Keras surprise: whether it minds other channels is a matter of chance, which of the changes it draws.
            self.require_gray(x, env)
        return y


class CutMix(ImageLayer):
    """Pastes patches of one image into another, labels mixed alike."""

    factor: float | tuple[float, float] = arg(PART, "Size of the patches, 0 to 1.", default=1.0)
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = super().trace_spec(x, env)
        if x.rank == 4:
            self.require_size(x)
            self.require_dtype("float32", "float64", env=env)
        return y


class MixUp(ImageLayer):
    """Blends pairs of images, labels mixed alike."""

    traced_dtypes = (*FLOATS, *COMPLEX)

    alpha: float = arg(NUMBER, "How evenly two images are blended.", default=0.2)
    seed: int | None = arg(SEED, "Random seed.", default=None)


class RandAugment(ImageLayer):
    """Applies a few changes, drawn from a fixed set, to each image."""

    value_range: tuple[float, float] = arg(PAIR, RANGE_DOC, default=(0, 255))
    num_ops: int = arg(WholeNumber(), "Number of changes.", default=2)
    factor: float | tuple[float, float] = arg(PART_EACH, "Strength of the changes, 0 to 1.", default=0.5)
    interpolation: str = arg(INTERPOLATION, MIXING_DOC, default="bilinear")
    seed: int | None = arg(SEED, "Random seed.", default=None)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = super().trace_spec(x, env)
        if self.num_ops < -1:
            raise Violation("bad-value", f"num_ops cannot be negative, got {self.num_ops}", path=("num_ops",))
        if self.num_ops > 0:
            self.require_gray(x, env)
            self.require_known_channels(x)
            self.require_two_ends()
        return y
