"""What is known of each layer of a stack: what arrives, what leaves, its weights and its cost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from seqspec.catalog.environment import Environment
from seqspec.catalog.layer import Layer
from seqspec.diagnostics.problem import Path
from seqspec.shapes.dims import Size
from seqspec.shapes.tensor import TensorSpec, WeightSpec


class LayerReport:
    """One layer of the expanded stack with its facts; those that cost something are worked out when asked for.

    `input` and `output` are `TensorSpec`s (a tuple of them for a layer that gives several tensors); `macs` are
    multiply-adds for one sample, None where an unknown size takes part.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        layer: Layer,
        input: TensorSpec,
        output: TensorSpec | list[TensorSpec],
        env: Environment,
    ) -> None:
        self.path = path
        self.name = name
        self.layer = layer
        self.input = input
        self.output = output
        self._env = env

    @property
    def type(self) -> str:
        """The Keras class, or the name of a custom one."""
        return getattr(self.layer, "class_name", type(self.layer).__name__)

    @property
    def pointer(self) -> str:
        """JSON Pointer of the layer in the expanded document."""
        return "".join(f"/{key}" for key in self.path)

    @cached_property
    def _cast_input(self) -> TensorSpec:
        return self.layer.cast(self.input, self._env)

    @cached_property
    def weights(self) -> Sequence[WeightSpec]:
        """The variables in the order of Keras's `layer.weights`."""
        return list(self.layer.weights(self._cast_input, self._env))

    @cached_property
    def params(self) -> int:
        """The number of parameters."""
        return sum(weight.size for weight in self.weights)

    @cached_property
    def trainable_params(self) -> int:
        """The number of parameters that training changes."""
        return sum(weight.size for weight in self.weights if weight.trainable)

    @cached_property
    def cost(self) -> Size:
        """Multiply-adds for one sample, in the names of unknown sizes where these take part."""
        output = self.output[0] if isinstance(self.output, list) else self.output
        return self.layer.macs(self._cast_input, output, self._env)

    @property
    def macs(self) -> int | None:
        """Multiply-adds for one sample; None where an unknown size takes part."""
        return self.cost if isinstance(self.cost, int) else None

    @cached_property
    def layers(self) -> list[LayerReport]:
        """The layers inside a nested Sequential or a wrapper."""
        from seqspec.analysis.naming import layer_names

        parts = self.layer.parts(self._cast_input, self._env)
        names = layer_names([layer for _, layer, _ in parts])
        return [
            LayerReport(self.path + path, name, layer, x, layer.apply(x, self._env), self._env)
            for (path, layer, x), name in zip(parts, names)
        ]
