"""Normalization of numbers; Discretization, Hashing and CategoryEncoding of categories.

Keras infers the outputs of these layers from shapes alone, so a dtype that the computation does not
support is accepted until the layer is called on data. None of them needs `adapt` to be built.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import Field

from seqspec.core.catalog.dtypes import FLOATS, Policy, PolicyText, policy
from seqspec.core.catalog.export_formats import COUNTED, Exports, Limit
from seqspec.core.catalog.keras_object import bad_argument, conflict, place_of
from seqspec.core.catalog.layer import InferenceContext, Layer, Phase, require_numbers
from seqspec.core.catalog.layers.encoding import check_sparse, encoded, encoded_range
from seqspec.core.catalog.layers.rescaling import cannot_compute, fits_int64
from seqspec.core.catalog.markers import Expects
from seqspec.core.catalog.traits import ALWAYS, Casting, SeveralInputs, SparseInput, Variables
from seqspec.core.catalog.types import (
    Maybe,
    NestedNumbers,
    NeutralBool,
    NeutralNumber,
    NonNegativeInt,
    Number,
    PositiveInt,
)
from seqspec.core.diagnostics.message import Setting, fmt, join, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import array_shape, bag_shape, broadcasts_to, one_hot_shape
from seqspec.core.shapes.tensor import Interval, TensorSpec, WeightSpec, flat_numbers, product, repeated, scaled, show

_FLOAT32_OVERFLOW = 3.4028235677973366e38
"""The smallest number that overflows float32."""

_MIN_SPREAD = 1e-7
"""Keras's epsilon, the minimum standard deviation in `Normalization`."""


