"""ConvLSTM1D, ConvLSTM2D, ConvLSTM3D."""

from tests.descriptors.descriptor import Descriptor

_ARGUMENTS = (
    {"filters": 2, "kernel_size": 2},
    {"filters": 3, "kernel_size": 3, "padding": "SAME", "strides": 2, "return_sequences": True, "use_bias": False},
    {"filters": 2, "kernel_size": 2, "data_format": "channels_first", "return_state": True, "dtype": "float64"},
    {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "return_sequences": True, "go_backwards": True},
    {"filters": 2, "kernel_size": 2, "strides": 2, "dilation_rate": 2},
    {"filters": 2, "kernel_size": 1, "stateful": True, "trainable": False, "unroll": True},
    # Keras surprise: no filters at all are accepted.
    {"filters": 0, "kernel_size": 2, "dropout": 3, "recurrent_dropout": -1},
    {"filters": -1, "kernel_size": 2},
    {"filters": 2, "kernel_size": 0},
    {"filters": 2, "kernel_size": 2, "strides": 0},
    {"filters": 2, "kernel_size": 2, "padding": "causal"},
    {"filters": 2, "kernel_size": 2, "bias_initializer": "identity", "unit_forget_bias": False},
    {"filters": 2, "kernel_size": 2, "seed": 3, "recurrent_initializer": "zeros"},
)


def _inputs(rank):
    sizes = [5, 4, 6][:rank]
    return (
        [3, *sizes, 2],
        ["T", *sizes, 2],
        [3, *["H"] * rank, 2],
        [3, *sizes, "?"],
        [3, *[1] * rank, 2],
        [3, *[0] * rank, 2],
        [0, *sizes, 2],
        [*sizes, 2],
        [2, 3, *sizes, 2],
        {"shape": ["T", *sizes, 2], "batch_size": 2},
        {"shape": [3, *sizes, 2], "dtype": "uint8"},
    )


DESCRIPTORS = [
    Descriptor(
        f"ConvLSTM{rank}D",
        arguments=_ARGUMENTS if rank == 2 else _ARGUMENTS[:7],
        inputs=_inputs(rank),
        pairs=(
            (
                [
                    {"type": "Masking"},
                    {"type": f"ConvLSTM{rank}D", "filters": 2, "kernel_size": 1, "return_sequences": True},
                    {"type": f"ConvLSTM{rank}D", "filters": 2, "kernel_size": [2] * rank},
                ],
                ["T", *[4] * rank, 1],
            ),
        ),
    )
    for rank in (1, 2, 3)
]
