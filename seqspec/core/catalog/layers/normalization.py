"""The normalizations over axes or groups of one sample."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from annotated_types import Ge
from pydantic import Field

from seqspec.core.catalog.dtypes import FLOATS_ONLY, NO_TEXT, DtypeRule
from seqspec.core.catalog.keras_object import bad_argument, place_of
from seqspec.core.catalog.layer import InferenceContext, Inputs, Outputs, Phase, require_rank_at_least
from seqspec.core.catalog.layer_inference import cast_input, refused_inputs
from seqspec.core.catalog.layers.batch_normalization import AffineNormalization, BaseNormalization, Epsilon
from seqspec.core.catalog.traits import Casting, SeveralInputs
from seqspec.core.diagnostics.message import fmt, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import broadcast
from seqspec.core.shapes.tensor import Interval, TensorSpec, WeightSpec, product, show

_Axes = int | list[int]


class GroupNormalization(AffineNormalization):
    """Normalizes groups of channels of each sample to mean 0 and variance 1."""

    traits = frozenset({"integer_arithmetic", "normalization", "unbounded"})
    # Keras surprise: before 3.15 the result is cast to the dtype of the input, even if that is an integer dtype.
    dtype_rule = DtypeRule(NO_TEXT, keeps_before=(3, 15))
    keeps_rank = True

    groups: Annotated[int, Ge(-1)] = Field(default=32, description="Number of groups; -1 for one group per channel.")
    axis: int = Field(default=-1, description="The channels axis, counted including the batch axis.")

    def check_arguments(self) -> None:
        if self.groups == 0:
            raise bad_argument("groups", "must be a positive integer, or -1 for one per channel, got 0")

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA:
            require_rank_at_least(x, 2, "(..., channels)")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        channels = self._fixed(x, self.axis)
        groups = channels if self.groups == -1 else self.groups
        if channels == 0 or channels % groups:
            statement = fmt(
                "cannot split {} channels on axis {} into {} groups of equal size", channels, self.axis, groups
            )
            raise Violation(
                "channel-mismatch",
                statement,
                **place_of(self, "groups"),
                label=fmt("the input has {} channels", channels),
                help=_divisors(channels),
            )
        return super().compute_output_spec(x, env)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return self._affine((self._fixed(x, self.axis),), env)


def _divisors(channels: int) -> str | None:
    if not 0 < channels <= 4096:
        return None
    fitting = [number for number in range(1, channels + 1) if channels % number == 0]
    return f"valid values of groups: {', '.join(map(str, fitting))}"


class _OverAxes(BaseNormalization):
    """A normalization along one or several axes."""

    several_inputs: ClassVar[SeveralInputs] = SeveralInputs("together")

    axis: _Axes = Field(default=-1, description="The axis or axes to normalize, counted including the batch axis.")

    def _list(self) -> list[int]:
        return [self.axis] if isinstance(self.axis, int) else self.axis

    def _weightless(self) -> bool:
        return False

    def compute_output_spec(self, x: Inputs, env: InferenceContext) -> Outputs:
        if isinstance(x, TensorSpec):
            return self.normalized(x, env)
        if not self._weightless():
            raise refused_inputs(x)
        # Keras surprise: without weights several tensors are accepted, and the axis is compared with their number.
        for axis in self._list():
            if not -len(x) <= axis < len(x):
                raise self._no_axis(axis, len(x), f"a list of {len(x)} tensors")
        dtype = self.compute_dtype(env)
        return [TensorSpec(item.dims, dtype, cast_input(self, item, env).mask) for item in x]

    def normalized(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        """The output tensor for one tensor; raises a `Violation` if Keras rejects it."""
        for axis in self._list():
            self._size(x, axis)
        return TensorSpec(x.dims, self.compute_dtype(env))

    def _weight_shape(self, x: TensorSpec, env: InferenceContext) -> tuple[int, ...]:
        # Keras surprise: an empty list of axes creates a scalar weight, and a repeated axis is in its shape twice.
        axes = sorted(self._list()) if env.keras >= (3, 14) else self._list()
        return tuple(self._fixed(x, axis) for axis in axes)


class LayerNormalization(AffineNormalization, _OverAxes):
    """Normalizes each sample to mean 0 and variance 1 along an axis."""

    traits = frozenset({"integer_arithmetic", "normalization", "unbounded"})
    several_inputs = SeveralInputs("together", "refused")
    casting = Casting(floats=False)

    @property
    def same_in_all_phases(self) -> bool:  # type: ignore[override]  # depends on arguments
        """Several axes may be the same one."""
        return isinstance(self.axis, int)

    rms_scaling: bool = Field(
        default=False, description="Deprecated: divides by the variance; use RMSNormalization instead."
    )

    def _weightless(self) -> bool:
        return not self.scale and not self.center and not self.rms_scaling

    def normalized(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = super().normalized(x, env)
        if not self._weightless():
            self._weight_shape(x, env)
        return y

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is not Phase.TRACE or self._weightless():
            return
        sizes = {axis % len(x.dims): x.dims[axis] for axis in self._list()}
        if product(self._weight_shape(x, env)) != product(sizes.values()):
            raise Violation("bad-axis", fmt("axis contains duplicates: {}", quote_value(self.axis)), path=("axis",))

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        if self._weightless():
            return ()
        shape = self._weight_shape(x, env)
        if self.rms_scaling:
            # Keras surprise: this has a scale even with scale = false, and never an offset.
            return [WeightSpec("gamma", shape, self.variable_dtype(env))]
        return self._affine(shape, env)


class RMSNormalization(_OverAxes):
    """Divides each sample by its root mean square along an axis."""

    dtype_rule = DtypeRule(NO_TEXT, "input")
    traits = BaseNormalization.traits | {"integer_arithmetic"}

    epsilon: Epsilon = Field(
        default=1e-06, description="Small number added to the mean square to avoid division by zero."
    )

    def normalized(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = super().normalized(x, env)
        scale = self._weight_shape(x, env)
        if self.variable_dtype(env) == "string":
            raise Violation("wrong-dtype", "cannot initialize its scale with dtype string", path=("dtype",))
        # Keras surprise: the scale is not reshaped for its axis, so it is broadcast over the last axes.
        dims = broadcast(x.dims, scale) if env.phase is Phase.TRACE else x.dims
        if dims is None:
            raise Violation(
                "shape-mismatch",
                fmt(
                    "cannot be computed along axis {}: its scale {} is broadcast over the last axes of input {}",
                    quote_value(self.axis),
                    show(scale),
                    show(x.sample),
                ),
                path=self._axis_path(self._list()[0]),
                help="normalize the last axis",
            )
        return y._replace(dims=dims)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return [WeightSpec("scale", self._weight_shape(x, env), self.variable_dtype(env))]


class UnitNormalization(_OverAxes):
    """Scales each sample to length 1 along an axis."""

    traits = frozenset()
    several_inputs = SeveralInputs("together", "packed")
    supports_masking = True
    dtype_rule = FLOATS_ONLY

    @property
    def same_in_all_phases(self) -> bool:  # type: ignore[override]  # depends on arguments
        """Several axes may be the same one."""
        return isinstance(self.axis, int)

    def _weightless(self) -> bool:
        return True

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA and len({axis % len(x.dims) for axis in self._list()}) < len(self._list()):
            raise Violation("bad-axis", fmt("axis contains duplicates: {}", quote_value(self.axis)), path=("axis",))

    def output_range(self, x: Interval | None) -> Interval | None:
        return Interval(-1, 1)
