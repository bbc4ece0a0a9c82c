"""Conv1D, Conv2D, Conv3D, and the base class of all convolutions."""

from collections.abc import Sequence
from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seqspec.core.catalog.dtypes import OWN_FLOATS
from seqspec.core.catalog.export_formats import Exports, Limit
from seqspec.core.catalog.keras_object import conflict
from seqspec.core.catalog.layer import InferenceContext, Phase, empty_axis, require_known
from seqspec.core.catalog.layers.base_spatial import SpatialLayer
from seqspec.core.catalog.layers.kernel import KernelArguments, LoraArguments
from seqspec.core.catalog.objects import Activation
from seqspec.core.catalog.types import ANY_CASE, Maybe, Padding, PerAxisInt, PositiveInt
from seqspec.core.diagnostics.message import Setting, Verbatim, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import arranged, effective_window_size, window_output
from seqspec.core.shapes.tensor import Dim, Shape, Size, TensorSpec, WeightSpec, all_known, product, show


class Convolution(SpatialLayer):
    """A layer that slides a kernel over the spatial axes.

    Keras does not trace the computation when it builds the layer, so integers, booleans and strings are accepted, and
    the inferred output has the compute dtype. Keras surprise: such a model is built, but fails on data.
    """

    role = "weights"
    dtype_rule = OWN_FLOATS
    same_in_all_phases = True
    sums_channels: ClassVar[bool] = True
    """Whether every output value is a sum over channels."""

    kernel_size: PerAxisInt = Field(
        description="Size of the kernel: one integer for all spatial axes, or one per axis."
    )
    strides: PerAxisInt = Field(default=1, description="Strides of the kernel.")
    padding: Padding = Field(
        default="valid", description='"valid" (no padding) or "same" (keeps the size if strides = 1).'
    )
    dilation_rate: PerAxisInt = Field(default=1, description="Dilation rate of the kernel.")
    activation: Maybe[Activation] = Field(default=None, description="Activation function of the output.")
    use_bias: bool = Field(default=True, description="Whether to add a bias.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = self.convolution_output(x, env)
        if env.phase is not Phase.TRACE:
            return y
        if self.sums_channels and self.channels(x) == 0:
            raise empty_axis("channel", x)
        if not self.loses_static_sizes(x):
            return y
        sizes = [size if isinstance(size, Dim) else Dim() for size in self.spatial(y)]
        return y._replace(dims=arranged(y.dims[0], sizes, self.channels(y), self.channels_first))

    def convolution_output(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        """The output that Keras infers; raises a `Violation` if it rejects the input."""
        raise NotImplementedError

    def loses_static_sizes(self, x: TensorSpec) -> bool:
        """Whether TensorFlow cannot infer the spatial sizes of the output."""
        # Keras surprise: with dilation, a single unknown size makes all of them unknown.
        return max(self.each(self.dilation_rate)) > 1 and not all_known(self.spatial(x))

    def spatial_output_sizes(self, x: TensorSpec, env: InferenceContext) -> Sequence[Size]:
        """The spatial sizes of the output for input `x`; raises a `Violation` if the kernel does not fit."""
        kernel, strides, dilation = self.each(self.kernel_size), self.each(self.strides), self.each(self.dilation_rate)
        padding = self.padding
        sizes = [
            window_output(size, k, stride, padding, d)
            for size, k, stride, d in zip(self.spatial(x), kernel, strides, dilation)
        ]
        if padding == "valid":
            # Keras surprise: before 3.14 an output of size zero is accepted.
            least = 1 if env.keras >= (3, 14) else 0
            effective = [effective_window_size(k, d) for k, d in zip(kernel, dilation)]
            self.require_window_fits(x, sizes, effective, least)
        return sizes

    def require_channels(self, x: TensorSpec) -> int:
        """The number of input channels, which determines the weights; raises a `Violation` if it is unknown."""
        channels = self.channels(x)
        if isinstance(channels, int):
            return channels
        try:
            return require_known(channels, "channels")
        except Violation as violation:
            help = f"replace {channels} in the input with the number of channels, such as 3 for RGB"
            raise violation.replace(help=help) from None

    def with_bias(self, kernels: list[WeightSpec], size: int, env: InferenceContext) -> list[WeightSpec]:
        """The kernels, followed by a bias of this size if the layer has one."""
        return [*kernels, WeightSpec("bias", (size,), self.variable_dtype(env))] if self.use_bias else kernels

    def refuse_strides_with_dilation(self) -> None:
        """Raises a `Violation` if strides and dilation_rate are both above 1."""
        dilation = max(self.each(self.dilation_rate))
        if dilation > 1 and (strides := max(self.each(self.strides))) > 1:
            raise conflict(
                "dilation_rate",
                fmt(
                    "dilation_rate > 1 requires {}, got dilation_rate {} with strides {}",
                    Setting("strides", 1),
                    dilation,
                    strides,
                ),
                label=fmt("strides is {}", strides),
                help="remove strides or dilation_rate",
            )


GROUPED = Limit(("onnx", "tfjs"), "StatefulPartitionedCall", when=lambda layer: layer.groups > 1)


class _Conv(LoraArguments, KernelArguments, Convolution):
    traits = frozenset({"convolution", "no_integers"})
    batches_more_axes_in_keras_2 = True
    exports = Exports(GROUPED)
    leading: ClassVar[tuple[str, ...]] = (
        "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", "activation",
        "use_bias",
    )  # fmt: skip

    filters: PositiveInt = Field(description="Number of filters, that is, output channels.")
    groups: PositiveInt = Field(default=1, description="Number of groups into which the channels are split.")

    def check_arguments(self) -> None:
        if self.filters % self.groups:
            near = max(self.filters - self.filters % self.groups, self.groups)
            raise conflict(
                "filters",
                fmt("filters must be a multiple of groups, got {} filters for {} groups", self.filters, self.groups),
                label=fmt("groups is {}", self.groups),
                help=fmt(
                    "write {}, or {}", Setting("filters", near), Setting("groups", Verbatim(_divisors(self.filters)))
                ),
            )
        self.refuse_strides_with_dilation()
        if self.lora_rank and self.kernel_constraint is not None:
            raise conflict(
                "kernel_constraint", "lora_rank cannot be combined with kernel_constraint", help="remove one of the two"
            )

    def convolution_output(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.require_axes(x)
        channels = self.require_channels(x)
        if channels % self.groups:
            raise Violation(
                "channel-mismatch",
                fmt(
                    "expected input channels divisible by groups ({}), got {} with {}",
                    self.groups,
                    show(x.sample),
                    channels,
                ),
                path=("groups",),
                label=fmt("the input has {} channels", channels),
                help=fmt("write {}", Setting("groups", Verbatim(_divisors(channels, self.filters)))),
            )
        return self.arranged(x, self.spatial_output_sizes(x, env), self.filters, env)

    def kernel_shape(self, x: TensorSpec) -> tuple[int, ...]:
        """The shape of the kernel for an `x` that `compute_output_spec` has accepted."""
        return (*self.each(self.kernel_size), self.require_channels(x) // self.groups, self.filters)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        kernel = self.kernel_shape(x)
        dtype = self.variable_dtype(env)
        weights = self.with_bias([WeightSpec("kernel", kernel, dtype, not self.lora_rank)], self.filters, env)
        return weights + self.adapter_weights("kernel", kernel, dtype, env)

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return product(y.sample) * (prod(self.each(self.kernel_size)) * (self.require_channels(x) // self.groups))


class Conv1D(_Conv):
    """A convolution over the steps of a sequence."""

    rank = 1
    # Unlike in Keras, padding comes last: specs are expanded in this order.
    leading = tuple(name for name in _Conv.leading if name != "padding")
    # Causal padding only applies to a time axis.
    # Accepts one more value than the other ranks.
    padding: Annotated[Literal["valid", "same", "causal"], ANY_CASE] = Field(  # type: ignore[assignment]
        default="valid",
        description='"valid" (no padding), "same" (keeps the size if strides = 1) or "causal" (sees only past steps).',
    )


class Conv2D(_Conv):
    """A convolution over the height and width of images."""

    rank = 2


class Conv3D(_Conv):
    """A convolution over the depth, height and width of volumes."""

    exports = Exports(
        GROUPED,
        Limit(("litert",), "Conv3D", when=lambda layer: layer.groups > 1),
        Limit(("litert",), "SpaceToBatchND", when=lambda layer: max(layer.each(layer.dilation_rate)) > 1),
    )
    rank = 3


def places_times(sizes: Shape, kernel: tuple[int, ...]) -> Size:
    """The multiply-accumulates of a kernel applied at every position."""
    return product(sizes) * prod(kernel)


def _divisors(*numbers: int) -> str:
    """The common divisors of these numbers, as text."""
    smallest = min(number for number in numbers if number)
    divisors = [n for n in range(1, min(smallest, 64) + 1) if not any(number % n for number in numbers)]
    if len(divisors) > 6:
        divisors = [*divisors[:5], divisors[-1]]
    texts = [str(n) for n in divisors]
    return " or ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
