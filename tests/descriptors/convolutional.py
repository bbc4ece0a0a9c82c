"""Convolutions, their transposes, depthwise and separable convolutions."""

from tests.descriptors.descriptor import Descriptor

_SHAPES_1D = (
    [12, 4],
    [12, 6],
    ["T", 4],
    ["?", 4],
    [12, "?"],
    [0, 4],
    [12, 0],
    [2, 4],
    [12],
    [3, 12, 4],
    {"shape": [9, 2], "batch_size": 5},
)
_SHAPES_2D = (
    [12, 10, 4],
    ["H", "W", 4],
    ["?", 9, 6],
    [12, 10, "?"],
    [4, 3, 4],
    [4, 0, 4],
    [12, 10],
    [5, 12, 10, 4],
    [4, 12, 10],
    {"shape": [12, 10, 2], "batch_size": 2},
)
_SHAPES_3D = ([6, 7, 8, 4], ["D", 7, "?", 4], [6, 7, 8, "?"], [6, 2, 8, 4], [6, 7, 8], [2, 6, 7, 8, 4])

# Nothing is traced: dtypes of which TensorFlow makes no convolution pass, and are named surprises of the layers.
_DTYPES = tuple(
    {"shape": [8, 8, 4], "dtype": dtype}
    for dtype in ("float16", "bfloat16", "float64", "int32", "uint8", "bool", "string", "complex64")
)
_LAYER_DTYPES = (
    {"dtype": "float64"},
    {"dtype": "mixed_bfloat16", "trainable": False},
    {"dtype": "float16", "autocast": False},
    {"dtype": "int32"},
)


def _conv(name, shapes, rank):
    several = [2, 3, 1][:rank]
    return Descriptor(
        name,
        arguments=(
            {"filters": 6, "kernel_size": 3, "activation": "relu"},
            {"filters": 6, "kernel_size": several, "strides": 2, "padding": "Same", "use_bias": False},
            {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "groups": 2, "data_format": "Channels_Last"},
            {"filters": 3, "kernel_size": 2, "strides": several, "data_format": "channels_first", "trainable": False},
        ),
        inputs=shapes,
    )


def _lone(name, rank, *layers):
    """Argument sets that meet one input that suits them."""
    given = [9] * rank + [4]
    return tuple(([{"type": name, **arguments}], given) for arguments in layers)


