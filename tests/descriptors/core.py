"""Dense, Embedding, Masking, ..."""

from tests.descriptors.descriptor import Descriptor

DESCRIPTORS = [
    Descriptor(
        "Dense",
        arguments=(
            {"units": 4},
            {"units": 1, "use_bias": False, "dtype": "float64"},
            {"units": 3, "lora_rank": 2},
            {"units": 3, "trainable": False},
        ),
        inputs=(
            [8],
            [5, 8],
            ["T", 8],
            ["?"],
            [4, "?"],
            [],
            {"shape": [8], "dtype": "int32"},
            {"shape": [3], "batch_size": 2},
        ),
    ),
]
