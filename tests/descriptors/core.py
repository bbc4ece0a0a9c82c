"""Dense, EinsumDense, Embedding, ReversibleEmbedding, Identity, Masking."""

from tests.descriptors.descriptor import Descriptor

TOKENS = {"type": "Embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True}
STATES = {"type": "LSTM", "units": 4, "return_state": True}

DESCRIPTORS = [
    Descriptor(
        "Dense",
        arguments=(
            {"units": 4},
            {"units": 1, "use_bias": False, "dtype": "float64"},
            {"units": 3, "lora_rank": 2, "lora_alpha": 0.5},
            # Keras surprise: a rank of 0 means no adapter.
            {"units": 3, "lora_rank": 0, "kernel_constraint": {"type": "NonNeg"}},
            {"units": 3, "lora_rank": 1, "kernel_constraint": {"type": "NonNeg"}},
            {"units": 3, "trainable": False, "lora_rank": 1, "dtype": "float16"},
            {"units": 3, "kernel_initializer": "identity", "activation": "softmax"},
            {"units": 3, "bias_initializer": "orthogonal"},
            {"units": 3, "kernel_initializer": "ones", "dtype": "int"},
            {"units": -1, "lora_rank": 1},
            {"units": 3, "lora_rank": -1},
        ),
        inputs=(
            [8],
            [5, 8],
            ["T", 8],
            ["?"],
            [4, "?"],
            [],
            [0],
            [2, 2, 2, 2, 3],
            {"shape": [8], "dtype": "int32"},
            {"shape": [8], "dtype": "string"},
            {"shape": [3], "batch_size": 2},
        ),
        pairs=(
            ([TOKENS, {"type": "Dense", "units": 3}], [5]),
            ([{"type": "Dense", "units": 3, "dtype": "int32"}], [8]),
            ([{"type": "Dense", "units": 3, "kernel_initializer": "zeros", "dtype": "int32"}], [8]),
            ([{"type": "Dense", "units": 3, "autocast": False}], {"shape": [8], "dtype": "float64"}),
            (["Flatten", {"type": "Dense", "units": 3}], ["T", 8]),
            ([STATES, {"type": "Dense", "units": 3}], [5, 2]),
            # More elements than TensorFlow counts.
            (["Flatten", {"type": "Dense", "units": 2**62}], [3]),
            (["Flatten", {"type": "Dense", "units": 2**63}], [1]),
            ([{"type": "TimeDistributed", "layer": {"type": "Dense", "units": 2**60}}], [2, 9]),
            (["Flatten", {"type": "Embedding", "input_dim": 2**40, "output_dim": 2**24}], [3]),
        ),
    ),
    Descriptor(
        "EinsumDense",
        arguments=(
            {"equation": "ab,bc->ac", "output_shape": 3},
            {"equation": "ab,bc->ac", "output_shape": [3], "bias_axes": "c", "lora_rank": 2},
            {"equation": "abc,cd->abd", "output_shape": ["none", 3], "bias_axes": "d"},
            {"equation": "abc,cd->abd", "output_shape": [5, 3], "bias_axes": "bd"},
            {"equation": "abc,cd->abd", "output_shape": ["none", 3], "bias_axes": "b"},
            # Keras surprise: the axes that "..." stands for come out in reverse order.
            {"equation": "...x,xy->...y", "output_shape": 3, "bias_axes": "y"},
            {"equation": "...xy,xyz->...z", "output_shape": 3},
            {"equation": "ab...,bc->ac...", "output_shape": [3], "bias_axes": "c", "trainable": False},
            {"equation": "abc,cde->abde", "output_shape": ["none", 2, 3], "bias_axes": "de", "dtype": "float16"},
            {"equation": "ab,bc->ca", "output_shape": ["none"]},
            {"equation": "aab,bc->ac", "output_shape": 3},
            {"equation": "...aaa,ab->...b", "output_shape": [3]},
            {"equation": "ab,bc->ac", "output_shape": [3, 4]},
            {"equation": "ab,bc->ac", "output_shape": []},
            {"equation": "ab,b->a", "output_shape": []},
            {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": ""},
            {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "b"},
            {"equation": "ab,bd->ac", "output_shape": 3},
            {"equation": "ab,bc", "output_shape": 3},
            {"equation": "ab,bc->ac", "output_shape": 3, "kernel_constraint": {"type": "NonNeg"}, "lora_rank": 1},
            {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c", "bias_initializer": "identity"},
            {"equation": "ab,bcc->ac", "output_shape": 2},
            {"equation": "ab,bcc->acc", "output_shape": [2, 2]},
            # As many axes as TensorFlow supports, and one more.
            {"equation": f"ab,b{'c' * 253}->ac", "output_shape": 1},
            {"equation": f"ab,b{'c' * 254}->ac", "output_shape": 1},
        ),
        inputs=(
            [8],
            [5, 8],
            ["T", 8],
            [8, "T"],
            ["?"],
            [2, 5, 8],
            [2, 3, 4, 5],
            [],
            {"shape": [5, 8], "dtype": "int32", "batch_size": 2},
        ),
        pairs=(([TOKENS, {"type": "EinsumDense", "equation": "abc,cd->abd", "output_shape": ["none", 2]}], [5]),),
    ),
    Descriptor(
        "Embedding",
        arguments=(
            {"input_dim": 10, "output_dim": 4},
            {"input_dim": 10, "output_dim": 4, "mask_zero": True, "dtype": "float16"},
            {"input_dim": 10, "output_dim": 4, "lora_rank": 2, "trainable": False},
            {"input_dim": 10, "output_dim": 4, "lora_rank": 2, "embeddings_constraint": {"type": "UnitNorm"}},
            {"input_dim": 10, "output_dim": 4, "embeddings_initializer": "ones", "dtype": "int32"},
            {"input_dim": 10, "output_dim": 4, "embeddings_initializer": "ones", "dtype": "int"},
            {"input_dim": 3, "output_dim": 3, "embeddings_initializer": "identity", "weights": "none"},
            {"input_dim": 3, "output_dim": 1, "weights": [[1.0], [2.0], [3.0]]},
        ),
        inputs=(
            [5],
            ["T"],
            [2, 3],
            [],
            # Keras surprise: any dtype is accepted while a model is built.
            *({"shape": [5], "dtype": dtype} for dtype in ("int32", "int64", "uint8", "float64", "bool", "string")),
            {"shape": [5], "dtype": "int32", "batch_size": 2},
        ),
        pairs=(
            ([{"type": "Embedding", "input_dim": 0, "output_dim": 4, "lora_rank": -1}], [5]),
            ([TOKENS, {"type": "Embedding", "input_dim": 9, "output_dim": 2}, "Identity"], [5]),
            ([{"type": "Masking"}, TOKENS, "Identity"], [5, 2]),
            ([STATES, TOKENS], [5, 2]),
        ),
    ),
    Descriptor(
        "ReversibleEmbedding",
        arguments=(
            {"input_dim": 10, "output_dim": 4, "mask_zero": True},
            {"input_dim": 10, "output_dim": 4, "tie_weights": False, "reverse_dtype": "float32"},
            {"input_dim": 10, "output_dim": 4, "tie_weights": False, "embeddings_initializer": "ones"},
            {"input_dim": 10, "output_dim": 4, "lora_rank": 1, "logit_soft_cap": 30},
            {"input_dim": 10, "output_dim": 4, "lora_rank": 1, "tie_weights": False},
        ),
        inputs=([5], ["T"], [], {"shape": [5], "dtype": "int32"}, {"shape": [2, 3], "dtype": "string"}),
        pairs=(
            (
                [
                    {"type": "ReversibleEmbedding", "input_dim": 9, "output_dim": 4, "mask_zero": True},
                    {"type": "Bidirectional", "layer": {"type": "LSTM", "units": 2}},
                ],
                [5],
            ),
        ),
    ),
    Descriptor(
        "Identity",
        arguments=({}, {"dtype": "float16"}, {"autocast": False}),
        inputs=(
            [8],
            ["T", 8],
            [],
            {"shape": [8], "dtype": "float64", "batch_size": 2},
            {"shape": [8], "dtype": "string"},
            {"shape": [8], "dtype": "int"},
            {"shape": [8], "sparse": True},
        ),
        pairs=(
            ([TOKENS, "Identity", {"type": "LSTM", "units": 2}], [5]),
            ([STATES, "Identity"], [5, 2]),
            ([STATES, "Identity", "Identity"], ["T", 2]),
        ),
    ),
    Descriptor(
        "Masking",
        arguments=({}, {"mask_value": -1, "dtype": "float64"}, {"mask_value": 0.5}),
        inputs=([5, 8], ["T", 8], [8], [], [2, 3, 4], {"shape": [5, 8], "dtype": "int32", "batch_size": 2}),
        pairs=(
            ([{"type": "Masking"}, {"type": "LSTM", "units": 2}], [5, 8]),
            ([{"type": "Masking"}, {"type": "LSTM", "units": 2}], {"shape": [5, 8], "dtype": "string"}),
            ([TOKENS, {"type": "Masking"}, {"type": "GRU", "units": 2}], [5]),
            ([STATES, {"type": "Masking"}], [5, 2]),
        ),
    ),
]
