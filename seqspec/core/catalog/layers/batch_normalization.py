"""BatchNormalization, and the base classes of all normalizations."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from seqspec.core.catalog.dtypes import INTEGERS, NO_TEXT, DtypeRule
from seqspec.core.catalog.keras_object import conflict, given_argument
from seqspec.core.catalog.layer import InferenceContext, Layer, Outputs, unknown_features_help
from seqspec.core.catalog.markers import NEUTRAL, Expects, Since
from seqspec.core.catalog.objects import Constraint, Initializer, Regularizer
from seqspec.core.catalog.types import Maybe, NeutralBool, NeutralNumber, Number
from seqspec.core.diagnostics.message import A_TABLE, NONE, Value, Verbatim, fmt
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.shapes.tensor import Size, TensorSpec, WeightSpec, show

Epsilon = NeutralNumber


class BaseNormalization(Layer):
    """The base class of normalizations: the output has the input shape, and the axes must exist."""

    role = "norm"
    traits = frozenset({"normalization"})

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        return TensorSpec(x.dims, self.compute_dtype(env))

    def _size(self, x: TensorSpec, axis: int) -> Size:
        rank = len(x.dims)
        if not -rank <= axis < rank:
            raise self._no_axis(axis, rank, show(x.sample))
        return x.dims[axis]

    def _no_axis(self, axis: int, rank: int, incoming: str) -> Violation:
        """The violation for an axis that the input does not have."""
        return Violation(
            "bad-axis",
            fmt("axis {} is out of range for input {}, which has axes 0 (the batch) to {}", axis, incoming, rank - 1),
            path=self._axis_path(axis),
            anchor="value" if "axis" in self.model_fields_set else "layer",
            label=fmt("the last axis is {}, or -1", rank - 1),
        )

    def _axis_path(self, axis: int) -> Path:
        """The path of this axis in the spec, written alone or in a list."""
        written = given_argument(self, "axis")
        if written is None:
            return ()
        return ("axis", written.index(axis)) if isinstance(written, list) else ("axis",)

    def _fixed(self, x: TensorSpec, axis: int) -> int:
        size = self._size(x, axis)
        if isinstance(size, int):
            return size
        rank = len(x.dims)
        last = axis in (-1, rank - 1)
        help: str
        if axis in (0, -rank):
            noun, help = "batch size", f"axis {axis} is the batch axis: use the channels axis, usually -1"
        elif last:
            noun, help = "last axis", unknown_features_help(x)
        else:
            noun, help = (
                f"size of axis {axis}",
                f"set that axis of the input to a number, or choose an axis other than {axis}",
            )
        raise Violation(
            "unknown-size",
            fmt("needs a known {} to create its weights, got {}", noun, show(x.sample)),
            path=() if last else self._axis_path(axis),
            anchor="value" if "axis" in self.model_fields_set and not last else "layer",
            label=f"the {noun} is unknown",
            help=help,
        )


class AffineNormalization(BaseNormalization):
    """A normalization with an optional scale gamma and an optional offset beta."""

    supports_masking = True
    dtype_rule = DtypeRule(NO_TEXT)

    epsilon: Epsilon = Field(default=0.001, description="Small number added to the variance to avoid division by zero.")
    center: bool = Field(default=True, description="Whether to add a learned offset beta.")
    scale: bool = Field(default=True, description="Whether to multiply by a learned scale gamma.")
    beta_initializer: Maybe[Initializer] = Field(default="zeros", description="Initializer for beta.")
    gamma_initializer: Maybe[Initializer] = Field(default="ones", description="Initializer for gamma.")
    beta_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for beta.")
    gamma_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for gamma.")
    beta_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for beta.")
    gamma_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for gamma.")

    def _affine(self, shape: tuple[int, ...], env: InferenceContext) -> list[WeightSpec]:
        dtype = self.variable_dtype(env)
        names = [name for name, used in (("gamma", self.scale), ("beta", self.center)) if used]
        return [WeightSpec(name, shape, dtype) for name in names]


class ClippingTable:
    """Marks the table with the keys rmax, rmin and dmax, which editors complete."""


Clipping = Annotated[
    dict[str, Maybe[Number]],
    Expects(fmt("{} such as {}", A_TABLE, Value({"rmax": 3, "rmin": Verbatim("0.33"), "dmax": 5}))),
    NEUTRAL,
    ClippingTable(),
]
"""The bounds of batch renormalization: a table with any of rmax, rmin and dmax."""


class BatchNormalization(AffineNormalization):
    """Normalizes each channel to mean 0 and variance 1: over the batch in training, by moving averages at inference."""

    traits = frozenset({"normalization", "unbounded"})
    same_in_all_phases = True
    keeps_rank = True

    axis: int = Field(default=-1, description="The channels axis, counted including the batch axis.")
    momentum: NeutralNumber = Field(default=0.99, description="Momentum of the moving averages.")
    moving_mean_initializer: Maybe[Initializer] = Field(default="zeros", description="Initializer for the moving mean.")
    moving_variance_initializer: Maybe[Initializer] = Field(
        default="ones", description="Initializer for the moving variance."
    )
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
        # Keras surprise: without renorm, renorm_clipping accepts any value.
        if not self.renorm or not self.renorm_clipping:
            return
        keys = ("rmax", "rmin", "dmax")
        for key in self.renorm_clipping:
            if key not in keys:
                raise Violation(
                    "unknown-key",
                    f"unknown key {key} in renorm_clipping",
                    path=("renorm_clipping", key),
                    anchor="key",
                    help=f"available: {', '.join(keys)}",
                )
        rmax, rmin, dmax = map(self.renorm_clipping.get, keys)
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

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        self._fixed(x, self.axis)
        if not self.renorm:
            return super().compute_output_spec(x, env)
        if self.moving_variance_initializer is None:
            raise conflict(
                "moving_variance_initializer",
                fmt("renorm requires a moving_variance_initializer, got {}", NONE),
                help='write "ones"',
            )
        dtype = self.variable_dtype(env)
        if dtype in INTEGERS or dtype == "bool":
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
        return [*self._affine(shape, env), *[WeightSpec(name, shape, dtype, False) for name in names]]
