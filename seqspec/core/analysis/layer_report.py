"""Facts about each layer of a model: input, output, weights and cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seqspec.core.cached_property import cached_property
from seqspec.core.catalog.layer import InferenceContext, Layer, Outputs, Phase, Sublayer
from seqspec.core.catalog.layer_inference import cast_input, layer_weights, output_spec, own_weights_with_trainable
from seqspec.core.catalog.traits import Composition, Role
from seqspec.core.diagnostics.diagnostic import TreeFix, insert, remove
from seqspec.core.diagnostics.violation import Path, Violation, pointer, value_at
from seqspec.core.language.keys import layer_names as automatic_names
from seqspec.core.shapes.tensor import Size, TensorSpec, WeightSpec


class LayerReport:
    """A layer of the expanded model with its facts; expensive ones are computed lazily.

    Attributes:
        name: The name of the Keras layer.
        input: The tensor that it receives.
        output: The tensor that it returns; a list for a layer with several outputs.
        path: Its path in the expanded spec.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        layer: Layer,
        input: TensorSpec,
        output: TensorSpec | list[TensorSpec],
        env: InferenceContext,
        frozen: bool = False,
        origin: Callable[[Path], Path] | None = None,
    ) -> None:
        self.path = path
        self.name = name
        self.type: str = type(layer).__name__
        """The Keras class, or the name of a custom one."""
        self.layer: Any = layer
        """The `Layer` object, with the arguments of its class."""
        self.role: Role = layer.role
        """The effect of the layer on the signal."""
        self.traits: frozenset[str] = layer.traits
        """The traits of its class: see `catalog.traits.LAYER_TRAITS`."""
        self.has_sublayers: bool = layer.has.sublayers
        """Whether it may have layers inside."""
        self.activation: str | None = layer.activation_function
        """The name of its activation; see `Layer.activation_function`."""
        self.input = input
        self.output = output
        self._env = env
        self._frozen = frozen
        self._origin = origin
        self._pointer: str | None = None

    @property
    def composition(self) -> Composition:
        """How its output depends on those of the layers inside."""
        composition: Composition = self.layer.composition
        return composition

    @property
    def pointer(self) -> str:
        """JSON Pointer of the layer in the spec as written."""
        if self._pointer is not None:
            return self._pointer
        return pointer(self._origin(self.path) if self._origin is not None else self.path)

    @property
    def outputs(self) -> list[TensorSpec]:
        """All output tensors of the layer; usually one."""
        return self.output if isinstance(self.output, list) else [self.output]

    def argument(self, name: str, default: object = None) -> Any:
        """The value of an argument, or its default in Keras; `default` if the layer does not have the argument."""
        return self.layer.__dict__.get(name, default)

    @property
    def _cast_input(self) -> TensorSpec:
        return cast_input(self.layer, self.input, self._env)

    @cached_property
    def weights(self) -> Sequence[WeightSpec]:
        """The variables in the order of Keras's `layer.weights`."""
        if not self.layer.has.weights:
            return []
        weights = layer_weights(self.layer, self._cast_input, self._env)
        return [weight._replace(trainable=False) for weight in weights] if self._frozen else list(weights)

    @property
    def initialized_weights(self) -> Sequence[tuple[str, tuple[int, ...], str]]:
        """The argument that initializes each variable, with the shape and dtype of the variable."""
        return list(self.layer.initialized_variables(self._cast_input, self._env))

    @cached_property
    def params(self) -> int:
        """The number of parameters."""
        return sum([weight.size for weight in self.weights])

    @cached_property
    def trainable_params(self) -> int:
        """The number of trainable parameters."""
        return sum([weight.size for weight in self.weights if weight.trainable])

    @property
    def frozen(self) -> bool:
        """Whether it has parameters and `trainable = false`, on it or around it, keeps all of them from training."""
        held = self._frozen or not self.layer.trainable
        return held and self.params > 0 and self.trainable_params == 0

    @cached_property
    def trained_params(self) -> int:
        """The number of parameters that are updated when the whole model is trained.

        Keras surprise: it checks the flag of each variable, and `trainable = false` on a layer that only contains other
        layers does not change the flags of their variables.
        """
        if self.layer.trainable or self.layer.variables.freeze:
            return self.trainable_params
        weights = own_weights_with_trainable(self.layer, self._cast_input, self._env)
        return 0 if self._frozen else sum(weight.size for weight in weights if weight.trainable)

    @cached_property
    def cost(self) -> Size:
        """Multiply-accumulates per sample, as a formula of unknown sizes if necessary."""
        if not self.layer.has.macs:
            return 0
        macs: Size = self.layer.macs(self._cast_input, self.outputs[0], self._env)
        return macs

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates per sample; None if they depend on an unknown size."""
        cost = self.cost
        return cost if isinstance(cost, int) else None

    @property
    def kept(self) -> Sequence[TensorSpec]:
        """The tensors saved for the backward pass, including those inside a base model."""
        tensors: Sequence[TensorSpec] = self.layer.saved_for_backward(self._cast_input, self.outputs, self._env)
        return tensors

    @cached_property
    def layers(self) -> list[LayerReport]:
        """The layers inside a nested Sequential model or a wrapper, with their inputs."""
        if not self.has_sublayers:
            return []
        parts = self.layer.sublayers(self._cast_input, self._env)
        names = layer_names([part.layer for part in parts])
        frozen = self._frozen or not self.layer.trainable
        reports = []
        for part, name in zip(parts, names):
            y = part.output or _sublayer_output(part, self._env)
            if y is not None:
                path = self.path + part.path
                reports.append(LayerReport(path, name, part.layer, part.input, y, self._env, frozen, self._origin))
        return reports

    def to_dict(self) -> dict[str, Any]:
        """Plain data: unknown sizes by name in `dims`, None in `shape`."""
        outputs = [_tensor(spec) for spec in self.outputs]
        return {
            "pointer": self.pointer,
            "name": self.name,
            "type": self.type,
            "input": _tensor(self.input),
            "output": outputs if isinstance(self.output, list) else outputs[0],
            "params": self.params,
            "trainable_params": self.trainable_params,
            "macs": self.macs,
            "weights": [
                {"name": w.name, "shape": list(w.shape), "dtype": w.dtype, "trainable": w.trainable}
                for w in self.weights
            ],
            "layers": [layer.to_dict() for layer in self.layers],
        }

    def __getstate__(self) -> dict[str, object]:
        # The source locations of layers are only known to this process, so they are resolved before pickling.
        state = self.__dict__
        if self._origin is not None:
            layers = self.layers
            state = {**self.__dict__, "layers": layers, "_pointer": self.pointer, "_origin": None}
        return state

    def __repr__(self) -> str:
        return f"<LayerReport {self.name} ({self.type}): {self.input} → {self.output}>"


def _sublayer_output(part: Sublayer, env: InferenceContext) -> Outputs | None:
    """The output of a layer inside another one; None if it has none.

    Keras accepts some inner layers that it never builds, such as a backward layer of a different rank.
    """
    for phase in (Phase.BUILD, Phase.SHAPE):
        try:
            return output_spec(part.layer, part.input, env.at(phase))
        except Violation:
            continue
    return None


def _tensor(spec: TensorSpec) -> dict[str, object]:
    return {
        "shape": list(spec.shape),
        "dims": [size if isinstance(size, int) else str(size) for size in spec.dims],
        "dtype": spec.dtype,
    }


def with_inner_layers(layers: Sequence[LayerReport]) -> list[LayerReport]:
    """The layers, each followed by the layers inside it."""
    reports = []
    for entry in layers:
        reports.append(entry)
        if entry.has_sublayers:
            reports += with_inner_layers(entry.layers)
    return reports


def layer_names(layers: Sequence[Layer | None]) -> list[str]:
    """One name per layer: `conv2d`, `conv2d_1`, ...; numbers already used by an explicit name are skipped."""
    classes = ["" if layer is None else type(layer).__name__ for layer in layers]
    return automatic_names(classes, ["" if layer is None else layer.name or "" for layer in layers])


def move_after(tree: Mapping[str, object], entry: LayerReport, anchor: LayerReport, message: str) -> TreeFix | None:
    """Moves a layer after another one; `tree` is the expanded spec. None if they are not in the same list."""
    return _move(tree, entry, anchor, 1, message)


def move_before(tree: Mapping[str, object], entry: LayerReport, anchor: LayerReport, message: str) -> TreeFix | None:
    """Moves a layer before another one; None if they are not in the same list."""
    return _move(tree, entry, anchor, 0, message)


def _move(
    tree: Mapping[str, object], entry: LayerReport, anchor: LayerReport, offset: int, message: str
) -> TreeFix | None:
    *home, index = anchor.path
    if not isinstance(index, int) or entry.path[:-1] != tuple(home) or not isinstance(entry.path[-1], int):
        return None
    value = value_at(tree, entry.path)
    if value is None:
        # The list belongs to a misspelled key.
        return None
    return TreeFix(message, (insert((*home, index + offset), value), remove(entry.path)))