class Normalization(Layer):
    """Normalizes features to mean 0 and variance 1, with statistics that are given or learned by `adapt`."""

    variables = Variables(adapted="mean")
    role = "affine"
    traits = frozenset({"scaling", "unbounded"})
    supports_masking = True
    # Keras surprise: it fails only when it is called on data.
    sparse_input = SparseInput(computed=False, traced=ALWAYS)

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
            raise conflict(
                lone,
                f"{lone} requires {other}",
                label=f"requires {other}",
                help=f"add {other}, or remove {lone} and let adapt() compute both",
            )
        if self.mean is None:
            return
        for name, value in (("mean", self.mean), ("variance", self.variance)):
            if array_shape(value) is None:
                raise bad_argument(name, fmt("must be lists of equal length, got {}", quote_value(value)))
            if not _fits_float32(value):
                raise bad_argument(name, "contains a number too large for float32")

    def check_versions(self, env: InferenceContext) -> None:
        # Before 3.14 Keras broadcasts the given statistics when it builds the layer.
        if self.mean is None or env.keras < (3, 14):
            return
        mean, variance = _shape(self.mean), _shape(self.variance)
        if mean != variance:
            raise conflict(
                "variance",
                fmt("mean and variance must have the same shape, got {} and {}", show(mean), show(variance)),
                label=fmt("shape {}, mean has {}", show(variance), show(mean)),
            )
        if len(mean) > len(self._axes):
            raise conflict(
                "mean",
                fmt("mean has rank {}, but axis lists {} axes", len(mean), len(self._axes)),
                help="use one number, a list for one axis, or list more axes in axis",
            )

    @property
    def several_inputs(self) -> SeveralInputs:  # type: ignore[override]  # depends on arguments
        """Without an axis, the input is not checked; with one, the layer cannot be built for several tensors."""
        return SeveralInputs() if self._axes else SeveralInputs("each", "packed")

    @property
    def _axes(self) -> tuple[int, ...]:
        if self.axis is None:
            return ()
        return (self.axis,) if isinstance(self.axis, int) else tuple(self.axis)

    def _kept(self, x: TensorSpec) -> dict[int, int]:
        """The axes with separate statistics, and their sizes."""
        kept: dict[int, int] = {}
        for axis in self._axes:
            if not -x.rank <= axis < x.rank:
                raise Violation(
                    "bad-axis",
                    fmt(
                        "axis {} is out of range for input {}, which has axes 0 (the batch) to {}",
                        axis,
                        show(x.sample),
                        x.rank - 1,
                    ),
                    path=("axis",),
                )
            size = x.dims[axis]
            if not isinstance(size, int):
                described = "the batch" if axis % x.rank == 0 else f"of size {size}"
                raise Violation(
                    "unknown-size",
                    f"needs a known size at axis {axis} for its mean and variance, but axis {axis} is {described}",
                    **place_of(self, "axis"),
                    help="set that dimension in the input, or list only axes of known size in axis",
                )
            kept[axis % x.rank] = size
        return kept

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.check_versions(env)
        kept = self._kept(x)
        if self.compute_dtype(env) == "string":
            raise Violation("wrong-dtype", "cannot store mean and variance as strings", path=("dtype",))
        if self.mean is None:
            self._check_repeated(x, kept)
        else:
            statistics = [kept.get(axis, 1) for axis in range(x.rank)]
            for name, values in (("mean", self.mean), ("variance", self.variance)):
                self._check_fit(name, _shape(values), statistics, kept, x, env)
        dtype = self.compute_dtype(env)
        if env.phase is Phase.TRACE:
            if dtype in ("bool", "string", "complex64", "complex128"):
                raise cannot_compute(dtype)
            # Keras surprise: integers are returned as float32.
            dtype = dtype if dtype in FLOATS else "float32"
        return TensorSpec(x.dims, dtype)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA:
            require_numbers(x)

    def _check_repeated(self, x: TensorSpec, kept: dict[int, int]) -> None:
        # Keras surprise: a repeated axis is accepted if its size is 0 or 1.
        if product(x.dims[axis] for axis in self._axes) != product(kept.values()):
            raise bad_argument("axis", fmt("contains duplicates: {}", quote_value(list(self._axes))))

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
            # The axes of the given statistics are aligned with the last kept axes.
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
            fmt("{} of shape {} does not match input {}, ", name, show(shape), show(x.sample))
            + (
                fmt("and the axes of {} have sizes {}", Setting("axis", self.axis), sizes)
                if kept
                else "and axis lists no axis"
            ),
            path=(name,),
            label=fmt("needs {}", sizes or "one number"),
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
    """Maps numbers to bins, with boundaries that are given or learned by `adapt`."""

    variables = Variables(adapted="bin_boundaries")
    traits = frozenset({"token_index"})
    exports = Exports(Limit(("onnx", "tfjs"), "Bucketize"), COUNTED)
    sparse_input = SparseInput(arguments={"output_mode": ("int", "multi_hot", "count")})

    without = ("activity_regularizer", "autocast", "trainable")
    casting = Casting(others=True)
    several_inputs = SeveralInputs(traced="packed")

    # Keras surprise: an empty list of boundaries, unsorted boundaries and 0 bins are accepted.
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
            raise conflict(
                "num_bins",
                "num_bins cannot be combined with bin_boundaries",
                help="remove num_bins: bin_boundaries determines the number of bins",
            )
        if self.num_bins is None and self.bin_boundaries is None:
            raise Violation(
                "missing-argument",
                "Discretization requires bin_boundaries or num_bins",
                help=fmt("add {}, or num_bins to let adapt() compute them", Setting("bin_boundaries", [...])),
            )

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        boundaries = self.bin_boundaries or []
        if env.phase is Phase.DATA and boundaries != sorted(boundaries):
            raise bad_argument(
                "bin_boundaries",
                fmt("must be in ascending order, got {}", quote_value(boundaries)),
                help=fmt("write {}", Setting("bin_boundaries", sorted(boundaries))),
            )

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if env.phase is Phase.TRACE:
            return self._traced(x, env)
        dtype = "int32" if self.output_mode == "int" else self.compute_dtype(env)
        if self.output_mode == "int" or env.keras < (3, 14):
            # Keras surprise: before 3.14 every mode reports the input shape.
            return TensorSpec(x.dims, dtype)
        if self.output_mode == "one_hot":
            return TensorSpec(one_hot_shape(x.dims, self._depth), dtype)
        # Keras surprise: the second axis is reduced instead of the last one, and for scalar samples the batch axis.
        return TensorSpec((*x.dims[:1], *x.dims[2:], self._depth) if x.rank > 1 else (self._depth,), dtype)

    @property
    def _depth(self) -> int:
        if self.bin_boundaries is not None:
            return len(self.bin_boundaries) + 1
        assert self.num_bins is not None
        return self.num_bins

    def _traced(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if self.bin_boundaries is None:
            raise conflict(
                "num_bins",
                "requires bin_boundaries inside a Pipeline, where adapt() is not available",
                help=fmt("write {}", Setting("bin_boundaries", [...])),
            )
        dtype = self.compute_dtype(env)
        for input_dtype in (x.dtype, dtype):
            if input_dtype in ("string", "complex64", "complex128", "uint64"):
                raise cannot_compute(input_dtype)
        if self.output_mode == "int":
            return TensorSpec(x.dims, "int32")
        return encoded(x.dims, self.output_mode, self._depth, dtype, self.sparse, "int32")

    @property
    def token_count(self) -> int | None:
        return None if self.bin_boundaries is None else len(self.bin_boundaries) + 1

    def output_range(self, x: Interval | None) -> Interval | None:
        return encoded_range(self.output_mode, self.token_count)


class Hashing(Layer):
    """Maps categories to bins by their hash."""

    traits = frozenset({"tensorflow_only", "token_index"})
    sparse_input = SparseInput(arguments={"output_mode": ("int", "multi_hot", "count")})
    exports = Exports(
        Limit(
            ("onnx", "openvino", "litert", "tfjs"),
            "StringToHashBucketStrong",
            when=lambda layer: layer.salt is not None,
        ),
        Limit(("onnx", "openvino", "litert"), "StringToHashBucketFast"),
        Limit(("tfjs",), "AsString", dtypes="numbers"),
    )

    several_inputs = SeveralInputs(traced="packed")

    # Keras surprise: a mask value whose type differs from the input's is accepted until the layer is called on data.
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
            raise conflict(
                "dtype",
                f'dtype must be "int32" or "int64" for bin indices, got "{self.dtype}"',
                help='remove dtype, or choose another output_mode such as "one_hot"',
            )
        check_sparse(self.sparse, self.output_mode)

    casting = Casting(floats=False, follows_policy=False)

    def compute_dtype(self, env: InferenceContext) -> str:
        return self._policy.compute

    def variable_dtype(self, env: InferenceContext) -> str:
        return self._policy.variable

    @property
    def _policy(self) -> Policy:
        return policy(self.dtype or ("int64" if self.output_mode == "int" else "float32"))

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if env.phase is Phase.TRACE:
            return self._traced(x, env)
        dims = x.dims if self.output_mode == "int" else bag_shape(x.dims, self.num_bins)
        # Keras surprise: "one_hot" reports one vector for the whole last axis, but computes one for each element.
        # It reports the dtype of variables, float32 under a mixed policy.
        return TensorSpec(dims, self.variable_dtype(env))

    def _traced(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self._check_mask_value(x)
        if self.salt is not None:
            salts = self.salt if isinstance(self.salt, list) else [self.salt]
            if not all(map(fits_int64, salts)):
                raise bad_argument("salt", fmt("must be 64-bit integers, got {}", quote_value(self.salt)))
        dtype = self.variable_dtype(env)
        if self.output_mode == "int":
            return TensorSpec(x.dims, dtype)
        dims = x.dims
        if self.output_mode == "one_hot" and dims[-1] == 1:
            dims = dims[:-1] or dims
        return encoded(dims, self.output_mode, self.num_bins, dtype, self.sparse)

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
                fmt("mask_value must have the input dtype {}, got {}", x.dtype, quote_value(value)),
                path=("mask_value",),
            )

    @property
    def token_count(self) -> int:
        return self.num_bins

    def output_range(self, x: Interval | None) -> Interval | None:
        return encoded_range(self.output_mode, self.token_count)


class CategoryEncoding(Layer):
    """Encodes category indices as one-hot, multi-hot or count vectors."""

    exports = Exports(COUNTED)
    # Keras surprise: it fails only when it is called on data.
    sparse_input = SparseInput(
        computed=False, traced=SparseInput(arguments={"output_mode": ("multi_hot", "count", "binary")})
    )

    casting = Casting(others=True)
    several_inputs = SeveralInputs(traced="packed")

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
                missing="num_tokens",
                help="add num_tokens, the number of categories; if it is unknown, use IntegerLookup",
            )

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        assert self.num_tokens is not None
        if env.phase is Phase.TRACE:
            # Keras surprise: the vectors have the variable dtype, float32 under a mixed policy.
            mode = "multi_hot" if self.output_mode == "binary" else self.output_mode
            return encoded(x.dims, mode, self.num_tokens, self.variable_dtype(env), self.sparse, x.dtype)
        # Keras surprise: for scalar samples, "multi_hot" and "count" treat the batch as the categories.
        encode = one_hot_shape if self.output_mode == "one_hot" else bag_shape
        return TensorSpec(encode(x.dims, self.num_tokens), self.compute_dtype(env), sparse=self.sparse)

    def output_range(self, x: Interval | None) -> Interval | None:
        return encoded_range(self.output_mode, None)
