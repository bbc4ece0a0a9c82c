"""The layers that wrap another layer: Bidirectional, TimeDistributed and SpectralNormalization."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from seqspec.core.catalog.dtypes import FLOATING, FLOATS
from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.catalog.layer import (
    InferenceContext,
    Layer,
    Outputs,
    PathPrefix,
    Phase,
    Sublayer,
    empty_axis,
    require_numbers,
    wrong_rank,
)
from seqspec.core.catalog.layer_inference import (
    check_initializers,
    output_of_call,
    output_spec,
    own_weights_with_trainable,
)
from seqspec.core.catalog.layers.rnn import Recurrent
from seqspec.core.catalog.reading import AnyLayer, LayerType
from seqspec.core.catalog.traits import Composition, Variables
from seqspec.core.catalog.types import Maybe, PositiveInt
from seqspec.core.diagnostics.message import Setting, Value, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.keys import snake_case
from seqspec.core.shapes.arrays import broadcast
from seqspec.core.shapes.tensor import Interval, Shape, Size, TensorSpec, WeightSpec, show


class Wrapper(Layer):
    """A layer that wraps another layer.

    To infer shapes, Keras calls `build` and `compute_output_shape` of the inner layer, not `call`.
    """

    variables = Variables(freeze=False)

    layer: AnyLayer = Field(description="The wrapped layer.")

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        if key in ("units", "filters", "kernel_size"):
            return fmt(
                "wrap a layer: {}", Setting("layer", {"type": "Dense" if key == "units" else "Conv2D", key: ...})
            )
        return super().unknown_argument_help(key)

    def check_versions(self, env: InferenceContext) -> None:
        with PathPrefix("layer"):
            self.layer.check_versions(env)

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        return [Sublayer(("layer",), self.layer, x)]

    def output_range(self, x: Interval | None) -> Interval | None:
        return self.layer.output_range(x) if self.composition is Composition.APPLIED else None

    def inner(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The outputs of the inner layer for `x`, from shape inference."""
        with PathPrefix("layer"):
            return output_spec(self.layer, x, env.at(Phase.SHAPE))


_BACKWARD = fmt("a recurrent layer with {}", Setting("go_backwards", True))


