"""Flatten, Reshape, Permute, RepeatVector, cropping, padding and upsampling."""

from tests.descriptors.descriptor import Descriptor

TOKENS = {"type": "Embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True}

DTYPES = tuple({"shape": [4, 6], "dtype": dtype} for dtype in ("int32", "string", "float64"))
SEQUENCES = (
    [6, 4],
    ["T", 4],
    [6, "?"],
    [2, 4],
    [0, 4],
    [4],
    [6, 6, 4],
    {"shape": [6, 4], "batch_size": 2},
    {"shape": [6, 4], "dtype": "int32"},
)
IMAGES = (
    [8, 6, 3],
    ["H", "W", 3],
    ["?", 6, 3],
    [2, 6, 3],
    [8, 6],
    [4, 8, 6, 3],
    {"shape": [8, 6, 3], "batch_size": 2},
    {"shape": [8, 6, 3], "dtype": "uint8"},
)
VOLUMES = (
    [4, 8, 6, 3],
    ["D", "H", 6, "?"],
    [2, 8, 6, 3],
    [8, 6, 3],
    [2, 4, 8, 6, 3],
    {"shape": [4, 8, 6, 3], "dtype": "bool", "batch_size": 2},
)


def masked(layer):
    """A mask, which ends at the layer."""
    return (([TOKENS, layer, "Identity"], [6]),)


DESCRIPTORS = [
    Descriptor(
        "Flatten",
        arguments=({}, {"data_format": "channels_first"}, {"dtype": "float16"}),
        inputs=(
            [4, 6],
            [8],
            [],
            ["T", 6],
            ["T", 0],
            [0, 4],
            ["H", "W", 3],
            ["?", 3],
            *DTYPES,
            {"shape": [4, 6], "batch_size": 2},
            {"shape": [8], "sparse": True},
        ),
        pairs=(*masked("Flatten"), ([{"type": "Flatten", "data_format": "first"}], [4, 6])),
    ),
    Descriptor(
        "Reshape",
        arguments=(
            {"target_shape": [24]},
            {"target_shape": [2, 12]},
            {"target_shape": [-1]},
            {"target_shape": [-1, 6]},
            {"target_shape": [3, -1, 2]},
            {"target_shape": [5, -1]},
            {"target_shape": [0, -1]},
            {"target_shape": [0]},
            {"target_shape": []},
            {"target_shape": [-1, -1]},
            {"target_shape": [-2, 12]},
            {"target_shape": [4, 6], "dtype": "float16"},
            # Keras surprise: none stands for a size that stays unknown, though it could be known.
            {"target_shape": ["none", 6]},
            {"target_shape": ["none", -1]},
        ),
        inputs=(
            [4, 6],
            [24],
            [],
            [1],
            [0],
            ["T", 6],
            ["T", 5],
            ["?"],
            [0, "T"],
            *DTYPES,
            {"shape": [24], "batch_size": 2, "sparse": True},
        ),
        pairs=masked({"type": "Reshape", "target_shape": [4, 6]}),
    ),
    Descriptor(
        "Permute",
        arguments=(
            {"dims": [2, 1]},
            {"dims": [1]},
            {"dims": []},
            {"dims": [3, 1, 2], "dtype": "float64"},
            {"dims": [1, 0]},
            {"dims": [1, 3]},
            {"dims": [1, 1]},
            {"dims": [-1, 1]},
        ),
        inputs=([4, 6], ["T", 6], [8], [], [2, 3, 4], *DTYPES, {"shape": [4, 6], "batch_size": 2, "sparse": True}),
        pairs=masked({"type": "Permute", "dims": [2, 1]}),
    ),
    Descriptor(
        "RepeatVector",
        arguments=({"n": 3}, {"n": 1, "dtype": "float16"}, {"n": -1}),
        inputs=([8], ["?"], ["N"], [], [4, 6], {"shape": [8], "dtype": "int32", "batch_size": 2}),
        pairs=masked({"type": "RepeatVector", "n": 2}),
    ),
    Descriptor(
        "Cropping1D",
        arguments=({}, {"cropping": 0}, {"cropping": 3}, {"cropping": [2, 1]}, {"cropping": [1]}, {"cropping": -1}),
        inputs=SEQUENCES,
        pairs=masked({"type": "Cropping1D"}),
    ),
    Descriptor(
        "Cropping2D",
        arguments=(
            {},
            {"cropping": 1, "dtype": "float16"},
            {"cropping": [1, 2]},
            {"cropping": [[1, 0], 3]},
            {"cropping": [[0, 2], [1, 1]], "data_format": "channels_first"},
            {"cropping": [1]},
            {"cropping": [[1, 2, 3], 1]},
            {"cropping": -1},
        ),
        inputs=IMAGES,
    ),
    Descriptor(
        "Cropping3D",
        arguments=(
            {},
            {"cropping": [1, 2, [0, 1]], "data_format": "channels_first"},
            {"cropping": [[1, 0], [2, 2], [0, 5]]},
            {"cropping": [1, 2]},
        ),
        inputs=VOLUMES,
    ),
    Descriptor(
        "UpSampling1D",
        arguments=({}, {"size": 1}, {"size": 3, "dtype": "float64"}),
        inputs=SEQUENCES,
        pairs=masked({"type": "UpSampling1D"}),
    ),
    Descriptor(
        "UpSampling2D",
        arguments=(
            {},
            {"size": 3, "interpolation": "bilinear"},
            {"size": [1, 2], "data_format": "channels_first"},
            {"size": 0},
            {"size": [1, 2, 3]},
        ),
        inputs=IMAGES,
    ),
    Descriptor(
        "UpSampling3D",
        arguments=({}, {"size": [1, 2, 3], "data_format": "channels_first"}, {"size": 3}, {"size": [1, 2]}),
        inputs=VOLUMES,
    ),
    Descriptor(
        "ZeroPadding1D",
        arguments=(
            {},
            {"padding": 0},
            {"padding": [0, 3], "data_format": "channels_first"},
            {"padding": -1},
            {"padding": [1, 2, 3]},
        ),
        inputs=SEQUENCES,
        pairs=masked({"type": "ZeroPadding1D"}),
    ),
    Descriptor(
        "ZeroPadding2D",
        arguments=(
            {},
            {"padding": [[1, 0], 2]},
            {"padding": [1, 2], "data_format": "channels_first"},
            # Keras surprise: one number below zero takes away, as long as something is left.
            {"padding": -1},
            {"padding": -2, "dtype": "float16"},
            {"padding": [-1, 1]},
        ),
        inputs=IMAGES,
    ),
    Descriptor(
        "ZeroPadding3D",
        arguments=(
            {},
            {"padding": [1, [0, 2], 0]},
            {"padding": 2, "data_format": "channels_first"},
            {"padding": -1},
            {"padding": [1, 1]},
        ),
        inputs=VOLUMES,
    ),
]
