"""CenterCrop, Resizing, RandomCrop, AutoContrast, Equalization, ..."""

from tests.descriptors.descriptor import Descriptor

SIZED = (
    [8, 8, 3],
    ["H", "W", 3],
    ["?", 8, "?"],
    [],
    [5],
    [5, 6],
    [2, 5, 6, 3],
    [2, 2, 5, 6, 3],
    {"shape": [8, 8, 3], "batch_size": 2, "dtype": "uint8"},
    {"shape": [8, 8, 3], "dtype": "float64"},
    {"shape": [3], "dtype": "string"},
)

SIZES = (
    {"height": 4, "width": 6},
    {"height": 4, "width": 6, "data_format": "channels_first"},
    {"height": 0, "width": 1},  # Keras surprise: nothing is left
    {"height": -1, "width": 6},
    {"height": 12, "width": 6, "dtype": "uint8", "trainable": False},
)

BEHIND_MASK = ({"type": "Masking"},)
CHANNELS = {"type": "Dense", "units": 3}
FLAT = {"type": "Flatten"}


STATES = {"type": "GRU", "units": 3, "return_state": True}
NESTED = [
    {"type": "RNN", "cell": [{"type": cell, "units": 3} for cell in cells], "return_state": True}
    for cells in (["LSTMCell"], ["LSTMCell", "GRUCell"])
]
"""Keras counts the two states of an LSTM cell as one: they are a list in its list of outputs."""


def _inside(layer):
    """A layer whose computation Keras traces."""
    return [{"type": "Pipeline", "layers": [layer]}]


def _equalize(**arguments):
    return {"type": "Equalization", **arguments}


SIZE = {"height": 4, "width": 6}
INSIDE = (
    {"type": "CenterCrop", **SIZE},
    {"type": "CenterCrop", "height": 9, "width": 9, "dtype": "float64"},
    {"type": "Resizing", **SIZE, "data_format": "channels_first"},
    {"type": "Resizing", **SIZE, "interpolation": "cubic"},
    {"type": "Resizing", **SIZE, "fill_mode": "mirror"},
    {"type": "Resizing", **SIZE, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
    {"type": "RandomCrop", **SIZE},
    {"type": "AutoContrast"},
    {"type": "AutoContrast", "dtype": "int32"},
    {"type": "Equalization"},
    {"type": "Equalization", "data_format": "channels_first"},
    {"type": "Equalization", "value_range": [1, 1]},
)
TRACED = ([8, 8, 3], ["H", 8, 3], [8, 8, "C"], [8, 8], [8], {"shape": [8, 8, 4], "batch_size": 2, "dtype": "uint8"})

DESCRIPTORS = [
    Descriptor(
        "Pipeline",
        arguments=(),
        inputs=(),
        pairs=tuple((_inside(layer), given) for layer in INSIDE for given in TRACED),
    ),
    Descriptor(
        "Resizing",
        arguments=(SIZE, {**SIZE, "data_format": "channels_first"}),
        inputs=([5, 8],),
        before=(STATES,),
        pairs=tuple(([rnn, {"type": "Resizing", **SIZE}], [5, 8]) for rnn in NESTED),
    ),
    Descriptor(
        "RandomCrop",
        arguments=(SIZE, {**SIZE, "data_format": "channels_first"}),
        inputs=([5, 8],),
        before=(STATES,),
        pairs=tuple(([rnn, {"type": "RandomCrop", **SIZE, "data_format": "channels_first"}], [5, 8]) for rnn in NESTED),
    ),
    Descriptor("CenterCrop", arguments=(SIZE,), inputs=([5, 8],), before=(STATES,)),
    Descriptor("AutoContrast", arguments=({},), inputs=([5, 8],), before=(STATES,)),
    Descriptor("CenterCrop", arguments=(*SIZES, {"height": 4, "width": 4, "factor": 1}), inputs=SIZED),
    Descriptor(
        "Resizing",
        arguments=(
            *SIZES,
            {"height": 4, "width": 6, "crop_to_aspect_ratio": True, "antialias": True, "data_format": "Channels_First"},
            # Keras surprises: neither the words nor the contradiction are looked at before data arrives.
            {"height": 4, "width": 6, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
            {"height": 4, "width": 6, "interpolation": "cubic", "fill_mode": "mirror", "fill_value": 0.5},
            {"height": 4, "width": 6, "data_format": "channels_middle"},
        ),
        inputs=SIZED,
    ),
    Descriptor("RandomCrop", arguments=(*SIZES, {"height": 4, "width": 6, "seed": 1}), inputs=SIZED),
    Descriptor("RandomCrop", arguments=({"height": 4, "width": 6},), inputs=([5, 6], [8, 8, 3]), before=BEHIND_MASK),
    Descriptor(
        "AutoContrast",
        arguments=(
            {},
            {"value_range": [0, 1], "data_format": "channels_first", "dtype": "float16"},
            {"value_range": [1, 0]},
            {"value_range": [1]},
            {"value_range": [0, 1, 2]},
        ),
        inputs=([8, 8, 3], ["T"], [], {"shape": [8, 8, 3], "dtype": "uint8"}, {"shape": [2], "dtype": "string"}),
    ),
    Descriptor(
        "ContrastLimitedAdaptiveHistogramEqualization",
        arguments=(
            {},
            {"clip_limit": -1, "tile_grid_size": [4, 0], "value_range": [0, 1], "data_format": "channels_first"},
            # Keras surprise: lists of any length pass.
            {"tile_grid_size": [4], "value_range": [0, 1, 2], "dtype": "float16"},
        ),
        inputs=([8, 8, 3], ["H", "W", 1], [4], {"shape": [8, 8, 3], "batch_size": 2, "dtype": "uint8"}),
    ),
    # Keras surprise: Equalization hands on the very tensor that arrives unless it is cast. In front of other layers it
    # is then left out of the model without a word, elsewhere the model cannot be made.
    Descriptor(
        "Equalization",
        arguments=(
            {},
            {"value_range": [0, 1], "bins": -4, "data_format": "channels_first", "dtype": "float16"},
            {"value_range": [0], "dtype": "float16"},
            {"dtype": "bfloat16", "autocast": False},
        ),
        inputs=([8, 8, 3], ["T"], [], {"shape": [8, 8, 3], "batch_size": 2, "dtype": "uint8"}),
        pairs=(
            ([_equalize(), FLAT], [8, 8, 3]),
            ([_equalize(), FLAT], {"shape": [8, 8, 3], "dtype": "uint8"}),
            ([_equalize(), _equalize(), FLAT], [8, 8, 3]),
            ([_equalize(), _equalize()], [8, 8, 3]),
            ([CHANNELS, _equalize(), FLAT], [8, 8, 1]),
            ([CHANNELS, _equalize(dtype="float64"), FLAT], [8, 8, 1]),
            ([_equalize(dtype="float64"), _equalize(dtype="float64"), FLAT], [8, 8, 1]),
            ([_equalize(), FLAT, _equalize(dtype="float64"), CHANNELS], [8, 8, 1]),
            ([_equalize(), FLAT, _equalize(), CHANNELS], [8, 8, 1]),
            ([{"type": "Masking"}, _equalize(dtype="float64"), {"type": "LSTM", "units": 2}], [8, 3]),
        ),
    ),
]
