"""Initializers that fit their variable, and those for which Keras raises an error when it builds a layer."""

from tests.descriptors.descriptor import Descriptor

_FITTING = (
    "identity",
    "orthogonal",
    "constant",
    "IdentityInitializer",
    {"type": "Constant", "value": [1, 2, 3]},
    {"type": "Constant", "value": [[1], [2]]},
    {"type": "Constant", "value": [[[1]]]},
    {"type": "Constant", "value": [1, 2, 3, 4]},
    {"type": "RandomUniform", "minval": -2, "maxval": 3},
)

DESCRIPTORS = [
    Descriptor(
        "Dense",
        arguments=(
            *({"units": 3, "kernel_initializer": entry} for entry in _FITTING),
            *({"units": 3, "bias_initializer": entry} for entry in _FITTING),
            {"units": 3, "dtype": "int32"},
            {"units": 3, "dtype": "int32", "kernel_initializer": "random_uniform"},
            {"units": 9, "dtype": "int64"},
            {"units": 3, "dtype": "bfloat16", "kernel_initializer": "orthogonal"},
        ),
        inputs=([2], [3]),
    ),
    Descriptor(
        "LSTM",
        arguments=(
            {"units": 3, "dtype": "bfloat16"},
            {"units": 3, "recurrent_initializer": "identity"},
            {"units": 3, "bias_initializer": "orthogonal"},
        ),
        inputs=([4, 2],),
    ),
    Descriptor(
        "Conv1D",
        arguments=(
            {"filters": 2, "kernel_size": 2, "kernel_initializer": "identity"},
            {"filters": 2, "kernel_size": 2, "kernel_initializer": "orthogonal"},
            {"filters": 2, "kernel_size": 2, "kernel_initializer": {"type": "STFT", "window": "none"}},
            {"filters": 2, "kernel_size": 2, "kernel_initializer": {"type": "STFT", "window": [1, 2, 3]}},
        ),
        inputs=([5, 1],),
    ),
]
