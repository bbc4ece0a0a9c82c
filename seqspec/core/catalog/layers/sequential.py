"""Layers that contain a stack of layers: Sequential and Pipeline."""

from collections.abc import Sequence

from pydantic import Field

from seqspec.core.catalog.layer import (
    InferenceContext,
    Inputs,
    Layer,
    Outputs,
    PathPrefix,
    Phase,
    Sublayer,
    cannot_compute_sparse,
)
from seqspec.core.catalog.layer_inference import (
    cast_input,
    check_on_data,
    explain_lost_axes,
    is_passthrough,
    output_spec,
    own_weights_with_trainable,
    passthrough_violation,
    refused_inputs,
    traces_sparse,
)
from seqspec.core.catalog.reading import AnyLayer, duplicate_names
from seqspec.core.catalog.traits import ALWAYS, Casting, Composition, SeveralInputs
from seqspec.core.catalog.types import Maybe
from seqspec.core.diagnostics.message import Setting, fmt, join
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.keys import snake_case
from seqspec.core.shapes.tensor import Interval, Shape, Size, TensorSpec, WeightSpec, show

_Step = tuple[Layer, str, TensorSpec, Outputs]

_MAX_KNOWN = 64
_KNOWN: dict[int, tuple["NestedModel", TensorSpec, InferenceContext, list[_Step]]] = {}
"""Cache of the steps of recent stacks, which several methods need in a row at every level of nesting."""


