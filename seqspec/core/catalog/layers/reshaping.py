"""The layers of `keras/src/layers/reshaping` that rearrange the input; they do not propagate masks."""

import math
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import AfterValidator, Field

from seqspec.core.catalog.dtypes import PRESERVE
from seqspec.core.catalog.export_formats import Exports, Limit
from seqspec.core.catalog.layer import InferenceContext, Layer, Phase, require_rank, require_rank_at_least
from seqspec.core.catalog.layers.base_spatial import DATA_FORMAT_DOC
from seqspec.core.catalog.markers import SHAPING, Expects
from seqspec.core.catalog.traits import ALWAYS
from seqspec.core.catalog.types import DataFormat, Maybe, PositiveInt, read_by
from seqspec.core.catalog.validation import validate
from seqspec.core.diagnostics.message import Setting, fmt, quote_value
from seqspec.core.diagnostics.violation import UNSET, Violation, Violations
from seqspec.core.shapes.arrays import flattened, reshaped
from seqspec.core.shapes.tensor import Shape, TensorSpec, all_known, product, show


class _Layout(Layer):
    """A layer that keeps the dtype and sparsity of the input."""

    role = "layout"
    traits = frozenset({"passes_values", "rearranging"})
    dtype_rule = PRESERVE
    sparse_input = ALWAYS

    def _laid_out(self, x: TensorSpec, *sample: Any) -> TensorSpec:
        return TensorSpec((x.dims[0], *sample), x.dtype, sparse=x.sparse)


class Flatten(_Layout):
    """Flattens all axes except the batch axis into one."""

    same_in_all_phases = True

    data_format: DataFormat = Field(default=None, description=DATA_FORMAT_DOC)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return self._laid_out(x, flattened(x.sample))

    def explain(self, violation: Violation, name: str) -> Violation:
        note = f"{name} flattened the input: move it after the layers that need the other axes"
        return violation.replace(notes=(*violation.notes, note))


_Sizes = list[Maybe[Annotated[int, Ge(-1)]]]


def _one_open_size(shape: list[int | None]) -> list[int | None]:
    if shape.count(-1) > 1:
        raise Violation(
            "bad-value",
            fmt("must contain at most one -1, got {} with {}", quote_value(shape), shape.count(-1)),
            help="write the known dimensions, and -1 for the inferred one",
        )
    return shape


TargetShape = Annotated[
    _Sizes,
    AfterValidator(_one_open_size),
    Expects("a list of dimensions without the batch size, one of which may be -1"),
]
"""A shape without the batch size, in which one size may be -1 (inferred)."""


