"""Layers that merge several tensors: the output and the states of a recurrent layer with `return_state`."""

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Len
from pydantic import Field

from seqspec.core.catalog.layer import InferenceContext, Inputs, Layer, NestedOutputs
from seqspec.core.catalog.traits import SeveralInputs
from seqspec.core.catalog.types import NeutralBool
from seqspec.core.diagnostics.message import SpecOrProgram, TableName, fmt, join
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Dim, Shape, Size, TensorSpec, product, show


class _Merge(Layer):
    """A layer whose input is a list of tensors; Keras infers its output from their shapes alone."""

    # Keras surprise: it cannot be the first layer of a nested Sequential, whose shape inference fails for it.
    several_inputs = SeveralInputs("together", required=True)

    def merged(self, shapes: Sequence[Shape]) -> Shape:
        """The output shape for these input shapes, batch size first; raises a `Violation` if Keras rejects them."""
        merged = shapes[0]
        for shape in shapes[1:]:
            merged = self._paired(merged, shape)
        return merged

    def _paired(self, a: Shape, b: Shape) -> Shape:
        if len(a) < len(b):
            a, b = b, a
        kept = a[1 : len(a) - len(b) + 1]
        sizes: list[Size] = []
        for size, other in zip(a[len(kept) + 1 :], b[1:]):
            if isinstance(size, Dim) or isinstance(other, Dim):
                sizes.append(size if isinstance(size, Dim) else other)
            elif size == other or 1 in (size, other):
                sizes.append(other if size == 1 else size)
            else:
                raise _unlike([a, b], "dimensions that are equal or 1")
        return (a[0], *kept, *sizes)

    def compute_output_spec(self, x: Inputs, env: InferenceContext) -> TensorSpec:
        if isinstance(x, TensorSpec):
            raise Violation(
                "unsupported-layer",
                f"{type(self).__name__} needs several inputs; a Sequential model passes one tensor",
                anchor="layer",
                help=fmt(
                    "a model with branches needs keras.Model; wrap the branches in a {}",
                    SpecOrProgram(fmt("{} layer", TableName(("custom",))), "layer of your own"),
                ),
            )
        if isinstance(x, NestedOutputs):
            raise Violation(
                "several-outputs",
                "cannot merge nested lists of states, which stacked LSTM cells return",
                anchor="layer",
                help="remove return_state from the layer before, or stack GRU cells",
            )
        dims = self.merged([item.dims for item in x])
        return TensorSpec(dims, self.compute_dtype(env), sparse=all(item.sparse for item in x))


class Add(_Merge):
    """The sum of all tensors."""


class Average(_Merge):
    """The mean of all tensors."""


class Maximum(_Merge):
    """The element-wise maximum of all tensors."""


class Minimum(_Merge):
    """The element-wise minimum of all tensors."""


class Multiply(_Merge):
    """The element-wise product of all tensors."""


class Subtract(_Merge):
    """The first of two tensors minus the second."""

    def merged(self, shapes: Sequence[Shape]) -> Shape:
        merged = super().merged(shapes)
        _need_two(shapes)
        return merged


class Concatenate(_Merge):
    """The concatenation of all tensors along an axis."""

    axis: int = Field(default=-1, description="Axis along which the inputs are concatenated.")

    def merged(self, shapes: Sequence[Shape]) -> Shape:
        rank = len(shapes[0])
        if any(len(shape) != rank for shape in shapes):
            raise _unlike(shapes, "tensors of equal rank")
        if not -rank <= self.axis < rank:
            raise Violation(
                "bad-axis",
                fmt("axis {} is out of range for rank {} (including batch)", self.axis, rank),
                path=("axis",),
            )
        axis = self.axis % rank
        for position in range(rank):
            sizes = {shape[position] for shape in shapes if isinstance(shape[position], int)}
            if position != axis and len(sizes) > 1:
                raise _unlike(shapes, f"equal dimensions except along axis {self.axis}")
        total: Size = 0
        for shape in shapes:
            total = total + shape[axis]
        return (*shapes[0][:axis], total, *shapes[0][axis + 1 :])


class Dot(_Merge):
    """The dot product of two tensors along an axis of each."""

    axes: int | Annotated[list[int], Len(2, 2)] = Field(
        description="Axis to sum over: one for both tensors, or one for each."
    )
    normalize: NeutralBool = Field(default=False, description="Whether to L2-normalize the inputs first.")

    def merged(self, shapes: Sequence[Shape]) -> Shape:
        _need_two(shapes)
        first, second = self._pair
        a, b = list(shapes[0]), list(shapes[1])
        for axis, shape in ((first, a), (second, b)):
            if not -len(shape) <= axis < len(shape):
                raise Violation(
                    "bad-axis",
                    fmt("axis {} is out of range for rank {} (including batch)", axis, len(shape)),
                    path=("axes",),
                )
        size, other_size = a.pop(first), b.pop(second)
        if size != other_size and (isinstance(size, int) or isinstance(other_size, int)):
            raise _unlike(shapes, f"equal dimensions at axes {first} and {second}")
        merged = (*a, *b[1:])
        return merged if len(merged) > 1 else (*merged, 1)

    @property
    def _pair(self) -> tuple[int, int]:
        return (self.axes, self.axes) if isinstance(self.axes, int) else (self.axes[0], self.axes[1])

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return product(y.sample) * x.dims[self._pair[0]]


def _need_two(shapes: Sequence[Shape]) -> None:
    """Raises a `Violation` unless there are two tensors."""
    if len(shapes) != 2:
        raise Violation(
            "several-outputs",
            fmt("expects two input tensors, but the previous layer returns {} (return_state)", len(shapes)),
            anchor="layer",
            help="a GRU or SimpleRNN returns one state, an LSTM two",
        )


def _unlike(shapes: Sequence[Shape], needed: str) -> Violation:
    incoming = join(", ", [show(shape[1:]) for shape in shapes])
    return Violation("shape-mismatch", fmt("expected {}, got {}", needed, incoming), anchor="layer")
