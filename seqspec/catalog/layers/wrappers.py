"""The layers that hold one other layer: Bidirectional, TimeDistributed and SpectralNormalization."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from seqspec.catalog.dtype_rule import FLOATING
from seqspec.catalog.dtypes import FLOATS
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.layer import Layer, Outputs, wrong_rank
from seqspec.catalog.layers.rnn import Recurrent
from seqspec.catalog.reading import AnyLayer, LayerType
from seqspec.catalog.traits import Composition, Sublayer
from seqspec.catalog.types import Maybe, PositiveInt
from seqspec.diagnostics.message import Message
from seqspec.diagnostics.snippet import Help, Setting, Value
from seqspec.diagnostics.violation import Violation
from seqspec.language.names import snake_case
from seqspec.shapes.arrays import broadcast
from seqspec.shapes.dims import Shape, Size, show
from seqspec.shapes.interval import Interval
from seqspec.shapes.tensor import TensorSpec, WeightSpec


class Wrapper(Layer):
    """A layer that wraps another layer.

    To infer shapes, Keras calls `build` and `compute_output_shape` of the inner layer, not `call`.
    """

    layer: AnyLayer = Field(description="The wrapped layer.")

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | Help | None:
        if key in ("units", "filters", "kernel_size"):
            return Help("wrap a layer: ", Setting("layer", {"type": "Dense" if key == "units" else "Conv2D", key: ...}))
        return super().unknown_argument_help(key)

    def check_in(self, env: InferenceContext) -> None:
        check_inside(self.layer, env, "layer")

    def own_weights_as_flagged(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return self.own_weights(x, env)

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        return [Sublayer(("layer",), self.layer, x)]

    def output_range(self, x: Interval | None) -> Interval | None:
        return self.layer.output_range(x) if self.composition is Composition.APPLIED else None

    def inner(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """What the layer inside makes of `x`."""
        return ask(self.layer, x, env, "layer")


def check_inside(layer: Layer, env: InferenceContext, *path: str | int) -> None:
    """`check_in` of a layer that is at `path` within another."""
    try:
        layer.check_in(env)
    except Violation as violation:
        raise violation.prefixed(*path)


def ask(layer: Layer, x: TensorSpec, env: InferenceContext, *path: str | int) -> Outputs:
    """What a layer that is at `path` within another makes of `x`."""
    try:
        return layer.compute_output_shape(x, env)
    except Violation as violation:
        raise violation.prefixed(*path)


class Bidirectional(Wrapper):
    """Reads a sequence forwards with one recurrent layer and backwards with another, and joins the two outputs."""

    role = "recurrent"
    traits = frozenset({"mask_user"})
    composition = Composition.JOINED
    supports_masking = True

    layer: Annotated[Layer, LayerType("a recurrent layer")] = Field(description="The forward recurrent layer.")
    merge_mode: Maybe[Literal["concat", "sum", "mul", "ave"]] = Field(
        default="concat", description='How the two outputs are combined; "none" returns both.'
    )
    backward_layer: Maybe[Annotated[Layer, LayerType("a recurrent layer with go_backwards = true")]] = Field(
        default=None,
        description="The backward layer; by default a copy of `layer` with go_backwards reversed.",
    )

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | Help | None:
        if key in ("units", "activation", "return_sequences", "filters"):
            return Help("wrap a layer: ", Setting("layer", {"type": "LSTM", key: ...}))
        return "a spec contains no weights; load them into the built model" if key == "weights" else None

    def check_arguments(self) -> None:
        forward = _recurrent(self.layer, "layer")
        if self.backward_layer is None:
            if forward.go_backwards:
                raise Violation(
                    "conflicting-arguments",
                    "requires a forward layer, but this layer has go_backwards = true",
                    path=("layer", "go_backwards"),
                    help="remove go_backwards: the backward copy is created automatically",
                )
            return
        backward = _recurrent(self.backward_layer, "backward_layer")
        if forward.go_backwards == backward.go_backwards:
            direction = "true" if forward.go_backwards else "false"
            own = "go_backwards" in given_arguments(backward)
            raise Violation(
                "conflicting-arguments",
                f"requires one forward and one backward layer, but go_backwards is {direction} in both",
                path=("backward_layer", "go_backwards") if own else ("backward_layer",),
                help=Help("set ", Setting("go_backwards", True), " in backward_layer only"),
            )
        for name in ("stateful", "return_sequences", "return_state"):
            one, other = getattr(forward, name), getattr(backward, name)
            if one != other:
                raise Violation(
                    "conflicting-arguments",
                    f"requires the same {name} in both layers, but it is {str(one).lower()} in layer and "
                    f"{str(other).lower()} in backward_layer",
                    path=("backward_layer", name) if name in given_arguments(backward) else ("backward_layer",),
                    related=[(("layer", name), f"{name} here")] if name in given_arguments(forward) else (),
                    help=Help("write ", Setting(name, one), " in backward_layer too"),
                )

    def check_in(self, env: InferenceContext) -> None:
        check_inside(self.layer, env, "layer")
        if self.backward_layer is not None:
            check_inside(self.backward_layer, env, "backward_layer")

    def _two(self) -> tuple[Recurrent, Recurrent]:
        """The two layers as Keras makes them: named copies that go opposite ways."""
        assert isinstance(self.layer, Recurrent)
        name = self.layer.name or snake_case(type(self.layer).__name__)
        forward = _copy(self.layer, name=f"forward_{name.removeprefix('forward_')}")
        if self.backward_layer is None:
            backward = _copy(self.layer, name=f"backward_{name.removeprefix('backward_')}", go_backwards=True)
            return forward, backward
        assert isinstance(self.backward_layer, Recurrent)
        return forward, self.backward_layer

    @property
    def _back(self) -> str:
        return "layer" if self.backward_layer is None else "backward_layer"

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        forward, _ = self._two()
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
        return self.compute_output_shape(x, env)

    def compute_output_shape(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        forward, backward = self._two()
        found = ask(forward, x, env, "layer")
        if self.backward_layer is not None:
            # Keras surprise: the backward layer is only built, so one with another output passes here, and the first
            # call fails unless the two outputs can be joined.
            try:
                backward.check_build(x, env)
                backward.check_initializers(x, env)
            except Violation as violation:
                raise violation.prefixed("backward_layer")
        y, states = (found[0], found[1:]) if isinstance(found, list) else (found, [])
        # Keras surprise: "concat" doubles the last axis, which with channels_first is not an axis of channels.
        last = y.dims[-1] * 2 if self.merge_mode == "concat" else y.dims[-1]
        y = TensorSpec((*y.dims[:-1], last), self.compute_dtype(env))
        states = [state._replace(dtype=y.dtype) for state in states]
        given_ = [y] if self.merge_mode else [y, y]
        several = [*given_, *states, *states]
        return several if len(several) > 1 else y

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        made: list[Sequence[TensorSpec]] = []
        for path, layer, arriving, _ in self.sublayers(x, env):
            try:
                y = layer.run(arriving, env)
            except Violation as violation:
                raise violation.prefixed(*path)
            made.append(y if isinstance(y, list) else [y])
        dtype, mask = self.compute_dtype(env), self.mask(x, made[0][0])
        joined = [TensorSpec(dims, dtype, mask) for dims in self._joined(*(outputs[0].dims for outputs in made))]
        several = [*joined, *(state for outputs in made for state in outputs[1:])]
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
            Message(
                'merge_mode = "', self.merge_mode, '" cannot combine ', show(forward[1:]), " and ", show(backward[1:])
            ),
            path=("backward_layer",),
            anchor="layer",
            help="use the same number of units in both layers",
        )

    @property
    def return_state(self) -> bool:
        """Whether the states of both layers are given too."""
        return isinstance(self.layer, Recurrent) and self.layer.return_state

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        forward, backward = self._two()
        return [*forward.own_weights_as_flagged(x, env), *backward.own_weights_as_flagged(x, env)]

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        forward, backward = self._two()
        return forward.macs(x, y, env) + backward.macs(x, y, env)

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return self.layer.mask(x, y)

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        forward, backward = self._two()
        return [
            Sublayer(("layer",), forward, x, "forward_layer"),
            Sublayer((self._back,), backward, x, "backward_layer"),
        ]

    @property
    def passes_sublayer_values(self) -> bool:
        return self.merge_mode in ("concat", "ave")

    def explain(self, violation: Violation, name: str) -> Violation:
        if not isinstance(self.layer, Recurrent) or self.layer.return_sequences:
            return violation
        help = Help(
            "set ",
            Setting("return_sequences", True),
            f' inside the previous layer, "{name}": it returns only the last time step',
        )
        return violation.replace(help=help)


def _recurrent(layer: Layer, where: str) -> Recurrent:
    if isinstance(layer, Recurrent):
        return layer
    name = type(layer).__name__
    if name.endswith("Cell") or name == "StackedRNNCells":
        help: str | Help = Help("wrap the cell: ", Value({"type": "RNN", "cell": {"type": name, ...: ...}}))
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
    """Applies one layer to every step of a sequence, or to every image of a film."""

    composition = Composition.APPLIED
    supports_masking = True

    layer: AnyLayer = Field(description="The layer applied to every time step.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        return self.compute_output_shape(x, env)

    def compute_output_shape(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        if len(x.dims) < 3:
            help = "without a time axis, use the wrapped layer directly"
            raise wrong_rank(x, "expected input of shape (time, ...)", 3, help)
        step = self._step(x)
        try:
            y = self.inner(step, env)
        except Violation as violation:
            steps = f"the {x.dims[1]} steps" if isinstance(x.dims[1], int) else "the steps"
            note = Message("each of ", steps, " is ", show(step.sample))
            raise violation.replace(notes=(note, *violation.notes)) from None
        if isinstance(y, list):
            raise Violation(
                "several-outputs",
                Message("requires a layer with one output, but this layer returns ", len(y)),
                path=("layer",),
                anchor="layer",
                help="remove return_state from the wrapped layer",
            )
        return TensorSpec((y.dims[0], x.dims[1], *y.dims[1:]), self.compute_dtype(env))

    def check_data(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_data(x, env)
        if x.rank > 2:
            try:
                self.layer.check_data(self._step(x), env)
            except Violation as violation:
                raise violation.prefixed("layer") from None

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if x.dims[1] == 0:
            raise Violation(
                "shape-mismatch", Message("expected at least one time step, got ", show(x.sample)), anchor="layer"
            )

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        if len(x.dims) < 3:
            return self.compute_output_shape(x, env)
        # Keras surprise: the layer inside gets each step as it is, without the cast that a call begins with.
        try:
            y = self.layer.called(self._step(x), self._around(env))
        except Violation as violation:
            raise violation.prefixed("layer")
        if (y[0] if isinstance(y, list) else y).sparse:
            raise Violation("conflicting-arguments", "cannot stack sparse tensors", path=("layer",), anchor="layer")
        if isinstance(y, list):
            # Keras surprise: several outputs of one shape are taken for one tensor.
            if not isinstance(x.dims[1], int) or any(one.shape != y[0].shape for one in y):
                return self.compute_output_shape(x, env)
            return TensorSpec((len(y), x.dims[1], *y[0].dims), y[0].dtype)
        # Keras surprise: since 3.14, where the number of steps is not known, it takes the batch size for it.
        counted = env.keras < (3, 14) or isinstance(x.dims[1], int) or not isinstance(x.dims[0], int)
        steps = x.dims[1] if counted else x.dims[0]
        return TensorSpec((y.dims[0], steps, *y.dims[1:]), y.dtype, self.mask(x, y))

    def _around(self, env: InferenceContext) -> InferenceContext:
        """The surroundings of the layer inside while it is called for one step."""
        if env.cast is not None:
            return env
        compute, around = self.compute_dtype(env), env.policy
        mixed = compute != self.variable_dtype(env) or around.compute != around.variable
        return env._replace(cast=compute if mixed and compute in FLOATING else "")

    def _step(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec((x.dims[0], *x.dims[2:]), x.dtype)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return self.layer.own_weights_as_flagged(self._step(x), env)

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        out = TensorSpec((y.dims[0], *y.dims[2:]), y.dtype)
        return self.layer.macs(self._step(x), out, env) * x.dims[1]

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        return [Sublayer(("layer",), self.layer, self._step(x))]


class SpectralNormalization(Wrapper):
    """Keeps the largest singular value of a layer's kernel at 1, as GANs need it."""

    composition = Composition.APPLIED

    layer: Annotated[Layer, LayerType("a layer with a kernel")] = Field(
        description="The layer whose kernel is normalized."
    )
    power_iterations: PositiveInt = Field(
        default=1, description="Number of power iterations to estimate the largest singular value."
    )

    def takes_sparse(self, x: TensorSpec) -> bool:
        return self.layer.takes_sparse(x)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        return self.compute_output_shape(x, env)

    def compute_output_shape(self, x: TensorSpec, env: InferenceContext) -> Outputs:
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
        assert isinstance(y, TensorSpec)
        return TensorSpec(y.dims, self.compute_dtype(env))

    def stored_weights(self, weights: Sequence[WeightSpec]) -> Sequence[int]:
        own = [index for index, weight in enumerate(weights) if weight.name == "vector_u"]
        kernels = [index for index, weight in enumerate(weights) if weight.name in ("kernel", "embeddings")][:1]
        # Keras stores the kernel here and in the layer inside.
        return own if any(weight.name.startswith("lora_") for weight in weights) else [*kernels, *own]

    def kernel(self, x: TensorSpec, env: InferenceContext) -> WeightSpec | None:
        """The weight that is normalised."""
        if isinstance(self.layer, SpectralNormalization):
            return self.layer.kernel(x, env)
        if isinstance(self.layer, (Recurrent, Wrapper)) or self.layer.composite or self.layer.sublayers(x, env):
            return None
        found = (
            weight for weight in self.layer.own_weights_as_flagged(x, env) if weight.name in ("kernel", "embeddings")
        )
        return next(found, None)

    def _adapted(self) -> Layer | None:
        # With LoRA the kernel is a sum made again at each use, no variable that the wrapper could hold itself.
        inner = self.layer
        while isinstance(inner, SpectralNormalization):
            inner = inner.layer
        return inner if getattr(inner, "lora_rank", None) else None

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if self._adapted() is not None:
            raise Violation(
                "conflicting-arguments",
                "cannot normalize a kernel with LoRA when called in training mode",
                path=("layer", "lora_rank"),
                help="remove lora_rank",
            )

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        self.compute_output_shape(x, env)
        try:
            y = self.layer.run(x, env)
        except Violation as violation:
            raise violation.prefixed("layer")
        assert isinstance(y, TensorSpec)
        # Keras surprise: the output gets the dtype of the input, integers too.
        return TensorSpec(y.dims, x.dtype)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        kernel = self.kernel(x, env)
        assert kernel is not None
        inner = list(self.layer.own_weights_as_flagged(x, env))
        adapted = self._adapted()
        if adapted is not None:
            # From 3.15 on the sum is cast to the dtype of computation.
            dtype = adapted.compute_dtype(env) if env.keras >= (3, 15) else kernel.dtype
            return [WeightSpec("vector_u", (1, kernel.shape[-1]), dtype, False), *inner]
        vector = WeightSpec("vector_u", (1, kernel.shape[-1]), kernel.dtype, False)
        return [kernel, vector, *(weight for weight in inner if weight is not kernel and weight != kernel)]

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return self.layer.macs(x, y, env)
