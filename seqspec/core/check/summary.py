"""The summary of a model as rows and totals, computed without a framework."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.memory import activations, gradient_bytes, optimizer_bytes, weight_bytes
from seqspec.core.analysis.min_input_size import min_input_sizes, unknown_names, with_sizes
from seqspec.core.analysis.stack import walk_stack
from seqspec.core.check.check import Check
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Size, TensorSpec, plain_size, total


class TensorSummary(TypedDict):
    """One sample of a tensor; unknown sizes are text."""

    shape: list[int | str]
    dtype: str


class LayerSummary(TypedDict):
    """A layer."""

    name: str
    type: str
    output: TensorSummary | list[TensorSummary]
    params: int
    trainable_params: int
    frozen: bool
    macs: int | str | None
    activation_bytes: int | str | None


class MemorySummary(TypedDict):
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
    input: TensorSummary
    batch: int
    layers: list[LayerSummary]
    params: int
    trainable_params: int
    macs: int | str | None
    memory: MemorySummary
    smallest: dict[str, int | None]


class UnknownSize(ValueError):
    """A size for a dimension that the input does not have, or one for which the model does not build."""


def summarize(check: Check, batch: int, sizes: Mapping[str, int]) -> Summary:
    """The summary of a valid spec as JSON data.

    Args:
        check: The check of the spec.
        batch: The batch size for the memory of activations.
        sizes: Values for unknown sizes of the input, by name.

    Raises:
        UnknownSize: For a name that the input does not have, or a size for which the model does not build.
    """
    spec = check.spec
    assert spec.stack.input is not None
    x, env, stack = spec.stack.input, spec.environment, spec.stack.layers
    smallest = min_input_sizes(stack, x, env)
    layers = check.layers
    if sizes:
        layers = _with_sizes(check, dict(sizes), smallest)
        x = with_sizes(x, dict(sizes))
    name = spec.stack.name or "sequential"
    kept = activations(layers, batch)
    optimizer = spec.compile.optimizer
    encoded: Encoded = {}
    if spec.data.columns is not None:
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


def unknown_sizes(check: Check) -> list[str]:
    """The names of the unknown input sizes, as accepted by `summarize`."""
    spec = check.spec
    assert spec.stack.input is not None
    return unknown_names(spec.stack.input)


def _with_sizes(check: Check, sizes: dict[str, int], smallest: Mapping[str, int | None]) -> list[LayerReport]:
    spec = check.spec
    assert spec.stack.input is not None
    for name in sizes:
        if name not in smallest:
            valid = ", ".join(smallest) or "none"
            raise UnknownSize(f"the input has no unknown size {name}; it has {valid}")
    violations: list[Violation] = []
    given = with_sizes(spec.stack.input, sizes)
    layers = walk_stack(spec.stack.layers, given, spec.environment, ("model", "layers"), violations)
    if violations:
        condition = ", ".join(f"{name} = {size}" for name, size in sizes.items())
        raise UnknownSize(f"the model does not build with {condition}: {violations[0].message}")
    return layers


def _row(layer: LayerReport, memory: Size | None) -> LayerSummary:
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


def _tensor(spec: TensorSpec) -> TensorSummary:
    return {"shape": [size if isinstance(size, int) else str(size) for size in spec.sample], "dtype": spec.dtype}
