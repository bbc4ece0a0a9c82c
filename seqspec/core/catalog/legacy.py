"""Names of Keras 3 classes and arguments in older Keras versions."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

CLASSES: dict[str, tuple[str, dict[str, object]]] = {
    "Deconvolution2D": ("Conv2DTranspose", {}),
    "AtrousConvolution1D": ("Conv1D", {}),
    "AtrousConvolution2D": ("Conv2D", {}),
    "TimeDistributedDense": ("Dense", {}),
    "CuDNNLSTM": ("LSTM", {}),
    "CuDNNGRU": ("GRU", {"reset_after": True}),
    "ThresholdedReLU": ("ReLU", {}),
    "BatchNormalizationV1": ("BatchNormalization", {}),
    "BatchNormalizationV2": ("BatchNormalization", {}),
    "SyncBatchNormalization": ("BatchNormalization", {"synchronized": True}),
}
"""Older class → the class of Keras 3, and the arguments that it needs to be the same."""

CUDNN = frozenset({"CuDNNLSTM", "CuDNNGRU"})
"""The classes among them whose weights have the layout of cuDNN."""

GONE: dict[str, str] = {
    "Merge": "was removed in Keras 2: it merges several models, and a Sequential model has one input",
    "MaxoutDense": "was removed in Keras 2",
    "Highway": "was removed in Keras 2",
    "SReLU": "was removed in Keras 2",
    "ParametricSoftplus": "was removed in Keras 2",
    "LocallyConnected1D": "was removed in Keras 3",
    "LocallyConnected2D": "was removed in Keras 3",
    "RandomHeight": "was removed in Keras 3",
    "RandomWidth": "was removed in Keras 3",
    "DenseFeatures": "was removed in Keras 3",
}
"""Classes that have no successor, and what happened to them."""

MERGES = {
    "sum": "Add()",
    "mul": "Multiply()",
    "concat": "Concatenate()",
    "ave": "Average()",
    "max": "Maximum()",
    "dot": "Dot(axes=1)",
    "cos": "Dot(axes=1, normalize=True)",
}
"""The layer that replaces `Merge` of Keras 1, by its `mode`, which is `"sum"` by default."""

WEIGHTS_OF_KERAS_1 = {
    "kernel": "W",
    "recurrent_kernel": "U",
    "bias": "b",
    "embeddings": "W",
    "alpha": "alphas",
    "moving_mean": "running_mean",
    "moving_variance": "running_std",
}
"""The names of weights in Keras 1, where they differ. The gates of recurrent layers have names such as `W_i`."""

_OF_KERAS_1: dict[str, tuple[str, ...]] = {
    "output_dim": ("units",),
    "nb_filter": ("filters",),
    "border_mode": ("padding",),
    "subsample": ("strides",),
    "subsample_length": ("strides",),
    "stride": ("strides",),
    "filter_length": ("kernel_size",),
    "pool_length": ("pool_size",),
    "length": ("size",),
    "atrous_rate": ("dilation_rate",),
    "dim_ordering": ("data_format",),
    "bias": ("use_bias",),
    "init": ("kernel_initializer", "embeddings_initializer", "alpha_initializer"),
    "inner_init": ("recurrent_initializer",),
    "inner_activation": ("recurrent_activation",),
    "beta_init": ("beta_initializer",),
    "gamma_init": ("gamma_initializer",),
    "W_regularizer": ("kernel_regularizer", "embeddings_regularizer"),
    "U_regularizer": ("recurrent_regularizer",),
    "b_regularizer": ("bias_regularizer",),
    "W_constraint": ("kernel_constraint", "embeddings_constraint"),
    "U_constraint": ("recurrent_constraint",),
    "b_constraint": ("bias_constraint",),
    "dropout_W": ("dropout",),
    "dropout_U": ("recurrent_dropout",),
    "forget_bias_init": ("unit_forget_bias",),
    "p": ("rate",),
    "sigma": ("stddev",),
}
"""Arguments of layers that Keras 2 renamed, and their names in Keras 3."""

RENAMED: dict[str, tuple[str, ...]] = {
    **_OF_KERAS_1,
    "theta": ("threshold",),
    "alpha": ("negative_slope",),
    "lr": ("learning_rate",),
    "m": ("max_value",),
    "bins": ("bin_boundaries",),
    "max_tokens": ("num_tokens",),
    "max_values": ("max_tokens",),
    "mask_value": ("mask_token",),
    "oov_value": ("oov_token",),
}
"""The names in Keras 3 of the arguments of older versions, by class."""

OLDER_NAMES = {
    new: [old for old, names in RENAMED.items() if new in names] for names in RENAMED.values() for new in names
}
"""The names in older versions of the arguments of Keras 3."""

KERNEL_AXES = {2: ("nb_row", "nb_col"), 3: ("kernel_dim1", "kernel_dim2", "kernel_dim3")}
"""The arguments for the kernel size of a convolution in Keras 1, by its rank."""

KERNEL_KEYS = frozenset().union(*KERNEL_AXES.values())

KERAS_1_ARGUMENTS = frozenset(_OF_KERAS_1) | KERNEL_KEYS
"""The arguments of layers that have these names in Keras 1 only."""

NEW_IN_KERAS_2 = frozenset(name for names in _OF_KERAS_1.values() for name in names) - frozenset(
    "dropout padding pool_size recurrent_dropout size strides threshold".split()
)
"""The arguments that no layer of Keras 1 has."""

PASSED_OVER = frozenset(
    "autocast batch_input_shape batch_shape build_input_shape cache_enabled consume_less custom_name "
    "experimental_autocast fused implementation input_dim input_dtype input_length input_shape is_legacy_optimizer "
    "jit_compile num_constants oov_method schedule_decay shared_object_id vocabulary_size".split()
)
"""Arguments that have no effect on the layer itself, or no longer change what it computes."""

ACTIVATIONS = {"softmax_v2": "softmax", "log_softmax_v2": "log_softmax"}
"""The names under which TensorFlow's Keras saves functions of `tf.nn` as activations."""