_REFUSED_CONV = (
    {"filters": 6, "kernel_size": 3, "groups": 4},
    {"filters": 6, "kernel_size": 3, "groups": 3},
    {"filters": 6, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
    {"filters": 0, "kernel_size": 3},
    {"filters": 6, "kernel_size": 0},
    {"filters": 6, "kernel_size": 3, "strides": 0},
    {"filters": 6, "kernel_size": 3, "groups": 0},
    {"filters": 6, "kernel_size": [3, 3, 3, 3]},
    {"filters": 6, "kernel_size": 3, "padding": "full"},
    {"filters": 6, "kernel_size": 3, "data_format": "channels"},
    {"filters": 6, "kernel_size": 3, "lora_rank": 2, "kernel_constraint": "max_norm"},
    {"filters": 6, "kernel_size": 3, "lora_rank": -1},
)
_ACCEPTED_CONV = (
    {"filters": 6, "kernel_size": 3, "lora_rank": 2, "lora_alpha": 0.5, "dtype": "float16"},
    {"filters": 6, "kernel_size": 3, "lora_rank": 0, "kernel_constraint": "max_norm"},
    {"filters": 6, "kernel_size": 3, "lora_rank": 1, "use_bias": False, "trainable": False},
    {"filters": 6, "kernel_size": 3, "kernel_initializer": "none", "bias_initializer": "none"},
    {"filters": 6, "kernel_size": 9},
    {"filters": 6, "kernel_size": 10},
    {"filters": 6, "kernel_size": 5, "dilation_rate": 2},
    {"filters": 6, "kernel_size": 5, "dilation_rate": 3},
    {"filters": 6, "kernel_size": 1, "strides": 20},
)
_TRANSPOSE = (
    {"filters": 3, "kernel_size": 3, "activation": "relu"},
    {"filters": 3, "kernel_size": 2, "strides": 3},
    {"filters": 3, "kernel_size": 4, "strides": 2, "padding": "SAME", "use_bias": False},
    {"filters": 3, "kernel_size": 3, "dilation_rate": 2, "data_format": "channels_first"},
)
_TRANSPOSE_LONE = (
    {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": 1},
    {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": 1, "padding": "same"},
    {"filters": 3, "kernel_size": 4, "strides": 3, "output_padding": 0, "padding": "same"},
    {"filters": 3, "kernel_size": 3, "dilation_rate": 2, "output_padding": "none"},
    {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": 2},
    {"filters": 3, "kernel_size": 3, "output_padding": 1},
    {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": -1},
    {"filters": 3, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
    {"filters": 3, "kernel_size": 3, "padding": "causal"},
    {"filters": -3, "kernel_size": 3},
)
_DEPTHWISE = (
    {"kernel_size": 3, "activation": "relu"},
    {"kernel_size": 2, "strides": 2, "padding": "Same", "depth_multiplier": 3, "use_bias": False},
    {"kernel_size": 2, "dilation_rate": 2, "data_format": "channels_first", "trainable": False},
)
_DEPTHWISE_LONE = (
    {"kernel_size": 3, "strides": 2, "dilation_rate": 2},
    {"kernel_size": 3, "depth_multiplier": 0},
    {"kernel_size": 3, "padding": "causal"},
    {"kernel_size": 5, "dilation_rate": 3},
    {"kernel_size": 3, "depthwise_initializer": "orthogonal", "dtype": "float64"},
    {"kernel_size": 3, "depthwise_initializer": "identity"},
    {"kernel_size": 3, "dtype": "int32"},
)


def _with_filters(layers, filters=5):
    return tuple({"filters": filters, **arguments} for arguments in layers)


_SEPARABLE_LONE = (
    *_with_filters(_DEPTHWISE_LONE),
    {
        "filters": 5,
        "kernel_size": 3,
        "pointwise_initializer": "zeros",
        "depthwise_initializer": "ones",
        "dtype": "int32",
    },
    {"filters": 0, "kernel_size": 3},
)

DESCRIPTORS = [
    _conv("Conv1D", _SHAPES_1D, 1),
    _conv("Conv2D", _SHAPES_2D, 2),
    _conv("Conv3D", _SHAPES_3D, 3),
    Descriptor("Conv1D", ({"filters": 2, "kernel_size": 4, "padding": "Causal", "dilation_rate": 2},), _SHAPES_1D),
    Descriptor(
        "Conv2D",
        arguments=({"filters": 2, "kernel_size": 3},),
        inputs=_DTYPES,
        pairs=(
            *_lone(
                "Conv1D",
                1,
                *_REFUSED_CONV,
                *_ACCEPTED_CONV,
                {"filters": 2, "kernel_size": 3, "padding": "causal", "strides": 2},
            ),
            *_lone("Conv2D", 2, *_REFUSED_CONV, *_ACCEPTED_CONV, {"filters": 2, "kernel_size": 3, "padding": "causal"}),
            *_lone("Conv3D", 3, *_REFUSED_CONV, *_ACCEPTED_CONV),
            *_lone("Conv2D", 2, *({"filters": 2, "kernel_size": 3, **more} for more in _LAYER_DTYPES)),
            # A mask arrives and ends here.
            (
                [
                    {"type": "Embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True},
                    {"type": "Conv1D", "filters": 2, "kernel_size": 3},
                    {"type": "SeparableConv1D", "filters": 2, "kernel_size": 3},
                ],
                ["T"],
            ),
            # The size is lost before the second convolution.
            ([{"type": "Conv2D", "filters": 2, "kernel_size": 3}] * 2, [4, 4, 1]),
        ),
    ),
    Descriptor("Conv1DTranspose", _TRANSPOSE, _SHAPES_1D, pairs=_lone("Conv1DTranspose", 1, *_TRANSPOSE_LONE)),
    Descriptor(
        "Conv2DTranspose",
        _TRANSPOSE,
        _SHAPES_2D,
        pairs=(
            *_lone("Conv2DTranspose", 2, *_TRANSPOSE_LONE),
            *_lone("Conv2DTranspose", 2, *({"filters": 2, "kernel_size": 3, **more} for more in _LAYER_DTYPES)),
            (
                [{"type": "Conv2DTranspose", "filters": 2, "kernel_size": 3, "strides": 2, "output_padding": [0, 1]}],
                ["H", 7, 3],
            ),
            # A size of zero is left, and a negative one refused.
            (
                [
                    {
                        "type": "Conv1DTranspose",
                        "filters": 2,
                        "kernel_size": 2,
                        "strides": 2,
                        "padding": "same",
                        "output_padding": 0,
                    }
                ],
                [1, 3],
            ),
            ([{"type": "Conv1DTranspose", "filters": 2, "kernel_size": 2, "strides": 5, "output_padding": 0}], [0, 3]),
            ([{"type": "Conv1DTranspose", "filters": 2, "kernel_size": 2, "strides": 5}], [0, 3]),
        ),
    ),
    Descriptor("Conv3DTranspose", _TRANSPOSE, _SHAPES_3D, pairs=_lone("Conv3DTranspose", 3, *_TRANSPOSE_LONE)),
    Descriptor("DepthwiseConv1D", _DEPTHWISE, _SHAPES_1D, pairs=_lone("DepthwiseConv1D", 1, *_DEPTHWISE_LONE)),
    Descriptor("DepthwiseConv2D", _DEPTHWISE, _SHAPES_2D, pairs=_lone("DepthwiseConv2D", 2, *_DEPTHWISE_LONE)),
    Descriptor(
        "SeparableConv1D", _with_filters(_DEPTHWISE), _SHAPES_1D, pairs=_lone("SeparableConv1D", 1, *_SEPARABLE_LONE)
    ),
    Descriptor(
        "SeparableConv2D", _with_filters(_DEPTHWISE), _SHAPES_2D, pairs=_lone("SeparableConv2D", 2, *_SEPARABLE_LONE)
    ),
]
