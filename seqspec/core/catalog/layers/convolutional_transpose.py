"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose."""

from collections.abc import Sequence

from pydantic import Field

from seqspec.core.catalog.export_formats import Exports, Limit
from seqspec.core.catalog.keras_object import conflict
from seqspec.core.catalog.layer import InferenceContext, Phase
from seqspec.core.catalog.layers.convolutional import Convolution, places_times
from seqspec.core.catalog.layers.kernel import KernelArguments
from seqspec.core.catalog.types import Maybe, Padding, PerAxisInt, PerAxisNonNegativeInt, PositiveInt
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import transposed_output
from seqspec.core.shapes.tensor import Size, TensorSpec, WeightSpec, show

DILATED = Limit(("litert", "tfjs"), "Conv2DBackpropInput", when=lambda layer: max(layer.each(layer.dilation_rate)) > 1)


class _ConvTranspose(KernelArguments, Convolution):
    exports = Exports(DILATED)
    traits = frozenset({"no_integers", "transposed_convolution"})
    sums_channels = False
    leading = (
        "filters", "kernel_size", "strides", "padding", "output_padding", "data_format", "dilation_rate", "activation",
        "use_bias",
    )  # fmt: skip

    filters: PositiveInt = Field(description="Number of filters, that is, output channels.")
    strides: PerAxisInt = Field(default=1, description="Strides: the upsampling factors.")
    padding: Padding = Field(
        default="valid", description='"valid" (no cropping) or "same" (output size is input size times strides).'
    )
    output_padding: Maybe[PerAxisNonNegativeInt] = Field(
        default=None, description="Amount added to the output size; must be less than strides."
    )

    def check_arguments(self) -> None:
        self.refuse_strides_with_dilation()

    def check_versions(self, env: InferenceContext) -> None:
        # Keras surprise: before 3.14 any output_padding is accepted.
        if self.output_padding is None or env.keras < (3, 14):
            return
        padding, strides = self.each(self.output_padding), self.each(self.strides)
        if any(pad >= stride for pad, stride in zip(padding, strides)):
            raise conflict(
                "output_padding",
                fmt("output_padding must be less than strides, got {} with strides {}", show(padding), show(strides)),
                label=fmt("strides is {}", show(strides)),
                help=fmt(
                    "remove output_padding: with {} the output size is then input size times strides",
                    Setting("padding", "same"),
                ),
            )

    def convolution_output(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: shape inference alone accepts fewer axes than there are kernel sizes.
        if env.phase is not Phase.SHAPE or not 2 <= len(x.dims) <= self.rank + 2:
            self.require_axes(x)
        self.check_versions(env)
        self.require_channels(x)
        padding = (None,) * self.rank if self.output_padding is None else self.each(self.output_padding)
        sizes = [
            transposed_output(size, kernel, stride, self.padding, dilation, pad)
            for size, kernel, stride, dilation, pad in zip(
                self.spatial(x),
                self.each(self.kernel_size),
                self.each(self.strides),
                self.each(self.dilation_rate),
                padding,
            )
        ]
        # Keras surprise: an output of size zero is accepted.
        if any(size < 0 for size in sizes if isinstance(size, int)):
            raise Violation(
                "window-too-large",
                fmt("would output a negative dimension for an empty axis, got {}", show(x.sample)),
                anchor="layer",
                label="an axis is empty",
            )
        return self.arranged(x, sizes, self.filters, env)

    def loses_static_sizes(self, x: TensorSpec) -> bool:
        return False

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return self.with_bias([WeightSpec("kernel", self.kernel_shape(x), self.variable_dtype(env))], self.filters, env)

    def kernel_shape(self, x: TensorSpec) -> tuple[int, ...]:
        """The shape of the kernel for an `x` that `compute_output_spec` has accepted."""
        return (*self.each(self.kernel_size), self.filters, self.require_channels(x))

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        # Every input value is multiplied by the whole kernel; products removed by padding are counted, like zeros
        # in a convolution.
        return places_times(self.spatial(x), self.kernel_shape(x))


class Conv1DTranspose(_ConvTranspose):
    """A transposed convolution over the steps of a sequence, which upsamples it."""

    rank = 1


class Conv2DTranspose(_ConvTranspose):
    """A transposed convolution over height and width, which upsamples images."""

    rank = 2


class Conv3DTranspose(_ConvTranspose):
    """A transposed convolution over depth, height and width, which upsamples volumes."""

    exports = Exports(Limit(("tfjs",), "Conv3DBackpropInputV2"))
    rank = 3
