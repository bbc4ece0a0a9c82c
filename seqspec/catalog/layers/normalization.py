"""The layers of `keras/src/layers/normalization`, but for SpectralNormalization, which wraps another layer."""

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Ge
from pydantic import Field

from seqspec.catalog.dtype_rule import FLOATS_ONLY, NO_TEXT, DtypeRule
from seqspec.catalog.dtypes import INTEGERS
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.layer import Layer, Outputs, unknown_features_help
from seqspec.catalog.markers import NEUTRAL, Expects, Since
from seqspec.catalog.objects import Constraint, Initializer, Regularizer
from seqspec.catalog.types import Maybe, NeutralBool, NeutralNumber, Number
from seqspec.diagnostics.quote import quote_value
from seqspec.diagnostics.violation import Path, Violation
from seqspec.shapes.arrays import broadcast
from seqspec.shapes.dims import Size, product, show
from seqspec.shapes.tensor import TensorSpec, WeightSpec

_Axes = int | list[int]
_Epsilon = NeutralNumber


class _Normalization(Layer):
    """What all of them share: the same shape leaves, and an axis must be there."""

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return TensorSpec(x.dims, self.compute_dtype(env))

    def _size(self, x: TensorSpec, axis: int) -> Size:
        self._need_axis(axis, len(x.dims), show(x.sample))
        return x.dims[axis]

    def _need_axis(self, axis: int, rank: int, arriving: str) -> None:
        if not -rank <= axis < rank:
            raise Violation(
                "bad-axis",
                f"axis {axis} is out of range for input {arriving}, which has axes 0 (the batch) to {rank - 1}",
                path=self._axis_path(axis),
                anchor="value" if "axis" in self.model_fields_set else "layer",
                label=f"the last axis is {rank - 1}, or -1",
            )

    def _axis_path(self, axis: int) -> Path:
        """Where the author wrote this axis, alone or in a list."""
        written = given_arguments(self).get("axis")
        if written is None:
            return ()
        return ("axis", written.index(axis)) if isinstance(written, list) else ("axis",)

    def _fixed(self, x: TensorSpec, axis: int) -> int:
        size = self._size(x, axis)
        if isinstance(size, int):
            return size
        rank = len(x.dims)
        last = axis in (-1, rank - 1)
        if axis in (0, -rank):
            what, help = "batch size", f"axis {axis} is the batch axis: use the channels axis, usually -1"
        elif last:
            what, help = "last axis", unknown_features_help(x)
        else:
            what, help = (
                f"size of axis {axis}",
                f"set that axis of the input to a number, or choose an axis other than {axis}",
            )
        raise Violation(
            "unknown-size",
            f"needs a known {what} to create its weights, got {show(x.sample)}",
            path=() if last else self._axis_path(axis),
            anchor="value" if "axis" in self.model_fields_set and not last else "layer",
            label=f"the {what} is unknown",
            help=help,
        )


class _Affine(_Normalization):
    """With a factor gamma and an offset beta, each of them optional."""

    supports_masking = True
    dtype_rule = DtypeRule(NO_TEXT)

    epsilon: _Epsilon = Field(
        default=0.001, description="Small number added to the variance to avoid division by zero."
    )
    center: bool = Field(default=True, description="Whether to add a learned offset beta.")
    scale: bool = Field(default=True, description="Whether to multiply by a learned scale gamma.")
    beta_initializer: Initializer = Field(default="zeros", description="Initializer for beta.")
    gamma_initializer: Initializer = Field(default="ones", description="Initializer for gamma.")
    beta_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for beta.")
    gamma_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for gamma.")
    beta_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for beta.")
    gamma_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for gamma.")

    def _affine(self, shape: tuple[int, ...], env: InferenceContext) -> list[WeightSpec]:
        dtype = self.variable_dtype(env)
        names = [name for name, used in (("gamma", self.scale), ("beta", self.center)) if used]
        return [WeightSpec(name, shape, dtype) for name in names]


