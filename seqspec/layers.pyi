# The types of `seqspec.layers`, from the catalogue. Written by scripts/generate.
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from seqspec.catalog.arguments import Declaration
from seqspec.catalog.layer import Layer as _Layer

_Object = str | Mapping[str, Any] | Declaration
_Entry = str | Mapping[str, Any] | _Layer
_Choice1 = Literal["int", "one_hot", "multi_hot", "count", "tf_idf", "binary", "tf-idf"]
_Choice2 = Literal["log", "magnitude", "psd", "real", "imag", "angle", "stft"]
_Choice3 = Literal["lower_and_strip_punctuation", "lower", "strip_punctuation"]
_Choice4 = Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]

class Activation(_Layer):
    """Applies an activation."""

    def __init__(
        self,
        *,
        activation: _Object | None,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ActivityRegularization(_Layer):
    """Adds a penalty on what passes through to the loss."""

    def __init__(
        self,
        *,
        l1: float | None = ...,
        l2: float | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AdaptiveAveragePooling1D(_Layer):
    """The mean of each of `output_size` windows over the steps of a series."""

    def __init__(
        self,
        *,
        output_size: int,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AdaptiveAveragePooling2D(_Layer):
    """The mean of each of `output_size` windows over height and width."""

    def __init__(
        self,
        *,
        output_size: int | Sequence[int],
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AdaptiveAveragePooling3D(_Layer):
    """The mean of each of `output_size` windows over depth, height and width."""

    def __init__(
        self,
        *,
        output_size: int | Sequence[int],
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AdaptiveMaxPooling1D(_Layer):
    """The greatest number of each of `output_size` windows over the steps of a series."""

    def __init__(
        self,
        *,
        output_size: int,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AdaptiveMaxPooling2D(_Layer):
    """The greatest number of each of `output_size` windows over height and width."""

    def __init__(
        self,
        *,
        output_size: int | Sequence[int],
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AdaptiveMaxPooling3D(_Layer):
    """The greatest number of each of `output_size` windows over depth, height and width."""

    def __init__(
        self,
        *,
        output_size: int | Sequence[int],
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Add(_Layer):
    """The sum of all tensors."""

    def __init__(
        self,
        *,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AlphaDropout(_Layer):
    """Dropout that keeps mean and variance, for networks with SELU."""

    def __init__(
        self,
        *,
        seed: int | None = ...,
        rate: float,
        noise_shape: Sequence[int | None] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AugMix(_Layer):
    """Mixes each image with several chains of random changes of itself."""

    def __init__(
        self,
        *,
        value_range: Sequence[float] = ...,
        num_chains: int = ...,
        chain_depth: int = ...,
        factor: float | Sequence[float] = ...,
        alpha: float = ...,
        all_ops: bool = ...,
        interpolation: Literal["nearest", "bilinear"] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AutoContrast(_Layer):
    """Stretches each channel so that it fills the range of the pixels."""

    def __init__(
        self,
        *,
        value_range: Sequence[float] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Average(_Layer):
    """The mean of all tensors."""

    def __init__(
        self,
        *,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AveragePooling1D(_Layer):
    """The mean of each window over the steps of a series."""

    def __init__(
        self,
        *,
        pool_size: int,
        strides: int | None = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AveragePooling2D(_Layer):
    """The mean of each window over height and width."""

    def __init__(
        self,
        *,
        pool_size: int | Sequence[int],
        strides: int | Sequence[int] | None = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class AveragePooling3D(_Layer):
    """The mean of each window over depth, height and width."""

    def __init__(
        self,
        *,
        pool_size: int | Sequence[int],
        strides: int | Sequence[int] | None = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class BatchNormalization(_Layer):
    """Brings each channel to mean 0 and variance 1, over the batch while training, by running averages afterwards."""

    def __init__(
        self,
        *,
        epsilon: float = ...,
        center: bool = ...,
        scale: bool = ...,
        beta_initializer: _Object = ...,
        gamma_initializer: _Object = ...,
        beta_regularizer: _Object | None = ...,
        gamma_regularizer: _Object | None = ...,
        beta_constraint: _Object | None = ...,
        gamma_constraint: _Object | None = ...,
        axis: int = ...,
        momentum: float = ...,
        moving_mean_initializer: _Object = ...,
        moving_variance_initializer: _Object = ...,
        renorm: bool = ...,
        renorm_clipping: Any = ...,
        renorm_momentum: float = ...,
        synchronized: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Bidirectional(_Layer):
    """Reads a sequence forwards with one recurrent layer and backwards with another, and joins the two outputs."""

    def __init__(
        self,
        *,
        layer: _Entry,
        merge_mode: Literal["concat", "sum", "mul", "ave"] | None = ...,
        backward_layer: _Entry | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class CategoryEncoding(_Layer):
    """Turns category numbers into vectors of zeros and ones, or of counts."""

    def __init__(
        self,
        *,
        num_tokens: int | None = ...,
        output_mode: Literal["multi_hot", "one_hot", "count", "binary"] = ...,
        sparse: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class CenterCrop(_Layer):
    """Cuts the middle out of an image; one that is too small is resized instead."""

    def __init__(
        self,
        *,
        height: int,
        width: int,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Concatenate(_Layer):
    """All tensors behind one another along an axis."""

    def __init__(
        self,
        *,
        axis: int = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ContrastLimitedAdaptiveHistogramEqualization(_Layer):
    """Spreads the pixels tile by tile, without blowing up noise (CLAHE)."""

    def __init__(
        self,
        *,
        value_range: Sequence[float] = ...,
        clip_limit: float = ...,
        tile_grid_size: Sequence[int] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Conv1D(_Layer):
    """A convolution over the steps of a series."""

    def __init__(
        self,
        *,
        filters: int,
        kernel_size: int,
        strides: int = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int = ...,
        groups: int = ...,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object | None = ...,
        bias_initializer: _Object | None = ...,
        kernel_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        lora_rank: int | None = ...,
        lora_alpha: float | None = ...,
        padding: Literal["valid", "same", "causal"] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Conv1DTranspose(_Layer):
    """A transposed convolution over the steps of a series, which lengthens it."""

    def __init__(
        self,
        *,
        filters: int,
        kernel_size: int,
        strides: int = ...,
        padding: Literal["valid", "same"] = ...,
        output_padding: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int = ...,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object | None = ...,
        bias_initializer: _Object | None = ...,
        kernel_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Conv2D(_Layer):
    """A convolution over the height and width of images."""

    def __init__(
        self,
        *,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int | Sequence[int] = ...,
        groups: int = ...,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object | None = ...,
        bias_initializer: _Object | None = ...,
        kernel_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        lora_rank: int | None = ...,
        lora_alpha: float | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Conv2DTranspose(_Layer):
    """A transposed convolution over height and width, which enlarges images."""

    def __init__(
        self,
        *,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = ...,
        padding: Literal["valid", "same"] = ...,
        output_padding: int | Sequence[int] | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int | Sequence[int] = ...,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object | None = ...,
        bias_initializer: _Object | None = ...,
        kernel_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Conv3D(_Layer):
    """A convolution over the depth, height and width of volumes."""

    def __init__(
        self,
        *,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int | Sequence[int] = ...,
        groups: int = ...,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object | None = ...,
        bias_initializer: _Object | None = ...,
        kernel_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        lora_rank: int | None = ...,
        lora_alpha: float | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Conv3DTranspose(_Layer):
    """A transposed convolution over depth, height and width, which enlarges volumes."""

    def __init__(
        self,
        *,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = ...,
        padding: Literal["valid", "same"] = ...,
        output_padding: int | Sequence[int] | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int | Sequence[int] = ...,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object | None = ...,
        bias_initializer: _Object | None = ...,
        kernel_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ConvLSTM1D(_Layer):
    """An LSTM over a sequence of rows: (time, size, channels)."""

    def __init__(
        self,
        *,
        return_sequences: bool = ...,
        return_state: bool = ...,
        go_backwards: bool = ...,
        stateful: bool = ...,
        unroll: bool = ...,
        zero_output_for_mask: bool = ...,
        filters: int,
        kernel_size: int,
        strides: int = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int = ...,
        activation: _Object | None = ...,
        recurrent_activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object = ...,
        recurrent_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        unit_forget_bias: bool = ...,
        kernel_regularizer: _Object | None = ...,
        recurrent_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        recurrent_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        seed: int | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ConvLSTM2D(_Layer):
    """An LSTM over a sequence of images: (time, height, width, channels)."""

    def __init__(
        self,
        *,
        return_sequences: bool = ...,
        return_state: bool = ...,
        go_backwards: bool = ...,
        stateful: bool = ...,
        unroll: bool = ...,
        zero_output_for_mask: bool = ...,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int | Sequence[int] = ...,
        activation: _Object | None = ...,
        recurrent_activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object = ...,
        recurrent_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        unit_forget_bias: bool = ...,
        kernel_regularizer: _Object | None = ...,
        recurrent_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        recurrent_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        seed: int | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ConvLSTM3D(_Layer):
    """An LSTM over a sequence of volumes: (time, depth, height, width, channels)."""

    def __init__(
        self,
        *,
        return_sequences: bool = ...,
        return_state: bool = ...,
        go_backwards: bool = ...,
        stateful: bool = ...,
        unroll: bool = ...,
        zero_output_for_mask: bool = ...,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int | Sequence[int] = ...,
        activation: _Object | None = ...,
        recurrent_activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object = ...,
        recurrent_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        unit_forget_bias: bool = ...,
        kernel_regularizer: _Object | None = ...,
        recurrent_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        recurrent_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        seed: int | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ConvNeXtBase(_Layer):
    """ConvNeXt of medium width."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class ConvNeXtLarge(_Layer):
    """ConvNeXt, wide."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class ConvNeXtSmall(_Layer):
    """ConvNeXt, as wide as the smallest and deeper."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class ConvNeXtTiny(_Layer):
    """ConvNeXt, the smallest."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class ConvNeXtXLarge(_Layer):
    """ConvNeXt, the widest."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class Cropping1D(_Layer):
    """Cuts steps at both ends of a sequence."""

    def __init__(
        self,
        *,
        cropping: int | Sequence[int] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Cropping2D(_Layer):
    """Cuts rows and columns at the borders of images."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        cropping: int | Sequence[int | Sequence[int]] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Cropping3D(_Layer):
    """Cuts planes at the borders of volumes."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        cropping: int | Sequence[int | Sequence[int]] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class CutMix(_Layer):
    """Pastes patches of one image into another, labels mixed alike."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Dense(_Layer):
    """A densely connected layer: activation(x · kernel + bias) on the last axis."""

    def __init__(
        self,
        *,
        units: int,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        kernel_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        lora_rank: int | None = ...,
        lora_alpha: float | None = ...,
        quantization_config: None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class DenseNet121(_Layer):
    """Densely connected network with 121 layers."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class DenseNet169(_Layer):
    """Densely connected network with 169 layers."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class DenseNet201(_Layer):
    """Densely connected network with 201 layers."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class DepthwiseConv1D(_Layer):
    """A convolution over the steps of a series, each channel by itself."""

    def __init__(
        self,
        *,
        kernel_size: int,
        strides: int = ...,
        padding: Literal["valid", "same"] = ...,
        depth_multiplier: int = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int = ...,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        depthwise_initializer: _Object | None = ...,
        bias_initializer: _Object | None = ...,
        depthwise_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        depthwise_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class DepthwiseConv2D(_Layer):
    """A convolution over height and width, each channel by itself."""

    def __init__(
        self,
        *,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = ...,
        padding: Literal["valid", "same"] = ...,
        depth_multiplier: int = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int | Sequence[int] = ...,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        depthwise_initializer: _Object | None = ...,
        bias_initializer: _Object | None = ...,
        depthwise_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        depthwise_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Discretization(_Layer):
    """Puts numbers into bins, with boundaries given or learnt by `adapt`."""

    def __init__(
        self,
        *,
        bin_boundaries: Sequence[float] | None = ...,
        num_bins: int | None = ...,
        epsilon: float = ...,
        output_mode: Literal["int", "one_hot", "multi_hot", "count"] = ...,
        sparse: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Dot(_Layer):
    """The dot product of two tensors along an axis of each."""

    def __init__(
        self,
        *,
        axes: int | Sequence[int],
        normalize: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Dropout(_Layer):
    """Sets a random part of the values to zero while training, and scales up the others."""

    def __init__(
        self,
        *,
        seed: int | None = ...,
        rate: float,
        noise_shape: Sequence[int | None] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ELU(_Layer):
    """The exponential linear unit: x, or alpha · (exp(x) - 1) for negative x."""

    def __init__(
        self,
        *,
        alpha: float = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetB0(_Layer):
    """EfficientNet for images of 224 × 224."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetB1(_Layer):
    """EfficientNet for images of 240 × 240."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetB2(_Layer):
    """EfficientNet for images of 260 × 260."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetB3(_Layer):
    """EfficientNet for images of 300 × 300."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetB4(_Layer):
    """EfficientNet for images of 380 × 380."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetB5(_Layer):
    """EfficientNet for images of 456 × 456."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetB6(_Layer):
    """EfficientNet for images of 528 × 528."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetB7(_Layer):
    """EfficientNet for images of 600 × 600."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetV2B0(_Layer):
    """EfficientNetV2 for images of 224 × 224."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetV2B1(_Layer):
    """EfficientNetV2 for images of 240 × 240."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetV2B2(_Layer):
    """EfficientNetV2 for images of 260 × 260."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetV2B3(_Layer):
    """EfficientNetV2 for images of 300 × 300."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetV2L(_Layer):
    """Large EfficientNetV2, for images of 480 × 480."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetV2M(_Layer):
    """Medium EfficientNetV2, for images of 480 × 480."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EfficientNetV2S(_Layer):
    """Small EfficientNetV2, for images of 384 × 384."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class EinsumDense(_Layer):
    """A dense layer whose product with the kernel is written as an einsum equation."""

    def __init__(
        self,
        *,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: _Object | None = ...,
        bias_axes: str | None = ...,
        kernel_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        kernel_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        lora_rank: int | None = ...,
        lora_alpha: float | None = ...,
        gptq_unpacked_column_size: int | None = ...,
        quantization_config: None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Embedding(_Layer):
    """A table of vectors: each whole number that arrives is replaced by its vector."""

    def __init__(
        self,
        *,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: _Object = ...,
        embeddings_regularizer: _Object | None = ...,
        embeddings_constraint: _Object | None = ...,
        mask_zero: bool = ...,
        weights: None = ...,
        lora_rank: int | None = ...,
        lora_alpha: float | None = ...,
        quantization_config: None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Equalization(_Layer):
    """Spreads the pixels of each channel evenly over their range."""

    def __init__(
        self,
        *,
        value_range: Sequence[float] = ...,
        bins: int = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Flatten(_Layer):
    """Makes one axis of all axes but the batch."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GRU(_Layer):
    """Gated recurrent unit: reads a sequence (time, features) with gates and one state."""

    def __init__(
        self,
        *,
        units: int,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object = ...,
        recurrent_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        kernel_regularizer: _Object | None = ...,
        recurrent_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        recurrent_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        seed: int | None = ...,
        recurrent_activation: _Object | None = ...,
        implementation: int = ...,
        reset_after: bool = ...,
        return_sequences: bool = ...,
        return_state: bool = ...,
        go_backwards: bool = ...,
        stateful: bool = ...,
        unroll: bool = ...,
        zero_output_for_mask: bool = ...,
        use_cudnn: bool | Literal["auto"] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GRUCell(_Layer):
    """One step of a GRU, for use inside RNN."""

    def __init__(
        self,
        *,
        units: int,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object = ...,
        recurrent_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        kernel_regularizer: _Object | None = ...,
        recurrent_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        recurrent_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        seed: int | None = ...,
        recurrent_activation: _Object | None = ...,
        implementation: int = ...,
        reset_after: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GaussianDropout(_Layer):
    """Multiplies with random numbers around 1 while training."""

    def __init__(
        self,
        *,
        seed: int | None = ...,
        rate: float,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GaussianNoise(_Layer):
    """Adds random numbers around 0 while training."""

    def __init__(
        self,
        *,
        seed: int | None = ...,
        stddev: float,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GlobalAveragePooling1D(_Layer):
    """The mean of each channel over all steps, without those that a mask hides; the mask ends here."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        keepdims: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GlobalAveragePooling2D(_Layer):
    """The mean of each channel over height and width."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        keepdims: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GlobalAveragePooling3D(_Layer):
    """The mean of each channel over depth, height and width."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        keepdims: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GlobalMaxPooling1D(_Layer):
    """The greatest number of each channel over all steps."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        keepdims: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GlobalMaxPooling2D(_Layer):
    """The greatest number of each channel over height and width."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        keepdims: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GlobalMaxPooling3D(_Layer):
    """The greatest number of each channel over depth, height and width."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        keepdims: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class GroupNormalization(_Layer):
    """Brings groups of channels of one sample to mean 0 and variance 1."""

    def __init__(
        self,
        *,
        epsilon: float = ...,
        center: bool = ...,
        scale: bool = ...,
        beta_initializer: _Object = ...,
        gamma_initializer: _Object = ...,
        beta_regularizer: _Object | None = ...,
        gamma_regularizer: _Object | None = ...,
        beta_constraint: _Object | None = ...,
        gamma_constraint: _Object | None = ...,
        groups: int = ...,
        axis: int = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Hashing(_Layer):
    """Gives each category the number of a bin, by its hash."""

    def __init__(
        self,
        *,
        num_bins: int,
        mask_value: str | float | None = ...,
        salt: int | Sequence[int] | None = ...,
        output_mode: Literal["int", "one_hot", "multi_hot", "count"] = ...,
        sparse: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Identity(_Layer):
    """Passes on what arrives."""

    def __init__(
        self,
        *,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class InceptionResNetV2(_Layer):
    """Inception network with residual connections, version 2."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class InceptionV3(_Layer):
    """Inception network, version 3."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class IntegerLookup(_Layer):
    """Turns whole numbers into the indices of a vocabulary."""

    def __init__(
        self,
        *,
        max_tokens: int | None = ...,
        num_oov_indices: int = ...,
        idf_weights: Sequence[float] | None = ...,
        invert: bool = ...,
        output_mode: _Choice1 = ...,
        sparse: bool = ...,
        pad_to_max_tokens: bool = ...,
        mask_token: int | None = ...,
        oov_token: int | None = ...,
        vocabulary: Sequence[int] | str | None = ...,
        vocabulary_dtype: Literal["int64"] = ...,
        oov_method: Literal["floormod", "farmhash"] = ...,
        salt: int | Sequence[int] | None = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class LSTM(_Layer):
    """Long short-term memory: reads a sequence (time, features) with gates and two states."""

    def __init__(
        self,
        *,
        units: int,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object = ...,
        recurrent_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        kernel_regularizer: _Object | None = ...,
        recurrent_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        recurrent_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        seed: int | None = ...,
        recurrent_activation: _Object | None = ...,
        implementation: int = ...,
        unit_forget_bias: bool = ...,
        return_sequences: bool = ...,
        return_state: bool = ...,
        go_backwards: bool = ...,
        stateful: bool = ...,
        unroll: bool = ...,
        zero_output_for_mask: bool = ...,
        use_cudnn: bool | Literal["auto"] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class LSTMCell(_Layer):
    """One step of an LSTM, for use inside RNN."""

    def __init__(
        self,
        *,
        units: int,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object = ...,
        recurrent_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        kernel_regularizer: _Object | None = ...,
        recurrent_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        recurrent_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        seed: int | None = ...,
        recurrent_activation: _Object | None = ...,
        implementation: int = ...,
        unit_forget_bias: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class LayerNormalization(_Layer):
    """Brings each sample to mean 0 and variance 1 along an axis."""

    def __init__(
        self,
        *,
        axis: int | Sequence[int] = ...,
        epsilon: float = ...,
        center: bool = ...,
        scale: bool = ...,
        beta_initializer: _Object = ...,
        gamma_initializer: _Object = ...,
        beta_regularizer: _Object | None = ...,
        gamma_regularizer: _Object | None = ...,
        beta_constraint: _Object | None = ...,
        gamma_constraint: _Object | None = ...,
        rms_scaling: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class LeakyReLU(_Layer):
    """x, or negative_slope · x for negative x."""

    def __init__(
        self,
        *,
        negative_slope: float = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Masking(_Layer):
    """Marks the steps of a sequence whose values all equal one number, so that later layers skip them."""

    def __init__(
        self,
        *,
        mask_value: float = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class MaxPooling1D(_Layer):
    """The greatest number of each window over the steps of a series."""

    def __init__(
        self,
        *,
        pool_size: int = ...,
        strides: int | None = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class MaxPooling2D(_Layer):
    """The greatest number of each window over height and width."""

    def __init__(
        self,
        *,
        pool_size: int | Sequence[int] = ...,
        strides: int | Sequence[int] | None = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class MaxPooling3D(_Layer):
    """The greatest number of each window over depth, height and width."""

    def __init__(
        self,
        *,
        pool_size: int | Sequence[int] = ...,
        strides: int | Sequence[int] | None = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Maximum(_Layer):
    """The greatest of the values at each position."""

    def __init__(
        self,
        *,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class MelSpectrogram(_Layer):
    """Turns sound into a picture of its mel frequencies over time."""

    def __init__(
        self,
        *,
        fft_length: int = ...,
        sequence_stride: int = ...,
        sequence_length: int | None = ...,
        window: str | Sequence[float] | None = ...,
        sampling_rate: float = ...,
        num_mel_bins: int = ...,
        min_freq: float = ...,
        max_freq: float | None = ...,
        power_to_db: bool = ...,
        top_db: float = ...,
        mag_exp: float = ...,
        min_power: float = ...,
        ref_power: float = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Minimum(_Layer):
    """The least of the values at each position."""

    def __init__(
        self,
        *,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class MixUp(_Layer):
    """Blends pairs of images, labels mixed alike."""

    def __init__(
        self,
        *,
        alpha: float = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class MobileNet(_Layer):
    """Small network of depthwise and pointwise convolutions."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        alpha: float = ...,
        depth_multiplier: int = ...,
        dropout: float = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class MobileNetV2(_Layer):
    """Small network of inverted residuals with linear bottlenecks."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        alpha: float = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class MobileNetV3Large(_Layer):
    """Small network found by search, the larger of two."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        alpha: float = ...,
        minimalistic: bool = ...,
        dropout_rate: float = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class MobileNetV3Small(_Layer):
    """Small network found by search, the smaller of two."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        alpha: float = ...,
        minimalistic: bool = ...,
        dropout_rate: float = ...,
        include_preprocessing: bool = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class Multiply(_Layer):
    """The product of all tensors, position by position."""

    def __init__(
        self,
        *,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class NASNetLarge(_Layer):
    """Network of searched cells, large."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class NASNetMobile(_Layer):
    """Network of searched cells, small."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class Normalization(_Layer):
    """Brings features to mean 0 and variance 1, with values given or learnt by `adapt`."""

    def __init__(
        self,
        *,
        axis: int | Sequence[int] | None = ...,
        mean: float | Sequence[Any] | None = ...,
        variance: float | Sequence[Any] | None = ...,
        invert: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class PReLU(_Layer):
    """x, or alpha · x for negative x, with an alpha that is learned for every position."""

    def __init__(
        self,
        *,
        alpha_initializer: _Object = ...,
        alpha_regularizer: _Object | None = ...,
        alpha_constraint: _Object | None = ...,
        shared_axes: int | Sequence[int] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Permute(_Layer):
    """Puts the axes in another order."""

    def __init__(
        self,
        *,
        dims: Sequence[int],
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Pipeline(_Layer):
    """A stack of layers, mostly preprocessing, that is a plain layer and no model of its own."""

    def __init__(
        self,
        *,
        layers: Sequence[_Entry],
        name: str | None = ...,
    ) -> None: ...

class RMSNormalization(_Layer):
    """Divides each sample by its root mean square along an axis."""

    def __init__(
        self,
        *,
        axis: int | Sequence[int] = ...,
        epsilon: float = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RNN(_Layer):
    """Goes through a sequence with a cell of your choice, or with several stacked ones."""

    def __init__(
        self,
        *,
        return_sequences: bool = ...,
        return_state: bool = ...,
        go_backwards: bool = ...,
        stateful: bool = ...,
        unroll: bool = ...,
        zero_output_for_mask: bool = ...,
        cell: _Entry | Sequence[_Entry],
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandAugment(_Layer):
    """Applies a few changes, drawn from a fixed set, to each image."""

    def __init__(
        self,
        *,
        value_range: Sequence[float] = ...,
        num_ops: int = ...,
        factor: float | Sequence[float] = ...,
        interpolation: Literal["nearest", "bilinear"] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomBrightness(_Layer):
    """Makes images brighter or darker."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float] | None,
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomColorDegeneration(_Layer):
    """Takes some of the color out of images."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float],
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomColorJitter(_Layer):
    """Changes brightness, contrast, saturation and hue, each where its factor is given."""

    def __init__(
        self,
        *,
        value_range: Sequence[float] = ...,
        brightness_factor: float | Sequence[float] | None = ...,
        contrast_factor: float | Sequence[float] | None = ...,
        saturation_factor: float | Sequence[float] | None = ...,
        hue_factor: float | Sequence[float] | None = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomContrast(_Layer):
    """Makes the contrast of images stronger or weaker."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float],
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomCrop(_Layer):
    """Cuts a random part out of an image while training, and the middle otherwise."""

    def __init__(
        self,
        *,
        height: int,
        width: int,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomElasticTransform(_Layer):
    """Distorts images as if they were drawn on rubber."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float] = ...,
        scale: float | Sequence[float] = ...,
        interpolation: Literal["nearest", "bilinear"] = ...,
        fill_mode: Literal["constant", "nearest", "wrap", "mirror", "reflect"] = ...,
        fill_value: float = ...,
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomErasing(_Layer):
    """Overwrites a rectangle of each image."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float] = ...,
        scale: float | Sequence[float] = ...,
        fill_value: float | Sequence[float] | None = ...,
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomFlip(_Layer):
    """Mirrors images."""

    def __init__(
        self,
        *,
        mode: str = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomGaussianBlur(_Layer):
    """Blurs images; its convolution runs only while training and is not counted."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float] = ...,
        kernel_size: int | Sequence[int] = ...,
        sigma: float | Sequence[float] = ...,
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomGrayscale(_Layer):
    """Takes the color out of some images; the dtype stays that of what arrives."""

    def __init__(
        self,
        *,
        factor: float = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomHue(_Layer):
    """Turns the colors of images around the color wheel."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float],
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomInvert(_Layer):
    """Turns some images into their negatives."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float] = ...,
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomPerspective(_Layer):
    """Tilts images as if they were seen from the side."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float] = ...,
        scale: float = ...,
        interpolation: Literal["nearest", "bilinear"] = ...,
        fill_value: float = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomPosterization(_Layer):
    """Leaves images fewer bits for each color."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float],
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomRotation(_Layer):
    """Turns images."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float] | None,
        fill_mode: Literal["reflect", "wrap", "constant", "nearest"] = ...,
        interpolation: Literal["nearest", "bilinear"] = ...,
        seed: int | None = ...,
        fill_value: float = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomSaturation(_Layer):
    """Makes the colors of images stronger or weaker."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float],
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomSharpness(_Layer):
    """Sharpens or softens images; its convolution runs only while training and is not counted."""

    def __init__(
        self,
        *,
        factor: float | Sequence[float],
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomShear(_Layer):
    """Slants images."""

    def __init__(
        self,
        *,
        x_factor: float | Sequence[float] = ...,
        y_factor: float | Sequence[float] = ...,
        interpolation: Literal["nearest", "bilinear"] = ...,
        fill_mode: Literal["reflect", "wrap", "constant", "nearest"] = ...,
        fill_value: float = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomTranslation(_Layer):
    """Moves images up, down and sideways."""

    def __init__(
        self,
        *,
        height_factor: float | Sequence[float],
        width_factor: float | Sequence[float],
        fill_mode: Literal["reflect", "wrap", "constant", "nearest"] = ...,
        interpolation: Literal["nearest", "bilinear"] = ...,
        seed: int | None = ...,
        fill_value: float = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RandomZoom(_Layer):
    """Zooms into images or out of them."""

    def __init__(
        self,
        *,
        height_factor: float | Sequence[float],
        width_factor: float | Sequence[float] | None = ...,
        fill_mode: Literal["reflect", "wrap", "constant", "nearest"] = ...,
        interpolation: Literal["nearest", "bilinear"] = ...,
        seed: int | None = ...,
        fill_value: float = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ReLU(_Layer):
    """Zero for what is below the threshold, x above it, never more than max_value."""

    def __init__(
        self,
        *,
        max_value: float | None = ...,
        negative_slope: float = ...,
        threshold: float = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class RepeatVector(_Layer):
    """Repeats a vector n times, as the steps of a sequence."""

    def __init__(
        self,
        *,
        n: int,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ResNet101(_Layer):
    """Residual network with 101 layers."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class ResNet101V2(_Layer):
    """Residual network with 101 layers, normalized before each convolution."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class ResNet152(_Layer):
    """Residual network with 152 layers."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class ResNet152V2(_Layer):
    """Residual network with 152 layers, normalized before each convolution."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class ResNet50(_Layer):
    """Residual network with 50 layers."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class ResNet50V2(_Layer):
    """Residual network with 50 layers, normalized before each convolution."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class Rescaling(_Layer):
    """Multiplies by a factor and adds an offset."""

    def __init__(
        self,
        *,
        scale: float | Sequence[Any],
        offset: float | Sequence[Any] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Reshape(_Layer):
    """Lays the values of a sample out in another shape."""

    def __init__(
        self,
        *,
        target_shape: Sequence[int],
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Resizing(_Layer):
    """Scales images to one size."""

    def __init__(
        self,
        *,
        height: int,
        width: int,
        interpolation: str = ...,
        crop_to_aspect_ratio: bool = ...,
        pad_to_aspect_ratio: bool = ...,
        fill_mode: str = ...,
        fill_value: float = ...,
        antialias: bool = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ReversibleEmbedding(_Layer):
    """An embedding that a program can also call backwards, from vectors to scores; a document's model never does."""

    def __init__(
        self,
        *,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: _Object = ...,
        embeddings_regularizer: _Object | None = ...,
        embeddings_constraint: _Object | None = ...,
        mask_zero: bool = ...,
        weights: None = ...,
        lora_rank: int | None = ...,
        lora_alpha: float | None = ...,
        quantization_config: None = ...,
        tie_weights: bool = ...,
        reverse_dtype: str | None = ...,
        logit_soft_cap: float | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class STFTSpectrogram(_Layer):
    """Turns sound into a picture of its frequencies over time, by convolution with kernels that can be trained."""

    def __init__(
        self,
        *,
        mode: _Choice2 = ...,
        frame_length: int = ...,
        frame_step: int | None = ...,
        fft_length: int | None = ...,
        window: Any = ...,
        periodic: bool = ...,
        scaling: Literal["density", "spectrum"] | None = ...,
        padding: Literal["valid", "same"] = ...,
        expand_dims: bool = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class SeparableConv1D(_Layer):
    """A convolution over the steps of a series, first each channel by itself, then all of them at each step."""

    def __init__(
        self,
        *,
        filters: int,
        kernel_size: int,
        strides: int = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int = ...,
        depth_multiplier: int = ...,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        depthwise_initializer: _Object | None = ...,
        pointwise_initializer: _Object | None = ...,
        bias_initializer: _Object | None = ...,
        depthwise_regularizer: _Object | None = ...,
        pointwise_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        depthwise_constraint: _Object | None = ...,
        pointwise_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class SeparableConv2D(_Layer):
    """A convolution over height and width, first each channel by itself, then all of them at each place."""

    def __init__(
        self,
        *,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = ...,
        padding: Literal["valid", "same"] = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dilation_rate: int | Sequence[int] = ...,
        depth_multiplier: int = ...,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        depthwise_initializer: _Object | None = ...,
        pointwise_initializer: _Object | None = ...,
        bias_initializer: _Object | None = ...,
        depthwise_regularizer: _Object | None = ...,
        pointwise_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        depthwise_constraint: _Object | None = ...,
        pointwise_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Sequential(_Layer):
    """A stack of layers as one layer, with a name of its own and weights that can be frozen together."""

    def __init__(
        self,
        *,
        layers: Sequence[_Entry] | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class SimpleRNN(_Layer):
    """A fully connected recurrent layer: each step sees the input and the output of the step before."""

    def __init__(
        self,
        *,
        units: int,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object = ...,
        recurrent_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        kernel_regularizer: _Object | None = ...,
        recurrent_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        recurrent_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        seed: int | None = ...,
        return_sequences: bool = ...,
        return_state: bool = ...,
        go_backwards: bool = ...,
        stateful: bool = ...,
        unroll: bool = ...,
        zero_output_for_mask: bool = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class SimpleRNNCell(_Layer):
    """One step of a SimpleRNN, for use inside RNN."""

    def __init__(
        self,
        *,
        units: int,
        activation: _Object | None = ...,
        use_bias: bool = ...,
        kernel_initializer: _Object = ...,
        recurrent_initializer: _Object = ...,
        bias_initializer: _Object = ...,
        kernel_regularizer: _Object | None = ...,
        recurrent_regularizer: _Object | None = ...,
        bias_regularizer: _Object | None = ...,
        kernel_constraint: _Object | None = ...,
        recurrent_constraint: _Object | None = ...,
        bias_constraint: _Object | None = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        seed: int | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Softmax(_Layer):
    """Turns scores into parts of 1 along an axis; what a mask hides gets none."""

    def __init__(
        self,
        *,
        axis: int | Sequence[int] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Solarization(_Layer):
    """Inverts the bright pixels of images."""

    def __init__(
        self,
        *,
        addition_factor: float | Sequence[float] = ...,
        threshold_factor: float | Sequence[float] = ...,
        value_range: Sequence[float] = ...,
        seed: int | None = ...,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        bounding_box_format: str | None = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class SpatialDropout1D(_Layer):
    """Drops whole channels of a sequence while training."""

    def __init__(
        self,
        *,
        seed: int | None = ...,
        rate: float,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class SpatialDropout2D(_Layer):
    """Drops whole channels of an image while training."""

    def __init__(
        self,
        *,
        seed: int | None = ...,
        rate: float,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class SpatialDropout3D(_Layer):
    """Drops whole channels of a volume while training."""

    def __init__(
        self,
        *,
        seed: int | None = ...,
        rate: float,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class SpectralNormalization(_Layer):
    """Keeps the largest singular value of a layer's kernel at 1, as GANs need it."""

    def __init__(
        self,
        *,
        layer: _Entry,
        power_iterations: int = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class StackedRNNCells(_Layer):
    """Several cells, one above the other, that together make one step."""

    def __init__(
        self,
        *,
        cells: Sequence[_Entry],
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class StringLookup(_Layer):
    """Turns words into the indices of a vocabulary."""

    def __init__(
        self,
        *,
        max_tokens: int | None = ...,
        num_oov_indices: int = ...,
        idf_weights: Sequence[float] | None = ...,
        invert: bool = ...,
        output_mode: _Choice1 = ...,
        sparse: bool = ...,
        pad_to_max_tokens: bool = ...,
        mask_token: str | None = ...,
        oov_token: str | None = ...,
        vocabulary: Sequence[str] | str | None = ...,
        encoding: str = ...,
        salt: int | Sequence[int] | None = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class Subtract(_Layer):
    """The first of two tensors less the second."""

    def __init__(
        self,
        *,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class TextVectorization(_Layer):
    """Splits texts into words and turns these into numbers or vectors."""

    def __init__(
        self,
        *,
        max_tokens: int | None = ...,
        standardize: _Choice3 | None = ...,
        split: Literal["whitespace", "character"] | None = ...,
        ngrams: int | Sequence[int] | None = ...,
        output_mode: _Choice1 = ...,
        output_sequence_length: int | None = ...,
        pad_to_max_tokens: bool = ...,
        vocabulary: Sequence[str] | str | None = ...,
        idf_weights: Sequence[float] | None = ...,
        sparse: bool = ...,
        ragged: bool = ...,
        encoding: str = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class TimeDistributed(_Layer):
    """Applies one layer to every step of a sequence, or to every image of a film."""

    def __init__(
        self,
        *,
        layer: _Entry,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class UnitNormalization(_Layer):
    """Scales each sample to length 1 along an axis."""

    def __init__(
        self,
        *,
        axis: int | Sequence[int] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class UpSampling1D(_Layer):
    """Repeats each step of a sequence."""

    def __init__(
        self,
        *,
        size: int = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class UpSampling2D(_Layer):
    """Enlarges images by whole factors."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        size: int | Sequence[int] = ...,
        interpolation: _Choice4 = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class UpSampling3D(_Layer):
    """Enlarges volumes by whole factors, repeating their values."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        size: int | Sequence[int] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class VGG16(_Layer):
    """VGG with 13 convolutions and 3 dense layers."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class VGG19(_Layer):
    """VGG with 16 convolutions and 3 dense layers."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class Xception(_Layer):
    """Inception network of depthwise separable convolutions."""

    def __init__(
        self,
        *,
        include_top: bool = ...,
        weights: str | None = ...,
        input_shape: Sequence[int | None] | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: _Object | None = ...,
        trainable: bool = ...,
        name: str | None = ...,
    ) -> None: ...

class ZeroPadding1D(_Layer):
    """Adds zeros at both ends of a sequence."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        padding: int | Sequence[int] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ZeroPadding2D(_Layer):
    """Adds zeros around images."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        padding: int | Sequence[int | Sequence[int]] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...

class ZeroPadding3D(_Layer):
    """Adds zeros around volumes."""

    def __init__(
        self,
        *,
        data_format: Literal["channels_last", "channels_first"] | None = ...,
        padding: int | Sequence[int | Sequence[int]] = ...,
        activity_regularizer: _Object | None = ...,
        autocast: bool = ...,
        trainable: bool = ...,
        dtype: str | None = ...,
        name: str | None = ...,
    ) -> None: ...