LOSSES = {
    "logcosh": "log_cosh",
    "kullback_leibler_divergence": "kl_divergence",
    "cosine_proximity": "cosine_similarity",
    "cosine": "cosine_similarity",
    "huber_loss": "huber",
}
"""Names of losses that older versions accept, and their names in Keras 3."""

_VALUES: dict[str, dict[str, object]] = {
    "dim_ordering": {"th": "channels_first", "tf": "channels_last", "default": None},
    "reduction": {"auto": "sum_over_batch_size"},
    "forget_bias_init": {"one": True, "ones": True, "zero": False, "zeros": False},
}

OBJECTS = {
    "nonneg": "NonNeg",
    "maxnorm": "MaxNorm",
    "unitnorm": "UnitNorm",
    "WeightRegularizer": "L1L2",
    "ActivityRegularizer": "L1L2",
    "L1L2Regularizer": "L1L2",
    "activity_l1": "L1",
    "activity_l2": "L2",
    "activity_l1l2": "L1L2",
}

NONE_WITHOUT_ARGUMENTS = frozenset({"L1L2"})
"""Classes of objects that older versions save, without arguments, where none is set."""

SAVED_AS_BASE_CLASS = "VarianceScaling"
"""The class as which Keras 2 saves the initializers of `VARIANCE_SCALINGS`."""

VARIANCE_SCALINGS = {
    (1, "fan_avg", "uniform"): "GlorotUniform",
    (1, "fan_avg", "truncated_normal"): "GlorotNormal",
    (2, "fan_in", "uniform"): "HeUniform",
    (2, "fan_in", "truncated_normal"): "HeNormal",
    (1, "fan_in", "uniform"): "LecunUniform",
    (1, "fan_in", "truncated_normal"): "LecunNormal",
}
"""The initializer with this scale, mode and distribution."""


def object_class(name: str) -> str:
    """The Keras 3 name of an initializer, regularizer, ... of an older version."""
    return OBJECTS.get(name, name)


def renamed(key: str, arguments: Mapping[str, object]) -> str | None:
    """The Keras 3 name of an argument with an older name, among the arguments of a class; None if there is none."""
    return next((new for new in RENAMED.get(key, ()) if new in arguments), None)


def value(key: str, old: object) -> object:
    """The Keras 3 equivalent of the value of an older argument."""
    if key == "bins" and isinstance(old, list):
        return boundaries(old)
    if key == "salt" and old == UNSALTED:
        return None
    known = _VALUES.get(key)
    return known.get(old, old) if known is not None and isinstance(old, str) else old


_SIDES = ("top_pad", "bottom_pad", "left_pad", "right_pad")


def margins(padding: object, rank: int) -> object:
    """The `padding` of a ZeroPadding layer with `rank` axes, which Keras 1 also saves as a table or as 4 numbers."""
    if isinstance(padding, Mapping) and padding and set(_SIDES).issuperset(padding):
        padding = [padding.get(side, 0) for side in _SIDES[-2 * rank :]]
    if rank == 2 and isinstance(padding, list) and len(padding) == 4:
        return [padding[:2], padding[2:]]
    return padding


UNSALTED = [0xDECAFCAFFE, 0xDECAFCAFFE]
"""The salt that TensorFlow 2.4 saves for a Hashing layer without one, which uses a different hash function."""


def boundaries(bins: Sequence[object]) -> list[object]:
    """The `bin_boundaries` for the `bins` of TensorFlow 2.4, where a value equal to a boundary is in the bin below."""
    return [
        _next_float32(bin_) if isinstance(bin_, (int, float)) and math.isfinite(bin_) else bin_
        for bin_ in bins
        if bin_ != math.inf
    ]


_TINY = 1.17549435e-38


def _next_float32(number: float) -> float:
    """The next larger float32 number; TensorFlow treats numbers closer to zero than `_TINY` as zero."""
    try:
        bits: int = struct.unpack("<i", struct.pack("<f", number))[0]
        if abs(struct.unpack("<f", struct.pack("<f", number))[0]) < _TINY:
            return _TINY
        following: float = struct.unpack("<f", struct.pack("<i", bits + 1 if bits >= 0 else bits - 1))[0]
    except (OverflowError, struct.error):
        return number
    return float(f"{following:.9g}")


def kernel_size(config: Mapping[str, object]) -> list[Any] | None:
    """The kernel size of a convolution, which Keras 1 saves as one argument per axis; None without these."""
    for keys in KERNEL_AXES.values():
        if all(key in config for key in keys):
            return [config[key] for key in keys]
    return None
