"""BatchNormalization, GroupNormalization, LayerNormalization, RMSNormalization, UnitNormalization."""

from tests.descriptors.descriptor import Descriptor
from tests.introspection import KERAS

TOKENS = {"type": "Embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True}
STATES = {"type": "LSTM", "units": 4, "return_state": True, "return_sequences": True}

INPUTS = (
    [8],
    ["T", 8],
    [4, "?"],
    [6, 4, 8],
    ["?"],
    [],
    [0],
    {"shape": [4, 8], "batch_size": 2},
    {"shape": [8], "dtype": "int32"},
    {"shape": [8], "dtype": "string"},
)


def passing(layer):
    """A mask, several tensors and a layer that takes a mask afterwards."""
    return (
        ([TOKENS, layer, {"type": "LSTM", "units": 2}], [5]),
        ([STATES, layer], [5, 2]),
        ([{"type": "Masking"}, layer], [5, 2, 2]),
    )


_CLIPPINGS = (
    {},
    {"rmax": 3, "rmin": 0.3, "dmax": 5},
    {"rmax": 1, "rmin": 2},
    {"dmax": -1},
    {"rmax": 3, "max": 2},
)
RENORM = (
    {"renorm": True, "center": False},
    {"renorm": True, "moving_variance_initializer": "none"},
    {"renorm": True, "renorm_momentum": 0.5, "dtype": "int32"},
    # Keras surprise: without renorm, renorm_clipping may hold anything.
    {"renorm_clipping": {"max": -1}},
    *({"renorm": True, "renorm_clipping": clipping} for clipping in _CLIPPINGS),
)

DESCRIPTORS = [
    Descriptor(
        "BatchNormalization",
        arguments=(
            {},
            {"axis": 1, "center": False},
            {"axis": 0, "scale": False, "dtype": "float16"},
            {"axis": -3, "trainable": False},
            {"axis": 4},
            # Keras surprise: a negative epsilon and a momentum above 1 are accepted.
            {"epsilon": -1, "momentum": 2, "center": False, "scale": False},
            {"gamma_initializer": "orthogonal"},
            {"moving_mean_initializer": "random_normal", "synchronized": True, "dtype": "float64"},
            {"dtype": "string"},
            *(RENORM if KERAS >= (3, 14) else ()),
        ),
        inputs=INPUTS,
        # Keras surprise: a mask that does not fit is found only when data arrives.
        pairs=passing({"type": "BatchNormalization"}),
    ),
    Descriptor(
        "GroupNormalization",
        arguments=(
            {"groups": 4},
            {"groups": -1, "center": False},
            {"groups": 2, "axis": 1, "scale": False},
            {"groups": 2, "axis": 0},
            {"groups": 3},
            {},
            {"groups": 2, "axis": -4},
            {"groups": 0},
            {"groups": 4, "dtype": "float16", "trainable": False},
        ),
        inputs=INPUTS,
        pairs=passing({"type": "GroupNormalization", "groups": 2}),
    ),
    Descriptor(
        "LayerNormalization",
        arguments=(
            {},
            {"axis": [1, -1]},
            {"axis": [2, 1], "scale": False},
            {"axis": [0, 1]},
            {"axis": 3},
            # Keras surprise: no axis at all makes one weight, an axis given twice stands in the shape twice.
            {"axis": []},
            {"axis": [-1, -1]},
            {"axis": 1, "center": False, "scale": False},
            # Keras surprise: rms_scaling still works, with a factor even where scale is false.
            {"rms_scaling": True},
            {"rms_scaling": True, "center": False, "scale": False},
            {"rms_scaling": False},
            {"beta_initializer": "identity", "axis": [1, 2], "dtype": "float64"},
            {"trainable": False, "dtype": "float16"},
        ),
        inputs=INPUTS,
        pairs=(
            *passing({"type": "LayerNormalization"}),
            ([STATES, {"type": "LayerNormalization", "center": False, "scale": False}], [5, 2]),
            ([STATES, {"type": "LayerNormalization", "center": False, "scale": False, "axis": 3}], [5, 2]),
        ),
    ),
    Descriptor(
        "RMSNormalization",
        arguments=(
            {},
            {"axis": [2, 1], "epsilon": 0},
            {"axis": 0},
            {"axis": -3},
            {"axis": []},
            {"dtype": "float16", "trainable": False},
            {"dtype": "string"},
        ),
        inputs=INPUTS,
        pairs=passing({"type": "RMSNormalization"}),
    ),
    Descriptor(
        "UnitNormalization",
        arguments=({}, {"axis": [1, 2]}, {"axis": []}, {"axis": 3}, {"axis": -3, "dtype": "float16"}),
        inputs=INPUTS,
        pairs=passing({"type": "UnitNormalization", "axis": -2}),
    ),
]
