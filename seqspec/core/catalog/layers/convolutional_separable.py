"""DepthwiseConv1D and 2D, SeparableConv1D and 2D."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from pydantic import Field

from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.layers.convolutional import Convolution, places_times
from seqspec.core.catalog.objects import Constraint, Initializer, Regularizer
from seqspec.core.catalog.types import Maybe, PositiveInt
from seqspec.core.shapes.tensor import Size, TensorSpec, WeightSpec, all_known


class _Channelwise(Convolution):
    renamed: ClassVar[Mapping[str, str]] = MappingProxyType(
        {f"kernel_{part}": f"depthwise_{part}" for part in ("initializer", "regularizer", "constraint")}
    )

    depth_multiplier: PositiveInt = Field(default=1, description="Depthwise output channels per input channel.")

    def check_versions(self, env: InferenceContext) -> None:
        # Keras surprise: since 3.15 strides and dilation together are accepted, but TensorFlow fails on data.
        if env.keras < (3, 15):
            self.refuse_strides_with_dilation()

    def loses_static_sizes(self, x: TensorSpec) -> bool:
        # Keras surprise: strides together with dilation lose sizes too if padding is "same".
        both = max(self.each(self.strides)) > 1 and max(self.each(self.dilation_rate)) > 1
        return super().loses_static_sizes(x) or (both and self.padding == "same" and not all_known(x.dims))

    def depthwise_shape(self, x: TensorSpec) -> tuple[int, ...]:
        """The shape of the depthwise kernel, for an `x` that `compute_output_spec` has accepted."""
        return (*self.each(self.kernel_size), self.require_channels(x), self.depth_multiplier)


class _DepthwiseConv(_Channelwise):
    traits = frozenset({"channelwise", "convolution", "depthwise", "no_integers"})
    sums_channels = False
    leading = (
        "kernel_size", "strides", "padding", "depth_multiplier", "data_format", "dilation_rate", "activation",
        "use_bias",
    )  # fmt: skip

    depthwise_initializer: Maybe[Initializer] = Field(
        default="glorot_uniform", description="Initializer for the kernel."
    )
    bias_initializer: Maybe[Initializer] = Field(default="zeros", description="Initializer for the bias.")
    depthwise_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the kernel.")
    bias_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the bias.")
    depthwise_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the kernel.")
    bias_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the bias.")

    def convolution_output(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.check_versions(env)
        self.require_axes(x)
        channels = self.require_channels(x) * self.depth_multiplier
        return self.arranged(x, self.spatial_output_sizes(x, env), channels, env)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        shape = self.depthwise_shape(x)
        return self.with_bias([WeightSpec("kernel", shape, self.variable_dtype(env))], shape[-2] * shape[-1], env)

    def initialized_variables(self, x: TensorSpec, env: InferenceContext) -> Iterator[tuple[str, tuple[int, ...], str]]:
        for weight in self.own_weights(x, env):
            yield ("bias_initializer" if weight.name == "bias" else "depthwise_initializer", weight.shape, weight.dtype)

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return places_times(self.spatial(y), self.depthwise_shape(x))


class DepthwiseConv1D(_DepthwiseConv):
    """A convolution over the steps of a sequence, applied to each channel separately."""

    rank = 1


class DepthwiseConv2D(_DepthwiseConv):
    """A convolution over height and width, applied to each channel separately."""

    rank = 2


class _SeparableConv(_Channelwise):
    traits = frozenset({"channelwise", "convolution", "no_integers"})

    leading = (
        "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "depth_multiplier",
        "activation", "use_bias",
    )  # fmt: skip

    filters: PositiveInt = Field(description="Number of filters, that is, output channels.")
    depthwise_initializer: Maybe[Initializer] = Field(
        default="glorot_uniform", description="Initializer for the depthwise kernel."
    )
    pointwise_initializer: Maybe[Initializer] = Field(
        default="glorot_uniform", description="Initializer for the pointwise kernel."
    )
    bias_initializer: Maybe[Initializer] = Field(default="zeros", description="Initializer for the bias.")
    depthwise_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the depthwise kernel.")
    pointwise_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the pointwise kernel.")
    bias_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the bias.")
    depthwise_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the depthwise kernel.")
    pointwise_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the pointwise kernel.")
    bias_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the bias.")

    def convolution_output(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.check_versions(env)
        self.require_axes(x)
        self.require_channels(x)
        return self.arranged(x, self.spatial_output_sizes(x, env), self.filters, env)

    def pointwise_shape(self, x: TensorSpec) -> tuple[int, ...]:
        """The shape of the pointwise kernel, for an `x` that `compute_output_spec` has accepted."""
        return (*(1,) * self.rank, self.require_channels(x) * self.depth_multiplier, self.filters)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        dtype = self.variable_dtype(env)
        kernels = [
            WeightSpec("depthwise_kernel", self.depthwise_shape(x), dtype),
            WeightSpec("pointwise_kernel", self.pointwise_shape(x), dtype),
        ]
        return self.with_bias(kernels, self.filters, env)

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        sizes = self.spatial(y)
        return places_times(sizes, self.depthwise_shape(x)) + places_times(sizes, self.pointwise_shape(x))


class SeparableConv1D(_SeparableConv):
    """A depthwise convolution over the steps of a sequence, followed by a pointwise convolution."""

    rank = 1


class SeparableConv2D(_SeparableConv):
    """A depthwise convolution over height and width, followed by a pointwise convolution."""

    rank = 2