class Reshape(_Layout):
    """Reshapes each sample to another shape."""

    traits = frozenset({"passes_values", "rearranging", "spreading"})

    target_shape: TargetShape = Field(description="Output shape without the batch size; -1 for an inferred dimension.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        target: list[int | None] = self.target_shape
        # Keras surprise: none is accepted as a size that remains unknown.
        if None in target and env.keras < (3, 15) and all_known(x.sample):
            raise Violation(
                "newer-keras",
                "target_shape may contain none for inputs of known size since Keras 3.15",
                path=("target_shape",),
                help="write -1 for the inferred dimension",
            )
        shape = reshaped(x.sample, target)
        if shape is None:
            raise self._does_not_fit(x, target)
        return self._laid_out(x, *shape)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        target: list[int | None] = self.target_shape
        if env.phase is Phase.TRACE:
            # Keras surprise: TensorFlow divides by the known sizes if only one size, the batch size included, is
            # unknown.
            unknown = sum(not isinstance(size, int) for size in x.sample)
            if not isinstance(x.dims[0], int) or unknown != 1 or None in target:
                return
        else:
            target = [-1 if size is None else size for size in target]
            if target.count(-1) > 1:
                raise Violation(
                    "bad-reshape",
                    fmt("target_shape leaves {} sizes open, Keras can infer one", target.count(-1)),
                    path=("target_shape",),
                    help="write -1 for one size, and numbers for the others",
                )
        if not self._may_fit(x.sample, target):
            raise self._does_not_fit(x, target)

    def _may_fit(self, sizes: Shape, target: list[int | None]) -> bool:
        """Whether the number of elements matches for some values of the unknown sizes."""
        if all_known(sizes):
            return reshaped(sizes, target) is not None
        known_size = math.prod(size for size in sizes if isinstance(size, int))
        wanted = math.prod(size for size in target if size is not None)
        return -1 in target or known_size == 0 or wanted % known_size == 0

    def _does_not_fit(self, x: TensorSpec, target: list[int | None]) -> Violation:
        wanted = show(tuple(size for size in target if size is not None))
        incoming = fmt("the input {} has {}", show(x.sample), product(x.sample))
        known_size = product(size for size in target if size is not None and size != -1)
        if -1 in target:
            message = fmt("target_shape {} needs a multiple of {} elements, but {}", wanted, known_size, incoming)
            label = fmt("{} is not a multiple of {}", product(x.sample), known_size)
        else:
            message = fmt("target_shape {} has {} elements, but {}", wanted, known_size, incoming)
            label = fmt("{} elements, the input has {}", known_size, product(x.sample))
        return Violation("bad-reshape", message, path=("target_shape",), label=label, help=_suggestion(x, target))


def _suggestion(x: TensorSpec, target: list[int | None]) -> str | None:
    """The help that changes one size of the target to match the number of elements."""
    total = product(x.sample)
    if -1 in target or not isinstance(total, int):
        return None
    for index in range(len(target) - 1, -1, -1):
        rest = product(size for position, size in enumerate(target) if position != index and size is not None)
        if isinstance(rest, int) and rest and total % rest == 0:
            fitting = [*target[:index], total // rest, *target[index + 1 :]]
            return fmt("{} would fit", Setting("target_shape", fitting))
    return "the product of its dimensions must equal that of the input; -1 infers one of them"


def _permutation(value: object) -> list[int]:
    try:
        axes: list[int] = validate(list[int], value)
    except Violations as several:
        meant = several.recovered_value
        if meant is not UNSET and sorted(meant) != list(range(1, len(meant) + 1)):
            several.recovered_value = UNSET
        raise
    count = len(axes)
    if sorted(axes) == list(range(1, count + 1)):
        return axes
    if sorted(axes) == list(range(count)):
        wrong = "counts from 0"
        help = f"axes are counted from 1 and exclude the batch axis: write {[axis + 1 for axis in axes]}"
    else:
        wrong = "is not a permutation"
        help = f"each axis from 1 to {count} must appear exactly once"
    raise Violation(
        "bad-value",
        fmt("{} {}", quote_value(value), wrong),
        label=fmt("must contain 1 to {}, each once", count),
        help=help,
    )


Permutation = Annotated[
    list[PositiveInt], *read_by(_permutation, "the permutation of the axes, a list of integers from 1"), SHAPING
]
"""The axes in their new order, counted from 1."""


class Permute(_Layout):
    """Permutes the axes of each sample."""

    exports = Exports(Limit(("litert", "tfjs"), "Transpose", dtypes="strings"))
    traits = frozenset({"passes_values", "rearranging", "spreading"})

    dims: Permutation = Field(description="Permutation of the input axes, counted from 1 without the batch axis.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        count = len(self.dims)
        if x.rank != count + 1:
            have = x.rank - 1
            raise Violation(
                "wrong-rank",
                fmt("dims permutes {} {}, but the input {} has {}", count, _axes(count), show(x.sample), have),
                path=("dims",),
                label=fmt("{} {}, the input has {}", count, _axes(count), have),
                help=fmt("list each axis of the input once, 1 to {}", have) if have else None,
            )
        return self._laid_out(x, *(x.dims[axis] for axis in self.dims))


def _axes(count: int) -> str:
    return "axis" if count == 1 else "axes"


class RepeatVector(Layer):
    """Repeats a vector n times, as the steps of a sequence."""

    role = "layout"
    traits = frozenset({"passes_values", "spreading"})
    dtype_rule = PRESERVE

    n: PositiveInt = Field(description="Number of repetitions.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if env.phase is Phase.BUILD or (env.phase is Phase.TRACE and all_known(x.dims) and product(x.dims[2:]) != 1):
            self.require_input(x)
        # Keras surprise: shape inference alone uses the first axis and ignores the others.
        require_rank_at_least(x, 2, "(features)")
        return TensorSpec((x.dims[0], self.n, x.dims[1]), self.compute_dtype(env))

    def require_input(self, x: TensorSpec) -> None:
        require_rank(x, 2, "(features)")

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA and any(isinstance(size, int) and size > 1 for size in x.dims[2:]):
            self.require_input(x)
