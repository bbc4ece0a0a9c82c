"""The minimum of each unknown input size for which the model builds."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.analysis.stack import walk_stack
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Dim, Shape, Size, TensorSpec

_MAX_SIZE = 1 << 14
"""The maximum size that is tried; no known architecture requires more."""


def min_input_sizes(layers: Sequence[Layer | None], x: TensorSpec, env: InferenceContext) -> dict[str, int | None]:
    """The minimum sizes by name, None if no size up to 16,384 builds.

    Sizes are searched one at a time while the others are large; two axes with the same name share one size. An unnamed
    size is listed by its axis, `"axis 1"`.
    """
    names = unknown_names(x)
    large = dict.fromkeys(names, 1024)
    return {name: _search(name, large, layers, x, env) for name in names}


def unknown_names(x: TensorSpec) -> list[str]:
    """The names of the unknown sizes of a tensor without the batch size, each once."""
    return list(dict.fromkeys(_name(x.dims, axis) for axis, size in enumerate(x.dims[1:], 1) if isinstance(size, Dim)))


def with_sizes(x: TensorSpec, sizes: dict[str, int]) -> TensorSpec:
    """The tensor with the named unknown sizes replaced by numbers."""
    dims: list[Size] = [x.dims[0]]
    for axis, size in enumerate(x.dims[1:], 1):
        dims.append(sizes.get(_name(x.dims, axis), size) if isinstance(size, Dim) else size)
    return x._replace(dims=tuple(dims))


def _name(dims: Shape, axis: int) -> str:
    text = str(dims[axis])
    return f"axis {axis}" if text == "?" else text


def _search(
    name: str, large: dict[str, int], layers: Sequence[Layer | None], x: TensorSpec, env: InferenceContext
) -> int | None:
    def builds(size: int) -> bool:
        violations: list[Violation] = []
        walk_stack(layers, with_sizes(x, {**large, name: size}), env, (), violations)
        return not violations

    # Stacks with a stride may skip sizes near the bound (a reshape, say), so small sizes are tried one by one.
    for size in range(1, 65):
        if builds(size):
            return size
    size = 128
    while size <= _MAX_SIZE and not builds(size):
        size *= 2
    if size > _MAX_SIZE:
        return None
    low, high = size // 2, size
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if builds(middle) else (middle, high)
    return high
