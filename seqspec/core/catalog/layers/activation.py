"""The layer Activation, and the layers that apply one activation."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from annotated_types import Ge
from pydantic import Field

from seqspec.core.catalog.activations.base import LEAKY_RELU, RELU
from seqspec.core.catalog.dtypes import FLOATING, FLOATS_ONLY, PRESERVE, SIGNED, DtypeRule
from seqspec.core.catalog.layer import InferenceContext, Layer, Phase
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.objects import Activation as ActivationFunction
from seqspec.core.catalog.objects import Constraint, Initializer, Regularizer
from seqspec.core.catalog.traits import SeveralInputs, SeveralTraced
from seqspec.core.catalog.types import Maybe, NeutralNumber, Number
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Dim, Interval, Size, TensorSpec, WeightSpec, show


class Elementwise(Layer):
    """A layer whose output shape is its input shape."""

    role = "activation"
    supports_masking = True
    dtype_rule = FLOATS_ONLY
    same_in_all_phases = True
    several_inputs: ClassVar[SeveralInputs] = SeveralInputs("each", "packed")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: nothing is computed while a model is built, so any dtype is accepted, including strings.
        return TensorSpec(x.dims, self.compute_dtype(env))


class Activation(Elementwise):
    """Applies an activation."""

    dtype_rule = PRESERVE

    @property
    def several_inputs(self) -> SeveralInputs:  # type: ignore[override]  # depends on arguments
        """How the activation handles several tensors."""
        traced: SeveralTraced = getattr(self.activation, "several_inputs", "packed")
        return SeveralInputs("each", "each" if self.activation is None else traced)

    activation: Maybe[ActivationFunction] = Field(description='Activation function, such as "relu".')

    def takes_sparse(self, x: TensorSpec) -> bool:
        return self.activation is None or getattr(self.activation, "takes_sparse", False)


class ELU(Elementwise):
    """The exponential linear unit: x, or alpha · (exp(x) - 1) for negative x."""

    function = "elu"

    alpha: NeutralNumber = Field(default=1.0, description="Scale of the negative section.")

    def output_range(self, x: Interval | None) -> Interval | None:
        return super().output_range(x) if self.alpha == 1 else None


class LeakyReLU(Elementwise):
    """x, or negative_slope · x for negative x."""

    function = "leaky_relu"
    legacy: ClassVar[Mapping[str, str | None]] = {"alpha": "negative_slope"}
    dtype_rule = LEAKY_RELU

    negative_slope: Annotated[Number, Ge(0), NEUTRAL] = Field(default=0.3, description="Slope for negative inputs.")


class PReLU(Elementwise):
    """x, or alpha · x for negative x, with a trainable alpha for every position."""

    function = "leaky_relu"
    several_inputs = SeveralInputs()
    keeps_rank = True
    dtype_rule = DtypeRule(FLOATING | SIGNED, "input", must_match_weights=True)

    alpha_initializer: Maybe[Initializer] = Field(default="Zeros", description="Initializer for alpha.")
    alpha_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for alpha.")
    alpha_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for alpha.")
    shared_axes: Maybe[int | list[int]] = Field(
        default=None, description="Axes along which alpha is shared, counted from 1 (the batch axis is 0)."
    )

    def _alpha_shape(self, x: TensorSpec) -> tuple[int, ...]:
        sizes: list[Size] = list(x.sample)
        shared = self.shared_axes
        for index, axis in enumerate([] if shared is None else [shared] if isinstance(shared, int) else shared):
            # Keras surprise: 0 is the last axis, -1 the one before it.
            if not -len(sizes) <= axis - 1 < len(sizes):
                raise Violation(
                    "bad-axis",
                    fmt("shared_axes contains {}, but the input {} has axes 1 to {}", axis, show(x.sample), len(sizes)),
                    path=("shared_axes", index) if isinstance(shared, list) else ("shared_axes",),
                    label=f"no axis {axis}",
                )
            sizes[axis - 1] = 1
        unknown = [axis for axis, size in enumerate(sizes, 1) if isinstance(size, Dim)]
        if unknown:
            axes = [axis for axis, size in enumerate(sizes, 1) if axis in unknown or (size == 1 and shared is not None)]
            raise Violation(
                "unknown-size",
                fmt("needs known dimensions to create its weights, got {}", show(x.sample)),
                anchor="layer",
                label=f"axis {unknown[0]} is unknown",
                help=fmt("share alpha along the unknown axes: write {}", Setting("shared_axes", axes)),
            )
        return tuple(size for size in sizes if isinstance(size, int))

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self._alpha_shape(x)
        return TensorSpec(x.dims, self.compute_dtype(env))

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return [WeightSpec("alpha", self._alpha_shape(x), self.variable_dtype(env))]


class ReLU(Elementwise):
    """Rectified linear unit: 0 below the threshold, x above it, at most max_value."""

    function = "relu"

    max_value: Maybe[Annotated[Number, Ge(0), NEUTRAL]] = Field(
        default=None, description="Maximum value of the output."
    )
    negative_slope: Annotated[Number, Ge(0), NEUTRAL] = Field(default=0.0, description="Slope below the threshold.")
    threshold: Annotated[Number, Ge(0), NEUTRAL] = Field(default=0.0, description="Threshold of the activation.")

    @property
    def dtype_rule(self) -> DtypeRule:  # type: ignore[override]  # depends on arguments
        """With a slope alone, integers become floats; with a threshold or maximum too, integers are rejected."""
        if not self.negative_slope:
            return RELU
        return FLOATS_ONLY if self.threshold or self.max_value is not None else LEAKY_RELU

    @property
    def activation_function(self) -> str:
        return "leaky_relu" if self.negative_slope else "relu"

    def output_range(self, x: Interval | None) -> Interval | None:
        # The output jumps to 0 below a threshold.
        return super().output_range(None if self.threshold else x)


class Softmax(Elementwise):
    """Converts scores to probabilities that sum to 1 along an axis; masked positions have probability 0."""

    function = "softmax"
    several_inputs = SeveralInputs("each", "refused")

    @property
    def same_in_all_phases(self) -> bool:  # type: ignore[override]  # depends on arguments
        """Only for the last axis, since other axes may not exist."""
        return self.axis == -1

    # Keras surprise: neither the axis nor the shape of a mask is checked before the layer is called on data.
    axis: int | list[int] = Field(default=-1, description="Axis or axes along which the outputs sum to 1.")

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        rank = len(x.dims)
        axes = [self.axis] if isinstance(self.axis, int) else self.axis
        wrong = next((axis for axis in axes if not -rank <= axis < rank), None)
        if wrong is not None or not axes:
            raise Violation(
                "bad-axis",
                fmt(
                    "invalid axis {}: the input {} has axes 0 (the batch) to {}",
                    "[]" if wrong is None else wrong,
                    show(x.sample),
                    rank - 1,
                ),
                path=("axis",),
            )
        if env.phase is not Phase.DATA:
            return
        if isinstance(self.axis, list) and len({axis % len(x.dims) for axis in self.axis}) < len(self.axis):
            raise Violation("bad-axis", f"the same axis twice: {self.axis}", path=("axis",))
        if x.mask is not None and len(x.mask) < len(x.dims):
            raise Violation(
                "shape-mismatch",
                fmt("expects a mask that fits each value of {}, got one of the time steps", show(x.sample)),
                anchor="layer",
                help=fmt("write {} in the layer before, which ignores the mask", Setting("activation", "softmax")),
            )
