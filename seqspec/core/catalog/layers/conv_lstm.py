"""ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: LSTMs over sequences of feature maps, with convolutions."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seqspec.core.catalog.dtypes import OWN_FLOATS, cannot_compute
from seqspec.core.catalog.export_formats import Exports, Limit
from seqspec.core.catalog.keras_object import bad_argument, conflict
from seqspec.core.catalog.layer import InferenceContext, Phase, empty_axis
from seqspec.core.catalog.layer_inference import weight_dtype
from seqspec.core.catalog.layers.base_spatial import by_axis
from seqspec.core.catalog.layers.rnn import Recurrent
from seqspec.core.catalog.layers.rnn_cells import RecurrentArguments, StepState, require_bias_initializer
from seqspec.core.catalog.objects import Activation
from seqspec.core.catalog.traits import Variables
from seqspec.core.catalog.types import ANY_CASE, Maybe, NeutralBool, NonNegativeInt, PerAxisInt
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import arranged, channels, effective_window_size, per_axis, spatial, window_output
from seqspec.core.shapes.tensor import Shape, Size, TensorSpec, WeightSpec, product, show

Sizes = int | Sequence[int]


class ConvLSTM(RecurrentArguments, Recurrent):
    """The base class of convolutional LSTMs; `rank` is the number of spatial axes of one step."""

    traits = frozenset({"ignores_rate_one", "mask_user", "no_integers"})
    can_be_cell = False
    variables = Variables("cell", freeze=False)
    frames: ClassVar[str] = ""

    trailing = (
        "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "activation",
        "recurrent_activation", "use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer",
        "unit_forget_bias", "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "kernel_constraint",
        "recurrent_constraint", "bias_constraint", "dropout", "recurrent_dropout", "seed", *Recurrent.trailing,
    )  # fmt: skip

    filters: NonNegativeInt = Field(description="Number of filters, that is, output channels.")
    kernel_size: PerAxisInt = Field(description="Size of the kernel.")
    strides: PerAxisInt = Field(default=1, description="Strides of the kernel.")
    padding: Annotated[Literal["valid", "same"], ANY_CASE] = Field(default="valid", description='"valid" or "same".')
    data_format: Maybe[Annotated[Literal["channels_last", "channels_first"], ANY_CASE]] = Field(
        default=None, description="Position of the channels axis; channels_last by default."
    )
    dilation_rate: PerAxisInt = Field(default=1, description="Dilation rate of the input kernel.")
    recurrent_activation: Maybe[Activation] = Field(default="sigmoid", description="Activation function of the gates.")
    unit_forget_bias: NeutralBool = Field(
        default=True, description="Whether the forget gate's bias is initialized to 1."
    )

    def check_versions(self, env: InferenceContext) -> None:
        if env.keras < (3, 14) or max(self._each(self.strides)) == 1 or max(self._each(self.dilation_rate)) == 1:
            return
        raise conflict(
            "dilation_rate",
            f"cannot combine strides > 1 ({_listed(self.strides)}) with dilation_rate > 1 "
            f"({_listed(self.dilation_rate)})",
            label=fmt("needs {}", Setting("strides", 1)),
            help="remove strides or dilation_rate",
        )

    @property
    def _first(self) -> bool:
        return self.data_format == "channels_first"

    def _each(self, value: Sizes) -> tuple[int, ...]:
        return per_axis(value, self.rank)

    def _sizes(self, step: Shape) -> list[Size]:
        return [
            window_output(size, kernel, stride, self.padding, dilation)
            for size, kernel, stride, dilation in zip(
                spatial(step, self._first),
                self._each(self.kernel_size),
                self._each(self.strides),
                self._each(self.dilation_rate),
            )
        ]

    def check_step(self, step: Shape, env: InferenceContext) -> None:
        if len(step) < 2 and (self._first or not isinstance(step[0], int)):
            raise self.wrong_axes(TensorSpec(step))
        sizes = spatial(step, self._first)
        depth = channels(step, self._first)
        for size in (*sizes, depth):
            if not isinstance(size, int):
                noun = "number of channels" if size is depth else "size of a time step"
                statement = fmt(
                    "needs time steps of known shape, but the {} is unknown ({}) in {}", noun, size, show(step[1:])
                )
                raise Violation(
                    "unknown-size",
                    statement,
                    label=fmt("{} is unknown", size),
                    help="only the number of time steps may be unknown; TimeDistributed(Resizing) resizes images",
                    anchor="layer",
                )

    def check_shape(self, step: Shape, env: InferenceContext) -> None:
        if len(step) != self.rank + 2:
            raise self.wrong_axes(TensorSpec((step[0], 0, *step[1:])))
        least = 1 if env.keras >= (3, 14) else 0
        if self.padding != "valid" or all(size >= least for size in self._sizes(step) if isinstance(size, int)):
            return
        effective = [
            effective_window_size(k, d) for k, d in zip(self._each(self.kernel_size), self._each(self.dilation_rate))
        ]
        window = self._each(self.kernel_size)
        spans = (
            "is"
            if tuple(effective) == tuple(window)
            else f"with this dilation_rate spans {by_axis(effective)}, which is"
        )
        raise Violation(
            "window-too-large",
            fmt("kernel_size {} {} larger than a time step, of shape {}", by_axis(window), spans, show(step[1:])),
            path=("kernel_size",),
            label=fmt("needs at least {}", by_axis(effective)),
            help=fmt("use a smaller kernel_size or {}", Setting("padding", "same")),
        )

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if env.phase is not Phase.TRACE:
            return
        if self.filters == 0:
            raise bad_argument("filters", "must be positive where Keras runs the layer")
        if channels((x.dims[0], *x.dims[2:]), self._first) == 0:
            raise empty_axis("channel", x)
        dtype = weight_dtype(self, env)
        if OWN_FLOATS.refuses(x.dtype, dtype):
            raise cannot_compute(x.dtype, dtype, OWN_FLOATS)

    def step_weights(self, step: Shape, env: InferenceContext) -> Sequence[WeightSpec]:
        dtype = self.variable_dtype(env)
        kernel = self._each(self.kernel_size)
        depth = channels(step, self._first)
        assert isinstance(depth, int)
        weights = [
            WeightSpec("kernel", (*kernel, depth, self.filters * 4), dtype),
            WeightSpec("recurrent_kernel", (*kernel, self.filters, self.filters * 4), dtype),
        ]
        if self.use_bias:
            weights.append(WeightSpec("bias", (self.filters * 4,), dtype))
        return weights

    def initialized_variables(self, x: TensorSpec, env: InferenceContext) -> Iterator[tuple[str, tuple[int, ...], str]]:
        for argument, shape, dtype in super().initialized_variables(x, env):
            if argument == "bias_initializer" and self.unit_forget_bias:
                require_bias_initializer(self.bias_initializer)
                yield argument, (self.filters,), dtype
                yield argument, (self.filters * 2,), dtype
            else:
                yield argument, shape, dtype

    def step_output(self, step: Shape) -> Shape:
        return arranged(step[0], self._sizes(step), self.filters, self._first)[1:]

    def activated_shape(self, step: Shape) -> Shape:
        return self.step_output(step)

    def step_states(self, step: Shape) -> list[StepState]:
        return [self.step_output(step)] * 2

    def step_macs(self, step: Shape) -> Size:
        places = product(self._sizes(step))
        window = product(self._each(self.kernel_size))
        return places * window * (channels(step, self._first) + self.filters) * (4 * self.filters)

    def _rank_help(self, x: TensorSpec) -> str:
        have = len(x.sample)
        if have == self.rank + 1:
            image = fmt("Conv{}D accepts {}", self.rank, show(x.sample))
            return f"this is a single {self.frames}: {image}; a sequence has a leading time axis"
        other = have - 2
        if 1 <= other <= 3:
            return f"ConvLSTM{other}D accepts such a tensor"
        return "LSTM expects (time, features)" if have == 2 else f"each time step must be a {self.frames}"


def _listed(value: Sizes) -> str:
    return " × ".join(map(str, value)) if isinstance(value, tuple) else str(value)


class ConvLSTM1D(ConvLSTM):
    """An LSTM over a sequence of rows: (time, size, channels)."""

    rank = 1
    axes = 4
    needs = "(time, size, channels)"
    frames = "row"


class ConvLSTM2D(ConvLSTM):
    """An LSTM over a sequence of images: (time, height, width, channels)."""

    rank = 2
    axes = 5
    needs = "(time, height, width, channels)"
    frames = "image"


class ConvLSTM3D(ConvLSTM):
    """An LSTM over a sequence of volumes: (time, depth, height, width, channels)."""

    exports = Exports(
        Limit(("onnx", "tfjs"), "PartitionedCall", when=lambda layer: layer.data_format == "channels_first"),
        Limit(("litert",), "Conv3D", when=lambda layer: layer.data_format == "channels_first"),
        *ConvLSTM.exports.limits,
    )
    rank = 3
    axes = 6
    needs = "(time, depth, height, width, channels)"
    frames = "volume"
