"""What older Kerases called the classes and arguments that Keras 3 has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CLASSES: dict[str, tuple[str, dict[str, Any]]] = {
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

GONE: dict[str, str] = {
    "Merge": "it needs several inputs; a Sequential model passes one tensor",
    "MaxoutDense": "removed in Keras 2",
    "Highway": "removed in Keras 2",
    "SReLU": "removed in Keras 2",
    "ParametricSoftplus": "removed in Keras 2",
    "LocallyConnected1D": "removed in Keras 3",
    "LocallyConnected2D": "removed in Keras 3",
    "RandomHeight": "removed in Keras 3",
    "RandomWidth": "removed in Keras 3",
    "DenseFeatures": "removed in Keras 3",
}
"""Classes that have no successor, and why."""

_RENAMED: dict[str, tuple[str, ...]] = {
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
    "theta": ("threshold",),
    "alpha": ("negative_slope",),
    "lr": ("learning_rate",),
    "m": ("max_value",),
}

PASSED_OVER = frozenset(
    "autocast batch_input_shape batch_shape build_input_shape cache_enabled consume_less custom_name "
    "experimental_autocast fused implementation input_dim input_dtype input_length input_shape is_legacy_optimizer "
    "jit_compile num_constants oov_method schedule_decay shared_object_id vocabulary_size".split()
)
"""Arguments that has no effect on the layer itself, or that no longer change what it computes."""

_VALUES: dict[str, dict[Any, Any]] = {
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
}


def object_class(name: str) -> str:
    """The name that Keras 3 has for an initializer, a regularizer, ... of an older one."""
    return OBJECTS.get(name, name)


def renamed(key: str, arguments: Mapping[str, object]) -> str | None:
    """The argument of Keras 3 that an older name stands for, in a class with these arguments."""
    return next((new for new in _RENAMED.get(key, ()) if new in arguments), None)


def value(key: str, old: object) -> Any:
    """The value that an older argument's value stands for."""
    known = _VALUES.get(key)
    return known.get(old, old) if known is not None and isinstance(old, str) else old


def kernel_size(config: Mapping[str, object]) -> list[Any] | None:
    """The window of a convolution that Keras 1 kept in one number an axis."""
    for keys in (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3")):
        if all(key in config for key in keys):
            return [config[key] for key in keys]
    return None


KERNEL_KEYS = frozenset({"nb_row", "nb_col", "kernel_dim1", "kernel_dim2", "kernel_dim3"})