class NestedModel(Layer):
    """A layer that applies layers in sequence."""

    def stack(self) -> Sequence[Layer]:
        """The layers inside."""
        raise NotImplementedError

    def start(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        """The input of the first inner layer for input `x`."""
        return x

    def check_versions(self, env: InferenceContext) -> None:
        for index, layer in enumerate(self.stack()):
            with PathPrefix("layers", index):
                layer.check_versions(env)

    def pass_through(self, layer: Layer, x: Outputs, env: InferenceContext) -> Outputs:
        """The outputs of an inner layer for `x`."""
        return output_spec(layer, x, env)

    def steps(self, x: TensorSpec, env: InferenceContext) -> list[_Step]:
        """Every inner layer with its name, input and outputs; raises a `Violation` if one rejects its input."""
        env = env.at(Phase.BUILD)
        cached = _KNOWN.get(id(self))
        if cached is not None and cached[0] is self and cached[1] == x and cached[2] == env:
            return cached[3]
        steps = self.walk(x, env)
        if len(_KNOWN) >= _MAX_KNOWN:
            _KNOWN.clear()
        _KNOWN[id(self)] = (self, x, env, steps)
        return steps

    def walk(self, x: TensorSpec, env: InferenceContext) -> list[_Step]:
        """Computes `steps` without the cache."""
        steps: list[_Step] = []
        inputs: Outputs = self.start(x, env)
        for index, layer in enumerate(self.stack()):
            name = layer.name or snake_case(type(layer).__name__)
            try:
                outputs = self.pass_through(layer, inputs, env)
            except Violation as violation:
                explained = explain_lost_axes(violation, steps)
                if steps:
                    shapes = [
                        fmt("{} → {}", name, show(y.sample))
                        for _, name, _, y in steps[-3:]
                        if isinstance(y, TensorSpec)
                    ]
                    explained = explained.replace(notes=(*explained.notes, fmt("inside: {}", join(", ", shapes))))
                raise explained.prefixed("layers", index) from None
            first = inputs[0] if isinstance(inputs, list) else inputs
            steps.append((layer, name, first, outputs))
            inputs = outputs
        return steps

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        outputs = self.steps(x, env)[-1][3]
        if isinstance(outputs, list):
            return [y._replace(mask=None) for y in outputs]
        return outputs._replace(mask=None)

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return y.mask

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is not Phase.DATA:
            return
        for index, (layer, _, inputs, _) in enumerate(self.steps(x, env)):
            with PathPrefix("layers", index):
                check_on_data(layer, inputs, env)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return [
            weight
            for layer, _, inputs, _ in self.steps(x, env)
            for weight in own_weights_with_trainable(layer, cast_input(layer, inputs, env), env)
        ]

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        total: Size = 0
        for layer, _, inputs, outputs in self.steps(x, env):
            first = outputs[0] if isinstance(outputs, list) else outputs
            total = total + layer.macs(cast_input(layer, inputs, env), first, env)
        return total

    def saved_for_backward(
        self, x: TensorSpec, outputs: Sequence[TensorSpec], env: InferenceContext
    ) -> Sequence[TensorSpec]:
        tensors: list[TensorSpec] = []
        for layer, _, inputs, returned in self.steps(x, env):
            tensors.extend(
                layer.saved_for_backward(inputs, returned if isinstance(returned, list) else [returned], env)
            )
        return tensors

    def output_range(self, x: Interval | None) -> Interval | None:
        for layer in self.stack():
            x = layer.output_range(x)
        return x

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        return [
            Sublayer(("layers", index), layer, inputs) for index, (layer, _, inputs, _) in enumerate(self.steps(x, env))
        ]


class Sequential(NestedModel):
    """A stack of layers as one layer, with its own name and weights that can be frozen together."""

    composition = Composition.MODEL
    several_inputs = SeveralInputs("together")
    without = ("activity_regularizer", "autocast", "dtype")
    # Keras converts its inputs to dense tensors.
    sparse_input = ALWAYS

    layers: Maybe[list[AnyLayer]] = Field(default=None, description="The layers, in order.")

    def check_arguments(self) -> None:
        for violation in duplicate_names(self.stack(), "layers"):
            raise violation

    def stack(self) -> Sequence[Layer]:
        return self.layers or ()

    def start(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras builds it as a separate model: it receives no masks, and its input has the compute dtype of the first
        # layer, regardless of the dtype of the input.
        return TensorSpec(x.dims, self.stack()[0].compute_dtype(env)) if self.layers else x

    def compute_output_spec(self, x: Inputs, env: InferenceContext) -> Outputs:
        if not self.layers:
            raise _no_layers()
        if not isinstance(x, TensorSpec):
            return self._shapes_of_several(x, env)
        y = super().compute_output_spec(x, env)
        return self._traced(x, env) if env.phase is Phase.TRACE else y

    def _traced(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        y: Outputs = self.start(x, env)
        for index, layer in enumerate(self.stack()):
            with PathPrefix("layers", index):
                y = output_spec(layer, y, env)
        return y

    def walk(self, x: TensorSpec, env: InferenceContext) -> list[_Step]:
        steps = super().walk(x, env)
        untouched = True
        for index, (layer, _, inputs, _) in enumerate(steps):
            if not is_passthrough(layer, inputs, env):
                untouched = False
            elif not untouched or index + 1 == len(steps):
                raise passthrough_violation(layer, inputs).prefixed("layers", index)
        return steps

    def _shapes_of_several(self, xs: Sequence[TensorSpec], env: InferenceContext) -> Outputs:
        # Keras surprise: it cannot be built for several tensors, and then only infers shapes through its layers.
        for index, layer in enumerate(self.stack()):
            inferred, _, shapes, _ = layer.several_inputs
            if shapes == "refused" or (shapes == "inferred" and inferred != "each"):
                raise refused_inputs(xs)
            with PathPrefix("layers", index):
                if shapes == "inferred":
                    output_spec(layer, xs, env)
            xs = [TensorSpec(x.dims, layer.compute_dtype(env)) for x in xs]
        return list(xs)

    def fixed_input(self) -> TensorSpec | None:
        return self.layers[0].fixed_input() if self.layers else None


def _no_layers() -> Violation:
    return Violation("bad-value", "has no layers", anchor="layer", help=fmt("add {}", Setting("layers", [...])))


class Pipeline(NestedModel):
    """A stack of layers, usually for preprocessing, that is a layer and not a nested model."""

    several_inputs = SeveralInputs(shapes="accepted")
    composition = Composition.PIPELINE
    casting = Casting(floats=False)
    without = ("activity_regularizer", "autocast", "dtype", "trainable")

    layers: list[AnyLayer] = Field(description="The layers, in order.")

    def stack(self) -> Sequence[Layer]:
        return self.layers

    def takes_sparse(self, x: TensorSpec) -> bool:
        return self.layers[0].takes_sparse(x)

    def pass_through(self, layer: Layer, x: Outputs, env: InferenceContext) -> Outputs:
        if isinstance(x, TensorSpec) and x.sparse and not traces_sparse(layer, x):
            raise cannot_compute_sparse("inside a Pipeline")
        return output_spec(layer, x, env.at(Phase.TRACE))

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        if env.phase is Phase.SHAPE:
            raise Violation(
                "unsupported-layer",
                "cannot be wrapped: Keras cannot infer its output shape without calling it",
                anchor="layer",
                help=fmt("write {} instead", Setting("type", "Sequential")),
            )
        if not self.layers:
            raise Violation("bad-value", "has no layers", path=("layers",), help="add at least one layer")
        return self.steps(x, env)[-1][3] if env.phase is Phase.TRACE else super().compute_output_spec(x, env)
