"""Dropout layers, noise layers, ActivityRegularization."""

from tests.descriptors.descriptor import Descriptor

TOKENS = {"type": "Embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True}
STATES = {"type": "LSTM", "units": 4, "return_state": True, "return_sequences": True}

INPUTS = ([8], ["T", 8], [], {"shape": [2, 3], "dtype": "int32", "batch_size": 2}, {"shape": [8], "dtype": "string"})
SEQUENCES = ([6, 4], ["T", 4], [4], [], [6, 6, 4], {"shape": [6, 4], "dtype": "int32", "batch_size": 2})
IMAGES = ([8, 6, 3], ["H", "?", 3], [8, 6], [4, 8, 6, 3], {"shape": [8, 6, 3], "dtype": "uint8"})
VOLUMES = ([4, 8, 6, 3], ["D", "?", 6, 3], [8, 6, 3], {"shape": [2, 8, 6, 3], "dtype": "bool", "batch_size": 2})


def passing(layer):
    """A mask, several tensors and a layer that takes a mask afterwards."""
    return (
        ([TOKENS, layer, {"type": "LSTM", "units": 2}], [5]),
        ([STATES, layer], [5, 2]),
        ([{"type": "Masking"}, layer], [5, 2, 2]),
    )


RATES = (
    {"rate": 0.5},
    {"rate": 0, "seed": 2**63 - 1},
    {"rate": 0.1, "seed": 2**63},
    {"rate": 1, "seed": 1 - 2**63},
    {"rate": 1.5},
    {"rate": -0.1},
    {"rate": 0.2, "dtype": "float16"},
)
# Keras surprise: the length of a noise shape is not compared with the axes before data arrives.
NOISE = ({"rate": 0.5, "noise_shape": ["none", 1]}, {"rate": 0.5, "noise_shape": []})

DESCRIPTORS = [
    Descriptor(
        "ActivityRegularization",
        arguments=({}, {"l1": 0.1, "l2": 1}, {"l1": "none"}, {"l2": -0.1}, {"activity_regularizer": "l2"}),
        inputs=INPUTS,
        pairs=passing({"type": "ActivityRegularization", "l2": 0.1}),
    ),
    Descriptor("Dropout", arguments=(*RATES, *NOISE), inputs=INPUTS, pairs=passing({"type": "Dropout", "rate": 0.5})),
    Descriptor(
        "AlphaDropout",
        # Keras surprise: this one takes any numbers in a noise shape.
        arguments=(*RATES, *NOISE, {"rate": 0.5, "noise_shape": [0, -1]}),
        inputs=INPUTS,
        pairs=passing({"type": "AlphaDropout", "rate": 0.5}),
    ),
    Descriptor("GaussianDropout", RATES, INPUTS, pairs=passing({"type": "GaussianDropout", "rate": 0.5})),
    Descriptor(
        "GaussianNoise",
        arguments=({"stddev": 0.5}, {"stddev": 0}, {"stddev": 1, "seed": -1}, {"stddev": 1.5}, {"stddev": -1}),
        inputs=INPUTS,
        pairs=passing({"type": "GaussianNoise", "stddev": 0.5}),
    ),
    Descriptor(
        "SpatialDropout1D",
        arguments=(*RATES, {"rate": 0.5, "trainable": False}),
        inputs=SEQUENCES,
        pairs=passing({"type": "SpatialDropout1D", "rate": 0.5}),
    ),
    Descriptor(
        "SpatialDropout2D",
        arguments=({"rate": 0.5}, {"rate": 0.5, "data_format": "channels_first"}, {"rate": 2}, {"rate": 0, "seed": 1}),
        inputs=IMAGES,
    ),
    Descriptor(
        "SpatialDropout3D",
        arguments=({"rate": 0.5}, {"rate": 0.5, "data_format": "channels_first", "dtype": "float16"}, {"rate": 2}),
        inputs=VOLUMES,
    ),
]