class Bidirectional(Wrapper):
    """Processes a sequence forward with one recurrent layer and backward with another, and merges their outputs."""

    role = "recurrent"
    traits = frozenset({"mask_user"})
    composition = Composition.JOINED
    supports_masking = True

    layer: Annotated[Layer, LayerType("a recurrent layer")] = Field(description="The forward recurrent layer.")
    merge_mode: Maybe[Literal["concat", "sum", "mul", "ave"]] = Field(
        default="concat", description='How the two outputs are combined; "none" returns both.'
    )
    backward_layer: Maybe[Annotated[Layer, LayerType(_BACKWARD)]] = Field(
        default=None, description="The backward layer; by default a copy of `layer` with go_backwards reversed."
    )

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        if key in ("units", "activation", "return_sequences", "filters"):
            return fmt("wrap a layer: {}", Setting("layer", {"type": "LSTM", key: ...}))
        return "a spec contains no weights; load them into the built model" if key == "weights" else None

    def check_arguments(self) -> None:
        forward = _recurrent(self.layer, "layer")
        if self.backward_layer is None:
            if forward.go_backwards:
                raise Violation(
                    "conflicting-arguments",
                    fmt("requires a forward layer, but this layer has {}", Setting("go_backwards", True)),
                    path=("layer", "go_backwards"),
                    help="remove go_backwards: the backward copy is created automatically",
                )
            return
        backward = _recurrent(self.backward_layer, "backward_layer")
        if forward.go_backwards == backward.go_backwards:
            is_given = "go_backwards" in given_arguments(backward)
            raise Violation(
                "conflicting-arguments",
                fmt(
                    "requires one forward and one backward layer, but both have {}",
                    Setting("go_backwards", forward.go_backwards),
                ),
                path=("backward_layer", "go_backwards") if is_given else ("backward_layer",),
                help=fmt("set {} in backward_layer only", Setting("go_backwards", True)),
            )
        for name in ("stateful", "return_sequences", "return_state"):
            forward_value, backward_value = getattr(forward, name), getattr(backward, name)
            if forward_value != backward_value:
                raise Violation(
                    "conflicting-arguments",
                    f"requires the same {name} in both layers, but it is {str(forward_value).lower()} in layer and "
                    f"{str(backward_value).lower()} in backward_layer",
                    path=("backward_layer", name) if name in given_arguments(backward) else ("backward_layer",),
                    related=[(("layer", name), f"{name} here")] if name in given_arguments(forward) else (),
                    help=fmt("write {} in backward_layer too", Setting(name, forward_value)),
                )

    def check_versions(self, env: InferenceContext) -> None:
        with PathPrefix("layer"):
            self.layer.check_versions(env)
        if self.backward_layer is not None:
            with PathPrefix("backward_layer"):
                self.backward_layer.check_versions(env)

    def _both_layers(self) -> tuple[Recurrent, Recurrent]:
        """The two layers as Keras creates them: named copies with opposite directions."""
        assert isinstance(self.layer, Recurrent)
        name = self.layer.name or snake_case(type(self.layer).__name__)
        forward = _copy(self.layer, name=f"forward_{name.removeprefix('forward_')}")
        if self.backward_layer is None:
            backward = _copy(self.layer, name=f"backward_{name.removeprefix('backward_')}", go_backwards=True)
            return forward, backward
        assert isinstance(self.backward_layer, Recurrent)
        return forward, self.backward_layer

    @property
    def _backward_key(self) -> str:
        return "layer" if self.backward_layer is None else "backward_layer"

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        if env.phase is Phase.TRACE:
            return self._traced(x, env)
        if env.phase is Phase.BUILD:
            self._check_build(x)
        forward, backward = self._both_layers()
        with PathPrefix("layer"):
            outputs = output_spec(forward, x, env.at(Phase.SHAPE))
        if self.backward_layer is not None:
            # Keras surprise: the backward layer is only built, so one with another output is accepted, and the first
            # call fails unless the two outputs can be merged.
            with PathPrefix("backward_layer"):
                backward.check_build(x, env)
                check_initializers(backward, x, env)
        y, states = (outputs[0], outputs[1:]) if isinstance(outputs, list) else (outputs, [])
        # Keras surprise: "concat" doubles the last axis, which is not the channel axis with channels_first.
        last = y.dims[-1] * 2 if self.merge_mode == "concat" else y.dims[-1]
        y = TensorSpec((*y.dims[:-1], last), self.compute_dtype(env))
        states = [state._replace(dtype=y.dtype) for state in states]
        several = [*([y] if self.merge_mode else [y, y]), *states, *states]
        return several if len(several) > 1 else y

    def _check_build(self, x: TensorSpec) -> None:
        forward, _ = self._both_layers()
        if forward.axes and len(x.dims) != forward.axes:
            raise forward.wrong_axes(x).prefixed("layer")
        if self.return_state and forward.stateful:
            # Keras surprise: Keras raises TypeError when it computes the masks of the states.
            raise Violation(
                "conflicting-arguments",
                "cannot return the states (return_state) of stateful layers",
                path=("layer", "return_state"),
                help="remove return_state or stateful",
            )

    def _traced(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        outputs_of_both: list[Sequence[TensorSpec]] = []
        for path, layer, incoming, *_ in self.sublayers(x, env):
            with PathPrefix(*path):
                y = output_spec(layer, incoming, env)
            outputs_of_both.append(y if isinstance(y, list) else [y])
        dtype, mask = self.compute_dtype(env), self.mask(x, outputs_of_both[0][0])
        joined = [
            TensorSpec(dims, dtype, mask) for dims in self._joined(*(outputs[0].dims for outputs in outputs_of_both))
        ]
        several = [*joined, *(state for outputs in outputs_of_both for state in outputs[1:])]
        return several if len(several) > 1 else joined[0]

    def _joined(self, forward: Shape, backward: Shape) -> list[Shape]:
        if self.merge_mode is None:
            return [forward, backward]
        if self.merge_mode == "concat":
            joined = None if forward[:-1] != backward[:-1] else (*forward[:-1], forward[-1] + backward[-1])
        else:
            joined = broadcast(forward, backward)
        if joined is not None:
            return [joined]
        raise Violation(
            "shape-mismatch",
            fmt('merge_mode = "{}" cannot combine {} and {}', self.merge_mode, show(forward[1:]), show(backward[1:])),
            path=("backward_layer",),
            anchor="layer",
            help="use the same number of units in both layers",
        )

    @property
    def return_state(self) -> bool:
        """Whether the states of both layers are returned too."""
        return isinstance(self.layer, Recurrent) and self.layer.return_state

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        forward, backward = self._both_layers()
        return [*own_weights_with_trainable(forward, x, env), *own_weights_with_trainable(backward, x, env)]

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        forward, backward = self._both_layers()
        return forward.macs(x, y, env) + backward.macs(x, y, env)

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return self.layer.mask(x, y)

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        forward, backward = self._both_layers()
        return [
            Sublayer(("layer",), forward, x, "forward_layer"),
            Sublayer((self._backward_key,), backward, x, "backward_layer"),
        ]

    @property
    def passes_sublayer_values(self) -> bool:
        return self.merge_mode in ("concat", "ave")

    def explain(self, violation: Violation, name: str) -> Violation:
        if not isinstance(self.layer, Recurrent) or self.layer.return_sequences:
            return violation
        help = fmt(
            'set {} inside the previous layer, "{}": it returns only the last time step',
            Setting("return_sequences", True),
            name,
        )
        return violation.replace(help=help)


def _recurrent(layer: Layer, where: str) -> Recurrent:
    if isinstance(layer, Recurrent):
        return layer
    name = type(layer).__name__
    if name.endswith("Cell") or name == "StackedRNNCells":
        help: str = fmt("wrap the cell: {}", Value({"type": "RNN", "cell": {"type": name, ...: ...}}))
    elif isinstance(layer, Wrapper):
        help = f"wrap the Bidirectional in {name}, not the other way round"
    else:
        help = "it accepts LSTM, GRU, SimpleRNN, RNN and ConvLSTM; TimeDistributed applies any layer to every time step"
    raise Violation(
        "bad-value",
        f"expects a recurrent layer, got {name}",
        path=(where,),
        label="not a recurrent layer",
        help=help,
        anchor="layer",
    )


def _copy(layer: Recurrent, **changes: object) -> Recurrent:
    given = given_arguments(layer) | changes
    return type(layer).model_construct(**given)


class TimeDistributed(Wrapper):
    """Applies one layer to every step of a sequence, such as the frames of a video."""

    traits = frozenset({"inner_call_only"})
    composition = Composition.APPLIED
    supports_masking = True

    layer: AnyLayer = Field(description="The layer applied to every time step.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if len(x.dims) < 3:
            help = "without a time axis, use the wrapped layer directly"
            raise wrong_rank(x, "expected input of shape (time, ...)", 3, help)
        return self._traced(x, env) if env.phase is Phase.TRACE else self._inferred(x, env)

    def _inferred(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        step = self._step(x)
        try:
            y = self.inner(step, env)
        except Violation as violation:
            steps = f"the {x.dims[1]} steps" if isinstance(x.dims[1], int) else "the steps"
            note = fmt("each of {} is {}", steps, show(step.sample))
            raise violation.replace(notes=(note, *violation.notes)) from None
        if isinstance(y, list):
            raise Violation(
                "several-outputs",
                fmt("requires a layer with one output, but this layer returns {}", len(y)),
                path=("layer",),
                anchor="layer",
                help="remove return_state from the wrapped layer",
            )
        return TensorSpec((y.dims[0], x.dims[1], *y.dims[1:]), self.compute_dtype(env))

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.TRACE:
            if x.dims[1] == 0:
                raise empty_axis("time step", x)
        elif x.rank > 2:
            with PathPrefix("layer"):
                if self.layer.casting.others:
                    require_numbers(x)
                self.layer.check_call(self._step(x), env)

    def _traced(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: the inner layer receives each step without the usual cast to its dtype.
        with PathPrefix("layer"):
            y = output_of_call(self.layer, self._step(x), self._inner_context(env))
        if (y[0] if isinstance(y, list) else y).sparse:
            raise Violation("conflicting-arguments", "cannot stack sparse tensors", path=("layer",), anchor="layer")
        if isinstance(y, list):
            # Keras surprise: several outputs of the same shape are treated as one tensor.
            if not isinstance(x.dims[1], int) or any(output.shape != y[0].shape for output in y):
                return self._inferred(x, env)
            return TensorSpec((len(y), x.dims[1], *y[0].dims), y[0].dtype)
        # Keras surprise: since 3.14, the batch size is used as the number of steps if that is unknown.
        counted = env.keras < (3, 14) or isinstance(x.dims[1], int) or not isinstance(x.dims[0], int)
        steps = x.dims[1] if counted else x.dims[0]
        return TensorSpec((y.dims[0], steps, *y.dims[1:]), y.dtype)

    def _inner_context(self, env: InferenceContext) -> InferenceContext:
        """The inference context of the inner layer when it is called for one step."""
        if env.cast is not None:
            return env
        compute, around = self.compute_dtype(env), env.policy
        mixed = compute != self.variable_dtype(env) or around.compute != around.variable
        return env._replace(cast=compute if mixed and compute in FLOATING else "")

    def _step(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec((x.dims[0], *x.dims[2:]), x.dtype)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return own_weights_with_trainable(self.layer, self._step(x), env)

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        out = TensorSpec((y.dims[0], *y.dims[2:]), y.dtype)
        return self.layer.macs(self._step(x), out, env) * x.dims[1]

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        return [Sublayer(("layer",), self.layer, self._step(x))]


class SpectralNormalization(Wrapper):
    """Normalizes the kernel of a layer to a spectral norm of 1, which stabilizes GANs."""

    composition = Composition.APPLIED
    # The output is cast back to the dtype of the input.
    traits = frozenset({"integer_arithmetic"})

    layer: Annotated[Layer, LayerType("a layer with a kernel")] = Field(
        description="The layer whose kernel is normalized."
    )
    power_iterations: PositiveInt = Field(
        default=1, description="Number of power iterations to estimate the largest singular value."
    )

    def takes_sparse(self, x: TensorSpec) -> bool:
        return self.layer.takes_sparse(x)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = self.inner(x, env)
        kernel = self.kernel(x, env)
        if kernel is None:
            raise Violation(
                "bad-value",
                f"requires a layer with a kernel; {type(self.layer).__name__} has none",
                path=("layer",),
                label="has no kernel",
                help="it accepts Dense, EinsumDense, Embedding and convolutions",
                anchor="layer",
            )
        if self._adapted() is None and kernel.dtype not in FLOATS:
            raise Violation(
                "wrong-dtype",
                f"requires a floating-point kernel, got dtype {kernel.dtype}",
                path=("layer",),
                anchor="layer",
            )
        dtype = self.compute_dtype(env)
        if env.phase is Phase.TRACE:
            with PathPrefix("layer"):
                y = output_spec(self.layer, x, env)
            # Keras surprise: the output has the dtype of the input, even if that is an integer dtype.
            dtype = x.dtype
        assert isinstance(y, TensorSpec)
        return TensorSpec(y.dims, dtype)

    def stored_weights(self, weights: Sequence[WeightSpec]) -> Sequence[int]:
        indices = [index for index, weight in enumerate(weights) if weight.name == "vector_u"][:1]
        kernels = [index for index, weight in enumerate(weights) if weight.name in ("kernel", "embeddings")][:1]
        # Keras stores the kernel in both the wrapper and the inner layer.
        return indices if any(weight.name.startswith("lora_") for weight in weights) else [*kernels, *indices]

    def kernel(self, x: TensorSpec, env: InferenceContext) -> WeightSpec | None:
        """The normalized weight; None if the inner layer has none."""
        if isinstance(self.layer, SpectralNormalization):
            return self.layer.kernel(x, env)
        if isinstance(self.layer, (Recurrent, Wrapper)) or self.layer.variables.hidden or self.layer.sublayers(x, env):
            return None
        kernel = (
            weight
            for weight in own_weights_with_trainable(self.layer, x, env)
            if weight.name in ("kernel", "embeddings")
        )
        return next(kernel, None)

    def _adapted(self) -> Layer | None:
        # With LoRA the kernel is a sum computed at each use, not a variable that the wrapper could track.
        inner = self.layer
        while isinstance(inner, SpectralNormalization):
            inner = inner.layer
        return inner if getattr(inner, "lora_rank", None) else None

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.TRACE and self._adapted() is not None:
            raise Violation(
                "conflicting-arguments",
                "cannot normalize a kernel with LoRA when called in training mode",
                path=("layer", "lora_rank"),
                help="remove lora_rank",
            )

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        kernel = self.kernel(x, env)
        assert kernel is not None
        inner = list(own_weights_with_trainable(self.layer, x, env))
        adapted = self._adapted()
        if adapted is not None:
            # Since 3.15 the sum is cast to the compute dtype.
            dtype = adapted.compute_dtype(env) if env.keras >= (3, 15) else kernel.dtype
            return [WeightSpec("vector_u", (1, kernel.shape[-1]), dtype, False), *inner]
        vector = WeightSpec("vector_u", (1, kernel.shape[-1]), kernel.dtype, False)
        return [kernel, vector, *(weight for weight in inner if weight is not kernel and weight != kernel)]

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return self.layer.macs(x, y, env)
