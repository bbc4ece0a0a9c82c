"""The output of a model: its last activation and value range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.cached_property import cached_property
from seqspec.core.catalog.activations import function_class, function_traits
from seqspec.core.catalog.keras_object import argument_of
from seqspec.core.catalog.traits import Composition
from seqspec.core.diagnostics.violation import Path
from seqspec.core.shapes.tensor import Shape, Size


class Head:
    """The output of a model.

    Attributes:
        activation: The last activation, `"linear"` for none.
        entry: The layer that applies it; those after it only reshape, drop or pool values.
        after: These layers, the last one first.
        traits: The traits of the activation: see `catalog.traits.ACTIVATION_TRAITS`.
        sample: The output shape of the model, without the batch size.
        low, high: The minimum and maximum output value.
    """

    def __init__(self, activation: str, entry: LayerReport, after: Sequence[LayerReport], sample: Shape) -> None:
        self.activation = activation
        self.entry = entry
        self.after = after
        self.sample = sample
        self.traits = function_traits(activation)
        function = function_class(activation)
        self.low, self.high = function.bounds if function is not None else (-inf, inf)
        if activation == "relu" and (greatest := _activation_argument(entry, "max_value")) is not None:
            self.high = greatest

    @property
    def units(self) -> Size | None:
        """The size of the last axis; None for a scalar."""
        return self.sample[-1] if self.sample else None

    @property
    def written(self) -> bool:
        """Whether the activation is an argument of its layer, rather than the layer itself or a default."""
        return "activation" in self.entry.layer.model_fields_set

    @property
    def path(self) -> Path:
        """The path of the activation in the spec, or else of its layer."""
        return (*self.entry.path, "activation") if self.written else self.entry.path

    @property
    def anchor(self) -> str:
        """The part of `path` that a finding marks."""
        return "value" if self.written else "layer"

    @property
    def span(self) -> str:
        """The range as text."""
        low, high = (f"{bound:.3g}" for bound in (self.low, self.high))
        if self.high == inf:
            return "of any size" if self.low == -inf else f"of at least {low}"
        return f"of at most {high}" if self.low == -inf else f"in [{low}, {high}]"

    @cached_property
    def distribution(self) -> bool:
        """Whether the values along the last axis sum to 1, as class probabilities do."""
        if "distribution" not in self.traits or any("rearranging" in entry.traits for entry in self.after):
            return False
        return _activation_argument(self.entry, "axis", -1) in (-1, self.entry.outputs[0].rank - 1)

    @property
    def constant(self) -> bool:
        """Whether it is a softmax over a single unit, and therefore always 1."""
        return self.distribution and self.units == 1

    @property
    def simple(self) -> bool:
        """Whether the activation is an argument of a layer with weights, so that it can be replaced."""
        return self.entry.role == "weights" and "activation" in type(self.entry.layer).model_fields


def _activation_argument(entry: LayerReport, name: str, default: object = None) -> Any:
    """The value of an argument of the activation, or of the layer that is one; `default` if there is no such one."""
    activation = entry.argument("activation") or entry.layer
    return default if isinstance(activation, str) else argument_of(activation, name, default)


def find_head(layers: Sequence[LayerReport], sample: Shape) -> Head | None:
    """The output of a complete model; None if the last layer is opaque."""
    after: list[LayerReport] = []
    for entry in backwards(layers):
        activation = entry.activation
        if "passes_values" in entry.traits or (activation == "linear" and entry.role == "activation"):
            after.append(entry)
            continue
        if "unbounded" in entry.traits:
            activation = "linear"
        known = activation is not None and activation != "custom"
        return Head(activation, entry, after, sample) if known and activation is not None else None
    return None


def backwards(layers: Sequence[LayerReport]) -> Iterator[LayerReport]:
    """The layers from last to first, with containers replaced by their layers."""
    for entry in reversed(layers):
        if not entry.layer.passes_sublayer_values:
            yield entry
        elif entry.composition is Composition.JOINED:
            yield from entry.layers[:1]
        else:
            yield from backwards(entry.layers)


def head_before(head: Head, layers: Sequence[LayerReport]) -> Head | None:
    """The input of the layer with the output activation; None if unknown."""
    if head.entry not in layers:
        return None
    before = layers[: layers.index(head.entry)]
    return find_head(before, head.entry.input.sample) if before else None
