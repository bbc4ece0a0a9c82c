"""Normalization of numbers; Discretization, Hashing and CategoryEncoding of categories.

Keras reads the outputs of these layers from shapes alone and traces nothing, so a dtype that the computation cannot
take passes all of them until it is called on data. None needs `adapt` to be built.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import Field

from seqspec.catalog.dtypes import FLOATS, Policy, PolicyText, policy
from seqspec.catalog.exports import Exports, Limit
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layer import Layer, require_numbers
from seqspec.catalog.layers.encoding import check_sparse, encoded, encoded_range
from seqspec.catalog.layers.rescaling import cannot_compute, fits_int64
from seqspec.catalog.markers import Expects
from seqspec.catalog.types import Maybe, NestedNumbers, NeutralBool, NeutralNumber, NonNegativeInt, Number, PositiveInt
from seqspec.diagnostics.message import Message, join
from seqspec.diagnostics.quote import quote_value
from seqspec.diagnostics.snippet import Help, Setting
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.arrays import array_shape, broadcasts_to
from seqspec.shapes.categories import bag_shape, one_hot_shape
from seqspec.shapes.dims import product, show
from seqspec.shapes.interval import Interval, flat_numbers, repeated, scaled
from seqspec.shapes.tensor import TensorSpec, WeightSpec

_FLOAT32_OVERFLOW = 3.4028235677973366e38
"""The least float that float32 cannot hold."""

_MIN_SPREAD = 1e-7
"""Keras's epsilon, the minimum standard deviation in `Normalization`."""