class ClippingTable:
    """Marks the table whose keys an editor offers: rmax, rmin and dmax."""


Clipping = Annotated[
    dict[str, Maybe[Number]], Expects("a table such as { rmax = 3, rmin = 0.33, dmax = 5 }"), NEUTRAL, ClippingTable()
]
"""The bounds of batch renormalization: a table with any of rmax, rmin and dmax."""


class BatchNormalization(_Affine):
    """Brings each channel to mean 0 and variance 1, over the batch while training, by running averages afterwards."""

    axis: int = Field(default=-1, description="The channels axis, counted including the batch axis.")
    momentum: NeutralNumber = Field(default=0.99, description="Momentum of the moving averages.")
    moving_mean_initializer: Initializer = Field(default="zeros", description="Initializer for the moving mean.")
    moving_variance_initializer: Initializer = Field(default="ones", description="Initializer for the moving variance.")
    renorm: Annotated[bool, Since("3.14")] = Field(default=False, description="Whether to use batch renormalization.")
    renorm_clipping: Annotated[Maybe[Clipping], Since("3.14")] = Field(
        default=None, description="Clipping bounds of batch renormalization."
    )
    renorm_momentum: Annotated[NeutralNumber, Since("3.14")] = Field(
        default=0.99, description="Momentum of the moving averages for renormalization."
    )
    synchronized: NeutralBool = Field(
        default=False, description="Whether to synchronize batch statistics across devices."
    )

    def check_arguments(self) -> None:
        # Keras surprise: without renorm, renorm_clipping may hold anything.
        if not self.renorm or not self.renorm_clipping:
            return
        known = ("rmax", "rmin", "dmax")
        for key in self.renorm_clipping:
            if key not in known:
                raise Violation(
                    "unknown-key",
                    f"unknown key {key} in renorm_clipping",
                    path=("renorm_clipping", key),
                    anchor="key",
                    help=f"available: {', '.join(known)}",
                )
        rmax, rmin, dmax = map(self.renorm_clipping.get, known)
        if rmax is not None and rmin is not None and rmax < rmin:
            raise Violation(
                "bad-value",
                f"renorm_clipping requires rmax >= rmin, got {rmax} and {rmin}",
                path=("renorm_clipping", "rmax"),
            )
        if dmax is not None and dmax < 0:
            raise Violation(
                "bad-value", f"renorm_clipping requires dmax >= 0, got {dmax}", path=("renorm_clipping", "dmax")
            )

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self._fixed(x, self.axis)
        dtype = self.variable_dtype(env)
        if self.renorm and (dtype in INTEGERS or dtype == "bool"):
            raise Violation(
                "wrong-dtype",
                f"cannot store a standard deviation as {dtype}, which renorm requires",
                path=("renorm",),
                help="choose a floating-point dtype",
            )
        return super().compute_output_spec(x, env)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        shape = (self._fixed(x, self.axis),)
        names = ["moving_mean", "moving_variance"]
        if self.renorm:
            names += ["moving_stddev", "renorm_mean", "renorm_stddev"]
        dtype = self.variable_dtype(env)
        return [*self._affine(shape, env), *(WeightSpec(name, shape, dtype, False) for name in names)]


