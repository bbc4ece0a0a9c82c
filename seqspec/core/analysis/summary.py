"""The summary of a model as rows and totals, computed without a framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from seqspec.core.analysis.analyze import AnalysisResult, environment
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.memory import activations, gradient_bytes, optimizer_bytes, weight_bytes
from seqspec.core.analysis.stack import walk_stack
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Dim, Shape, Size, TensorSpec, plain_size, total

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


class Tensor(TypedDict):
    """One sample of a tensor; unknown sizes are text."""

    shape: list[int | str]
    dtype: str


class Row(TypedDict):
    """A layer."""

    name: str
    type: str
    output: Tensor | list[Tensor]
    params: int
    trainable_params: int
    frozen: bool
    macs: int | str | None
    activation_bytes: int | str | None


class Memory(TypedDict):
    """Bytes in training; None where there is no optimizer."""

    weights: int
    gradients: int
    optimizer: int | None
    activations: int | str | None


class SizeRange(TypedDict):
    """The smallest and the largest size of valid candidates."""

    min: int
    max: int


class SpaceSummary(TypedDict):
    """What the check of a search space found; sizes are None where none is known."""

    parameters: int
    combinations: int
    valid: int
    exact: bool
    params: SizeRange | None
    macs: SizeRange | None
    memory: SizeRange | None


class Encoded(TypedDict, total=False):
    """The number of values of each encoded column, None where it is learned; and the search space."""

    columns: dict[str, int | None]
    search: SpaceSummary


class Summary(Encoded):
    """The layers and totals of a model."""

    name: str | None
    input: Tensor
    batch: int
    layers: list[Row]
    params: int
    trainable_params: int
    macs: int | str | None
    memory: Memory
    smallest: dict[str, int | None]


class UnknownSize(ValueError):
    """A size for a dimension that the input does not have, or one for which the model does not build."""


def summarize(result: AnalysisResult, batch: int, sizes: Mapping[str, int]) -> Summary:
    """The summary of a valid spec as JSON data.

    Args:
        result: The result of the analysis.
        batch: The batch size for the memory of activations.
        sizes: Values for unknown sizes of the input, by name.

    Raises:
        UnknownSize: For a name that the input does not have, or a size for which the model does not build.
    """
    spec = result.spec
    assert spec is not None and spec.stack is not None and spec.stack.input is not None
    x, env, stack = spec.stack.input, environment(spec), spec.stack.layers
    smallest = min_input_sizes(stack, x, env)
    layers = result.report.layers
    if sizes:
        layers = _with_sizes(result, dict(sizes), smallest)
        x = with_sizes(x, dict(sizes))
    name = spec.stack.name or "sequential"
    kept = activations(layers, batch)
    optimizer = spec.compile.optimizer if spec.compile is not None else None
    encoded: Encoded = {}
    if spec.data is not None and spec.data.columns is not None:
        encoded["columns"] = {name: column.width() for name, column in spec.data.columns.items()}
    return {
        "name": spec.stack.name,
        "input": _tensor(x),
        **encoded,
        "batch": batch,
        "layers": [_row(layer, memory) for layer, memory in zip(layers, kept)],
        "params": sum(layer.params for layer in layers),
        "trainable_params": sum(layer.trainable_params for layer in layers),
        "macs": plain_size(total([layer.cost for layer in layers])),
        "memory": {
            "weights": weight_bytes(layers),
            "gradients": gradient_bytes(layers),
            "optimizer": optimizer_bytes(layers, optimizer, name) if optimizer is not None else None,
            "activations": plain_size(total(kept)),
        },
        "smallest": smallest,
    }


def unknown_sizes(result: AnalysisResult) -> list[str]:
    """The names of the unknown input sizes, as accepted by `summarize`."""
    spec = result.spec
    assert spec is not None and spec.stack is not None and spec.stack.input is not None
    return unknown_names(spec.stack.input)


def _with_sizes(result: AnalysisResult, sizes: dict[str, int], smallest: Mapping[str, int | None]) -> list[LayerReport]:
    spec = result.spec
    assert spec is not None and spec.stack is not None and spec.stack.input is not None
    for name in sizes:
        if name not in smallest:
            valid = ", ".join(smallest) or "none"
            raise UnknownSize(f"the input has no unknown size {name}; it has {valid}")
    violations: list[Violation] = []
    given = with_sizes(spec.stack.input, sizes)
    layers = walk_stack(spec.stack.layers, given, environment(spec), ("model", "layers"), violations)
    if violations:
        condition = ", ".join(f"{name} = {size}" for name, size in sizes.items())
        raise UnknownSize(f"the model does not build with {condition}: {violations[0].message}")
    return layers


def _row(layer: LayerReport, memory: Size | None) -> Row:
    outputs = [_tensor(output) for output in layer.outputs]
    return {
        "name": layer.name,
        "type": layer.type,
        "output": outputs[0] if len(outputs) == 1 else outputs,
        "params": layer.params,
        "trainable_params": layer.trainable_params,
        "frozen": layer.frozen,
        "macs": plain_size(layer.cost),
        "activation_bytes": plain_size(memory),
    }


def _tensor(spec: TensorSpec) -> Tensor:
    return {"shape": [size if isinstance(size, int) else str(size) for size in spec.sample], "dtype": spec.dtype}