class Normalization(Layer):
    """Brings features to mean 0 and variance 1, with values given or learnt by `adapt`."""

    adapted_argument = "mean"
    role = "affine"
    traits = frozenset({"scaling", "unbounded"})
    supports_masking = True

    axis: Maybe[int | list[int]] = Field(
        default=-1,
        description="Axes with separate statistics (axis 0 is the batch); none for a single mean and variance.",
    )
    mean: Maybe[NestedNumbers] = Field(default=None, description="The mean, if known.")
    variance: Maybe[NestedNumbers] = Field(default=None, description="The variance, if known.")
    invert: NeutralBool = Field(default=False, description="Whether to denormalize instead.")

    def check_arguments(self) -> None:
        if (self.mean is None) != (self.variance is None):
            lone, other = ("mean", "variance") if self.variance is None else ("variance", "mean")
            raise Violation(
                "conflicting-arguments",
                f"{lone} requires {other}",
                path=(lone,),
                label=f"requires {other}",
                help=f"add {other}, or remove {lone} and let adapt() compute both",
            )
        if self.mean is None:
            return
        for name, value in (("mean", self.mean), ("variance", self.variance)):
            if array_shape(value) is None:
                raise Violation(
                    "bad-value", f"{name} must be lists of equal length, got {quote_value(value)}", path=(name,)
                )
            if not _fits_float32(value):
                raise Violation("bad-value", f"{name} contains a number too large for float32", path=(name,))

    def check_in(self, env: InferenceContext) -> None:
        # Before 3.14 Keras broadcasts whatever is given when it builds the layer.
        if self.mean is None or env.keras < (3, 14):
            return
        mean, variance = _shape(self.mean), _shape(self.variance)
        if mean != variance:
            raise Violation(
                "conflicting-arguments",
                Message("mean and variance must have the same shape, got ", show(mean), " and ", show(variance)),
                path=("variance",),
                label=Message("shape ", show(variance), ", mean has ", show(mean)),
            )
        if len(mean) > len(self._axes):
            raise Violation(
                "conflicting-arguments",
                Message("mean has rank ", len(mean), ", but axis lists ", len(self._axes), " axes"),
                path=("mean",),
                help="use one number, a list for one axis, or list more axes in axis",
            )

    @property
    def takes_several(self) -> bool:  # type: ignore[override]  # depends on arguments
        """Without an axis of its own, nothing of the input is looked at."""
        return not self._axes

    @property
    def several(self) -> str:  # type: ignore[override]  # depends on arguments
        """With such an axis it cannot be built for several tensors."""
        return "each" if self._axes else "packed"

    @property
    def _axes(self) -> tuple[int, ...]:
        if self.axis is None:
            return ()
        return (self.axis,) if isinstance(self.axis, int) else tuple(self.axis)

    def _kept(self, x: TensorSpec) -> dict[int, int]:
        """The axes that keep their own statistics, each with its size."""
        kept: dict[int, int] = {}
        for axis in self._axes:
            if not -x.rank <= axis < x.rank:
                raise Violation(
                    "bad-axis",
                    Message(
                        "axis ",
                        axis,
                        " is out of range for input ",
                        show(x.sample),
                        ", which has axes 0 (the batch) to ",
                        x.rank - 1,
                    ),
                    path=("axis",),
                )
            size = x.dims[axis]
            if not isinstance(size, int):
                what = "the batch" if axis % x.rank == 0 else f"of size {size}"
                raise Violation(
                    "unknown-size",
                    f"needs a known size at axis {axis} for its mean and variance, but axis {axis} is {what}",
                    path=("axis",) if "axis" in self.model_fields_set else (),
                    anchor="value" if "axis" in self.model_fields_set else "layer",
                    help="set that dimension in the input, or list only axes of known size in axis",
                )
            kept[axis % x.rank] = size
        return kept

    def traces_sparse(self, x: TensorSpec) -> bool:
        # Keras surprise: it fails only when it is called on data.
        return True

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.check_in(env)
        kept = self._kept(x)
        if self.compute_dtype(env) == "string":
            raise Violation("wrong-dtype", "cannot store mean and variance as strings", path=("dtype",))
        if self.mean is None:
            self._check_repeated(x, kept)
        else:
            statistics = [kept.get(axis, 1) for axis in range(x.rank)]
            for name, values in (("mean", self.mean), ("variance", self.variance)):
                self._check_fit(name, _shape(values), statistics, kept, x, env)
        return TensorSpec(x.dims, self.compute_dtype(env))

    def check_data(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_data(x, env)
        require_numbers(x)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = self.compute_output_spec(x, env)
        if y.dtype in ("bool", "string", "complex64", "complex128"):
            raise cannot_compute(y.dtype)
        # Keras surprise: integers come out as float32.
        return TensorSpec(y.dims, y.dtype if y.dtype in FLOATS else "float32", x.mask)

    def _check_repeated(self, x: TensorSpec, kept: dict[int, int]) -> None:
        # Keras surprise: an axis named twice passes where its size is 0 or 1.
        if product(x.dims[axis] for axis in self._axes) != product(kept.values()):
            raise Violation("bad-value", f"axis contains duplicates: {quote_value(list(self._axes))}", path=("axis",))

    def _check_fit(
        self,
        name: str,
        shape: tuple[int, ...],
        statistics: list[int],
        kept: dict[int, int],
        x: TensorSpec,
        env: InferenceContext,
    ) -> None:
        placed: Sequence[int] = shape
        fits = True
        if env.keras >= (3, 14) and shape:
            # The axes of what is given belong to the last of the axes that are kept.
            axes = sorted(axis % x.rank for axis in self._axes)
            spread = [1] * x.rank
            for size, axis in zip(reversed(shape), reversed(axes)):
                spread[axis] = size
            fits = product(spread) == product(shape)
            placed = spread
        if fits and broadcasts_to(tuple(placed), statistics):
            return
        sizes = join(", ", kept.values())
        raise Violation(
            "shape-mismatch",
            Message(name, " of shape ", show(shape), " does not match input ", show(x.sample), ", ")
            + (
                Message("and the axes of axis = ", quote_value(self.axis), " have sizes ", sizes)
                if kept
                else "and axis lists no axis"
            ),
            path=(name,),
            label=Message("needs ", sizes or "one number"),
        )

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        if self.mean is not None:
            return ()
        kept = sorted(axis % x.rank for axis in self._axes)
        shape = tuple(size for axis in kept if isinstance(size := x.dims[axis], int))
        dtype = self.variable_dtype(env)
        return [
            WeightSpec("mean", shape, dtype, False),
            WeightSpec("variance", shape, dtype, False),
            WeightSpec("count", (), "int64", False),
        ]

    def output_range(self, x: Interval | None) -> Interval | None:
        if x is None or self.mean is None:
            return x
        means = flat_numbers(self.mean)
        spreads = [max(sqrt(abs(value)), _MIN_SPREAD) for value in flat_numbers(self.variance)]
        if len(means) not in (1, len(spreads)) and len(spreads) != 1:
            return None
        count = max(len(means), len(spreads))
        means, spreads = repeated(means, count), repeated(spreads, count)
        factors = spreads if self.invert else [1 / spread for spread in spreads]
        return scaled(x, factors, means if self.invert else [-mean / spread for mean, spread in zip(means, spreads)])


def _shape(values: object) -> tuple[int, ...]:
    shape = array_shape(values)
    assert shape is not None
    return shape


def _fits_float32(values: Any) -> bool:
    if isinstance(values, list):
        return all(map(_fits_float32, values))
    return -(2**63) <= values < 2**63 if isinstance(values, int) else abs(values) < _FLOAT32_OVERFLOW


class Discretization(Layer):
    """Puts numbers into bins, with boundaries given or learnt by `adapt`."""

    adapted_argument = "bin_boundaries"
    traits = frozenset({"token_index"})
    exports = Exports((Limit(("onnx", "tfjs"), "Bucketize"),))

    without = ("activity_regularizer", "autocast", "trainable")
    casts_all = True
    several = "packed"

    # Keras surprise: no boundary at all, boundaries out of order and 0 bins pass.
    bin_boundaries: Maybe[list[Number]] = Field(default=None, description="Boundaries between bins.")
    num_bins: Maybe[NonNegativeInt] = Field(default=None, description="Number of bins computed by adapt().")
    epsilon: NeutralNumber = Field(default=0.01, description="Error tolerance of the computed boundaries.")
    output_mode: Literal["int", "one_hot", "multi_hot", "count"] = Field(
        default="int", description="Output: bin indices, or vectors encoding them."
    )
    sparse: NeutralBool = Field(default=False, description="Whether the output vectors are sparse tensors.")

    def check_arguments(self) -> None:
        check_sparse(self.sparse, self.output_mode)
        if self.num_bins is not None and self.bin_boundaries is not None:
            raise Violation(
                "conflicting-arguments",
                "num_bins cannot be combined with bin_boundaries",
                path=("num_bins",),
                help="remove num_bins: bin_boundaries determines the number of bins",
            )
        if self.num_bins is None and self.bin_boundaries is None:
            raise Violation(
                "missing-argument",
                "Discretization requires bin_boundaries or num_bins",
                help=Help("add ", Setting("bin_boundaries", [...]), ", or num_bins to let adapt() compute them"),
            )

    def check_data(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_data(x, env)
        boundaries = self.bin_boundaries or []
        if boundaries != sorted(boundaries):
            raise Violation(
                "bad-value",
                f"bin_boundaries must be in ascending order, got {quote_value(boundaries)}",
                path=("bin_boundaries",),
                help=Help("write ", Setting("bin_boundaries", sorted(boundaries))),
            )

    def takes_sparse(self, x: TensorSpec) -> bool:
        return self.output_mode != "one_hot"

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        dtype = "int32" if self.output_mode == "int" else self.compute_dtype(env)
        if self.output_mode == "int" or env.keras < (3, 14):
            # Keras surprise: before 3.14 every mode reports the input shape.
            return TensorSpec(x.dims, dtype)
        if self.output_mode == "one_hot":
            return TensorSpec(one_hot_shape(x.dims, self._depth), dtype)
        # Keras surprise: it is the second axis that goes, not the last, and of samples without axes the batch.
        return TensorSpec((*x.dims[:1], *x.dims[2:], self._depth) if x.rank > 1 else (self._depth,), dtype)

    @property
    def _depth(self) -> int:
        if self.bin_boundaries is not None:
            return len(self.bin_boundaries) + 1
        assert self.num_bins is not None
        return self.num_bins

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if self.bin_boundaries is None:
            raise Violation(
                "conflicting-arguments",
                "requires bin_boundaries inside a Pipeline, where adapt() is not available",
                path=("num_bins",),
                help=Help("write ", Setting("bin_boundaries", [...])),
            )
        dtype = self.compute_dtype(env)
        for one in (x.dtype, dtype):
            if one in ("string", "complex64", "complex128", "uint64"):
                raise cannot_compute(one)
        if self.output_mode == "int":
            return TensorSpec(x.dims, "int32")
        return encoded(x.dims, self.output_mode, self._depth, dtype, self.sparse, "int32")

    @property
    def token_count(self) -> int | None:
        return None if self.bin_boundaries is None else len(self.bin_boundaries) + 1

    def output_range(self, x: Interval | None) -> Interval | None:
        return encoded_range(self.output_mode, self.token_count)


class Hashing(Layer):
    """Returns each category the number of a bin, by its hash."""

    traits = frozenset({"tensorflow_only", "token_index"})
    exports = Exports(
        (
            Limit(("onnx", "openvino", "litert"), "StringToHashBucketFast"),
            Limit(("tfjs",), "AsString", numbers_only=True),
        )
    )

    several = "packed"

    # Keras surprise: a mask value of another type than the input's passes until it is called on data.
    num_bins: PositiveInt = Field(description="Number of bins.")
    mask_value: Maybe[Annotated[str, Expects("a string")] | NeutralNumber] = Field(
        default=None, description="Input value that is mapped to bin 0."
    )
    salt: Maybe[int | Annotated[list[int], Len(2, 2)]] = Field(
        default=None, description="Hash salt: one or two integers."
    )
    output_mode: Literal["int", "one_hot", "multi_hot", "count"] = Field(
        default="int", description="Output: bin indices, or vectors encoding them."
    )
    sparse: NeutralBool = Field(default=False, description="Whether the output vectors are sparse tensors.")
    dtype: Maybe[PolicyText] = Field(
        default=None, description="Output dtype: int64 for bin indices, float32 otherwise."
    )

    def check_arguments(self) -> None:
        if self.output_mode == "int" and self.dtype not in (None, "int32", "int64"):
            raise Violation(
                "conflicting-arguments",
                f'dtype must be "int32" or "int64" for bin indices, got "{self.dtype}"',
                path=("dtype",),
                help='remove dtype, or choose another output_mode such as "one_hot"',
            )
        check_sparse(self.sparse, self.output_mode)

    follows_policy = False

    def compute_dtype(self, env: InferenceContext) -> str:
        return self._policy.compute

    def variable_dtype(self, env: InferenceContext) -> str:
        return self._policy.variable

    @property
    def _policy(self) -> Policy:
        return policy(self.dtype or ("int64" if self.output_mode == "int" else "float32"))

    def takes_sparse(self, x: TensorSpec) -> bool:
        return self.output_mode != "one_hot"

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        dims = x.dims if self.output_mode == "int" else bag_shape(x.dims, self.num_bins)
        # Keras surprise: "one_hot" reports one vector for the whole last axis, but makes one for each element.
        # It reports the dtype of variables, float32 under a mixed policy.
        return TensorSpec(dims, self.variable_dtype(env))

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self._check_mask_value(x)
        if self.salt is not None:
            salts = self.salt if isinstance(self.salt, list) else [self.salt]
            if not all(map(fits_int64, salts)):
                raise Violation(
                    "bad-value", f"salt must be 64-bit integers, got {quote_value(self.salt)}", path=("salt",)
                )
        dtype = self.variable_dtype(env)
        if self.output_mode == "int":
            return TensorSpec(x.dims, dtype)
        dims = x.dims
        if self.output_mode == "one_hot" and dims[-1] == 1:
            dims = dims[:-1] or dims
        return encoded(dims, self.output_mode, self.num_bins, dtype, self.sparse)

    def cast(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return x

    def _check_mask_value(self, x: TensorSpec) -> None:
        value = self.mask_value
        if value is None or self.num_bins == 1:
            return
        if isinstance(value, str):
            fits = x.dtype == "string"
        elif isinstance(value, int):
            fits = x.dtype not in ("string", "bool")
        else:
            fits = x.dtype in FLOATS or x.dtype.startswith("complex")
        if not fits:
            raise Violation(
                "wrong-dtype",
                f"mask_value must have the input dtype {x.dtype}, got {quote_value(value)}",
                path=("mask_value",),
            )

    @property
    def token_count(self) -> int:
        return self.num_bins

    def output_range(self, x: Interval | None) -> Interval | None:
        return encoded_range(self.output_mode, self.token_count)


class CategoryEncoding(Layer):
    """Turns category numbers into vectors of zeros and ones, or of counts."""

    exports = Exports((Limit(("openvino", "litert"), "DenseBincount"),))

    casts_all = True
    several = "packed"

    num_tokens: Maybe[PositiveInt] = Field(default=None, description="Number of categories.")
    output_mode: Literal["multi_hot", "one_hot", "count", "binary"] = Field(
        default="multi_hot",
        description="Output: one vector per sample (multi_hot, count) or one vector per value (one_hot).",
    )
    sparse: NeutralBool = Field(default=False, description="Whether the output vectors are sparse tensors.")

    def check_arguments(self) -> None:
        if self.num_tokens is None:
            raise Violation(
                "missing-argument",
                "CategoryEncoding requires num_tokens",
                help="add num_tokens, the number of categories; if it is unknown, use IntegerLookup",
            )

    def traces_sparse(self, x: TensorSpec) -> bool:
        # Keras surprise: it fails only when it is called on data.
        return self.output_mode != "one_hot"

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        assert self.num_tokens is not None
        # Keras surprise: of samples without axes, "multi_hot" and "count" take the batch for the categories.
        encode = one_hot_shape if self.output_mode == "one_hot" else bag_shape
        return TensorSpec(encode(x.dims, self.num_tokens), self.compute_dtype(env), sparse=self.sparse)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        assert self.num_tokens is not None
        # Keras surprise: the vectors have the dtype of variables, float32 under a mixed policy.
        mode = "multi_hot" if self.output_mode == "binary" else self.output_mode
        return encoded(x.dims, mode, self.num_tokens, self.variable_dtype(env), self.sparse, x.dtype)

    def output_range(self, x: Interval | None) -> Interval | None:
        return encoded_range(self.output_mode, None)
