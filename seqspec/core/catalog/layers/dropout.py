"""Dropout, and its common base with other layers that are only active in training."""

from typing import Annotated, ClassVar

from pydantic import Field

from seqspec.core.catalog.dtypes import COMPLEX, FLOATING, FLOATS_ONLY, PRESERVE, DtypeRule
from seqspec.core.catalog.keras_object import bad_argument, given_argument, place_of
from seqspec.core.catalog.layer import InferenceContext, Layer, Phase
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.traits import SeveralInputs, SparseInput
from seqspec.core.catalog.types import Maybe, PositiveInt, UnitInterval
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import broadcast
from seqspec.core.shapes.tensor import Shape, TensorSpec, show

Rate = Annotated[UnitInterval, NEUTRAL]


class Noise(Layer):
    """A layer whose output shape is its input shape."""

    supports_masking = True
    several_inputs = SeveralInputs("each")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return TensorSpec(x.dims, self.compute_dtype(env))


class RandomNoise(Noise):
    """A layer that draws random numbers if its strength is above 0."""

    strength: ClassVar[str] = "rate"
    noisy: ClassVar[DtypeRule] = FLOATS_ONLY
    """The dtype rule at a strength above 0."""
    noisy_inputs: ClassVar[SeveralInputs] = SeveralInputs("each", "packed")
    """How several tensors are handled at a strength above 0."""

    seed: Maybe[int] = Field(default=None, description="Random seed.")

    def check_arguments(self) -> None:
        if self.seed is not None and self.amount > 0 and not -(2**63) <= self.seed < 2**63:
            raise bad_argument("seed", f"must be a 64-bit integer, got {self.seed}")

    @property
    def amount(self) -> float:
        """The value of the argument `strength`; 0 if it could not be read."""
        amount: float = given_argument(self, self.strength, 0)
        return amount

    @property
    def dtype_rule(self) -> DtypeRule:  # type: ignore[override]  # depends on arguments
        """The dtype is preserved at a strength of 0, where nothing is computed."""
        return self.noisy if self.amount > 0 else PRESERVE

    @property
    def several_inputs(self) -> SeveralInputs:  # type: ignore[override]  # depends on arguments
        """At a strength of 0 each tensor is returned unchanged."""
        return self.noisy_inputs if self.amount > 0 else self.noisy_inputs._replace(traced="each")

    def undefined_at_one(self) -> None:
        """Raises a `Violation` for a rate of 1, with which the formula divides by a kept fraction of 0."""
        if self.amount == 1:
            raise bad_argument(
                "rate", "must be < 1 where Keras runs the layer, as inside a Pipeline", help="write a rate < 1"
            )


class PatternedNoise(RandomNoise):
    """A layer with a random pattern, which may be broadcast along some axes."""

    role = "dropout"
    traits = frozenset({"passes_values"})

    keeps_shape: ClassVar[bool] = True
    zeros_at_one: ClassVar[bool] = True
    """Whether a rate of 1 outputs zeros instead of being undefined."""

    @property
    def dtype_rule(self) -> DtypeRule:  # type: ignore[override]  # depends on arguments
        """The dtype is preserved at a rate of 1 that outputs zeros."""
        return PRESERVE if self.zeros_at_one and self.amount == 1 else super().dtype_rule

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.TRACE and (not self.zeros_at_one or env.keras < (3, 14)):
            self.undefined_at_one()

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = super().compute_output_spec(x, env)
        if env.phase is not Phase.TRACE:
            return y
        pattern = self.pattern(x) if self.amount > 0 else ()
        dims = None if pattern is None else x.dims if self.dtype_rule is PRESERVE else broadcast(x.dims, pattern)
        if self.keeps_shape and dims is not None and any(isinstance(b, int) and a != b for a, b in zip(dims, x.dims)):
            dims = None
        if dims is None:
            raise Violation(
                "shape-mismatch",
                fmt("noise_shape cannot be broadcast with input {} (including batch)", show(x.dims)),
                **place_of(self, "noise_shape"),
            )
        return y._replace(dims=dims)

    def pattern(self, x: TensorSpec) -> Shape | None:
        """The shape of the random pattern; None if `noise_shape` is impossible for the input."""
        wanted: list[int | None] | None = self.noise_shape  # type: ignore[attr-defined]  # of each class
        if wanted is None:
            return x.dims
        if any(size is None for size in wanted[len(x.dims) :]):
            return None
        return tuple(x.dims[axis] if size is None else size for axis, size in enumerate(wanted))


class Dropout(PatternedNoise):
    """Sets a random fraction of the values to 0 during training, and scales up the others."""

    sparse_input = SparseInput(arguments={"rate": (0,)})

    # Keras surprise: the length of noise_shape is not compared with the rank before the layer is called
    # on data.
    rate: Rate = Field(description="Fraction of the units dropped, 0 to 1.")
    noise_shape: Maybe[list[Maybe[PositiveInt]]] = Field(
        default=None,
        description='Shape of the random pattern with the batch; 1 repeats it, "none" is the input\'s size.',
    )

    @property
    def same_in_all_phases(self) -> bool:  # type: ignore[override]  # depends on arguments
        """Not with a noise shape, which may not broadcast, or a rate of 1, which not every Keras version accepts."""
        return self.noise_shape is None and self.amount < 1

    def pattern(self, x: TensorSpec) -> Shape | None:
        pattern = super().pattern(x)
        if self.amount == 1:
            return ()
        return pattern if pattern is None or len(pattern) <= len(x.dims) else None


class AlphaDropout(PatternedNoise):
    """Dropout that preserves mean and variance, for networks with SELU."""

    traits = frozenset({"passes_values", "undefined_at_rate_one"})
    noisy = DtypeRule(FLOATING | COMPLEX, "input")
    noisy_inputs = SeveralInputs("each", "refused")
    keeps_shape = False
    zeros_at_one = False
    sparse_input = SparseInput(arguments={"rate": (0,)})

    rate: Rate = Field(description="Fraction of the units dropped, 0 to 1.")
    noise_shape: Maybe[list[Maybe[int]]] = Field(
        default=None,
        description='Shape of the random pattern with the batch; 1 repeats it, "none" is the input\'s size.',
    )
