"""Activation, ELU, LeakyReLU, PReLU, ReLU, Softmax."""

from tests.descriptors.descriptor import Descriptor

TOKENS = {"type": "Embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True}
STATES = {"type": "LSTM", "units": 4, "return_state": True, "return_sequences": True}

INPUTS = (
    [8],
    ["T", 8],
    [4, "?", 3],
    [],
    # Keras surprise: any dtype is accepted while a model is built.
    *({"shape": [8], "dtype": dtype} for dtype in ("int32", "bool", "string", "float64", "complex64")),
    {"shape": [2, 3], "batch_size": 2},
)


def passing(layer):
    """A mask, several tensors and a layer that takes a mask afterwards."""
    return (
        ([TOKENS, layer, {"type": "LSTM", "units": 2}], [5]),
        ([STATES, layer], [5, 2]),
        ([{"type": "Masking"}, layer], [5, 2, 2]),
    )


DESCRIPTORS = [
    Descriptor(
        "Activation",
        arguments=(
            {"activation": "relu"},
            {"activation": "none"},
            {"activation": "softmax", "dtype": "float16"},
            {"activation": "gelu", "autocast": False},
        ),
        inputs=INPUTS,
        pairs=passing({"type": "Activation", "activation": "tanh"}),
    ),
    Descriptor(
        "ELU",
        # Keras surprise: a negative alpha is accepted.
        arguments=({}, {"alpha": 2}, {"alpha": -0.5, "dtype": "bfloat16"}),
        inputs=INPUTS,
        pairs=passing({"type": "ELU"}),
    ),
    Descriptor(
        "LeakyReLU",
        arguments=({}, {"negative_slope": 0}, {"negative_slope": 2.5}, {"negative_slope": -0.1}),
        inputs=INPUTS,
        pairs=passing({"type": "LeakyReLU"}),
    ),
    Descriptor(
        "PReLU",
        arguments=(
            {},
            {"shared_axes": 1},
            {"shared_axes": [1, 2]},
            # Keras surprise: 0 is the last axis, -1 the one before it.
            {"shared_axes": [0]},
            {"shared_axes": -1},
            {"shared_axes": [-7]},
            {"shared_axes": [4]},
            {"shared_axes": []},
            {"alpha_initializer": "identity", "dtype": "float64"},
            {"alpha_initializer": "he_normal", "trainable": False},
        ),
        inputs=(
            [8],
            ["T", 8],
            [4, "?", 3],
            [2, 3, 4],
            [],
            [2, 2],
            {"shape": [8], "dtype": "int32"},
            {"shape": [2, 3], "batch_size": 2},
        ),
        pairs=passing({"type": "PReLU", "shared_axes": [1]}),
    ),
    Descriptor(
        "ReLU",
        arguments=(
            {},
            {"max_value": 6, "negative_slope": 0.1, "threshold": 1},
            {"max_value": 0, "dtype": "float16"},
            {"max_value": -1},
            {"negative_slope": -1},
            {"threshold": -0.5},
        ),
        inputs=INPUTS,
        pairs=passing({"type": "ReLU"}),
    ),
    Descriptor(
        "Softmax",
        # Keras surprise: an axis that is not there, and a mask that does not fit, are found only when data arrives.
        arguments=({}, {"axis": 1}, {"axis": [1, 2]}, {"axis": []}, {"axis": 7, "dtype": "float64"}),
        inputs=INPUTS,
        pairs=passing({"type": "Softmax", "axis": 1}),
    ),
]