class GroupNormalization(_Affine):
    """Brings groups of channels of one sample to mean 0 and variance 1."""

    groups: Annotated[int, Ge(-1)] = Field(default=32, description="Number of groups; -1 for one group per channel.")
    axis: int = Field(default=-1, description="The channels axis, counted including the batch axis.")

    def check_arguments(self) -> None:
        if self.groups == 0:
            raise Violation(
                "bad-value", "groups must be a positive integer, or -1 for one per channel, got 0", path=("groups",)
            )

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        channels = self._fixed(x, self.axis)
        groups = channels if self.groups == -1 else self.groups
        if channels == 0 or channels % groups:
            own = "groups" in self.model_fields_set
            raise Violation(
                "channel-mismatch",
                f"cannot split {channels} channels on axis {self.axis} into {groups} groups of equal size",
                path=("groups",) if own else (),
                anchor="value" if own else "layer",
                label=f"the input has {channels} channels",
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


class _OverAxes(_Normalization):
    """Along one axis or several."""

    axis: _Axes = Field(default=-1, description="The axis or axes to normalize, counted including the batch axis.")

    def _list(self) -> list[int]:
        return [self.axis] if isinstance(self.axis, int) else self.axis

    def _weightless(self) -> bool:
        return False

    def infer_each(self, xs: Sequence[TensorSpec], env: InferenceContext) -> Outputs:
        if not self._weightless():
            return super().infer_each(xs, env)
        # Keras surprise: without weights several tensors pass, and the axis is compared with their number.
        for axis in self._list():
            self._need_axis(axis, len(xs), f"a list of {len(xs)} tensors")
        dtype = self.compute_dtype(env)
        return [TensorSpec(x.dims, dtype, self.cast(x, env).mask) for x in xs]

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        for axis in self._list():
            self._size(x, axis)
        return super().compute_output_spec(x, env)

    def _weight_shape(self, x: TensorSpec, env: InferenceContext) -> tuple[int, ...]:
        # Keras surprise: no axis at all makes a single weight, an axis given twice is in the shape twice.
        axes = sorted(self._list()) if env.keras >= (3, 14) else self._list()
        return tuple(self._fixed(x, axis) for axis in axes)


class LayerNormalization(_Affine, _OverAxes):
    """Brings each sample to mean 0 and variance 1 along an axis."""

    several = "refused"

    rms_scaling: bool = Field(
        default=False, description="Deprecated: divides by the variance; use RMSNormalization instead."
    )

    def cast(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return x

    def _weightless(self) -> bool:
        return not self.scale and not self.center and not self.rms_scaling

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = super().compute_output_spec(x, env)
        if not self._weightless():
            self._weight_shape(x, env)
        return y

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if self._weightless():
            return
        each = {axis % len(x.dims): x.dims[axis] for axis in self._list()}
        if product(self._weight_shape(x, env)) != product(each.values()):
            raise Violation("bad-axis", f"axis contains duplicates: {quote_value(self.axis)}", path=("axis",))

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        if self._weightless():
            return ()
        shape = self._weight_shape(x, env)
        if self.rms_scaling:
            # Keras surprise: this has a factor even with scale = false, and never an offset.
            return [WeightSpec("gamma", shape, self.variable_dtype(env))]
        return self._affine(shape, env)


class RMSNormalization(_OverAxes):
    """Divides each sample by its root mean square along an axis."""

    dtype_rule = DtypeRule(NO_TEXT, "arriving")

    epsilon: _Epsilon = Field(
        default=1e-06, description="Small number added to the mean square to avoid division by zero."
    )

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = super().compute_output_spec(x, env)
        self._weight_shape(x, env)
        if self.variable_dtype(env) == "string":
            raise Violation("wrong-dtype", "cannot initialize its scale with dtype string", path=("dtype",))
        return y

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: the scale is not put along its axis, so that it meets the last axes, whichever it is for.
        y = self.compute_output_spec(x, env)
        scale = self._weight_shape(x, env)
        dims = broadcast(x.dims, scale)
        if dims is None:
            raise Violation(
                "shape-mismatch",
                f"cannot be computed along axis {quote_value(self.axis)}: its scale {show(scale)} is broadcast over "
                f"the last "
                f"axes of input {show(x.sample)}",
                path=self._axis_path(self._list()[0]),
                help="normalize the last axis",
            )
        return TensorSpec(dims, self.result_dtype(x, y, env))

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return [WeightSpec("scale", self._weight_shape(x, env), self.variable_dtype(env))]


class UnitNormalization(_OverAxes):
    """Scales each sample to length 1 along an axis."""

    several = "packed"
    supports_masking = True
    dtype_rule = FLOATS_ONLY

    def _weightless(self) -> bool:
        return True
