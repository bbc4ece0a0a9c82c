"""Rescaling, Normalization, Discretization, Hashing, CategoryEncoding."""

from tests.descriptors.descriptor import Descriptor

SHAPES = (
    [3],
    [1],
    [4, 3],
    ["T", 3],
    [4, "?"],
    [],
    [0],
    {"shape": [3], "batch_size": 2},
    {"shape": [], "batch_size": 1},
    {"shape": [3], "dtype": "string"},
    {"shape": [2, 1], "dtype": "int64"},
)
MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
MASKED = [{"type": "Embedding", "input_dim": 9, "output_dim": 3, "mask_zero": True}]
STATEFUL = {"type": "GRU", "units": 2, "return_state": True}


def _dense_behind(layer):
    return [layer, {"type": "Dense", "units": 2}]


DESCRIPTORS = [
    Descriptor(
        "Rescaling",
        arguments=(
            {"scale": 2},
            {"scale": [0.5, 1, 2], "offset": [-1, 0, 1], "dtype": "float16"},
            {"scale": 1, "dtype": "int32", "trainable": False},
            {"scale": [[1], [2, 3]]},  # Keras surprise: passes until data arrives
            {},
            {"scale": 1, "dtype": "int8"},
        ),
        inputs=SHAPES,
        pairs=(
            ([*MASKED, {"type": "Rescaling", "scale": 2}, {"type": "LSTM", "units": 2}], [5]),
            ([STATEFUL, {"type": "Rescaling", "scale": 2}], [4, 3]),
        ),
    ),
    Descriptor(
        "Normalization",
        arguments=(
            {},
            {"axis": "none", "invert": True},
            {"axis": 1, "dtype": "float64"},
            {"axis": [1, 2]},
            {"axis": [-1, 1]},
            {"axis": 0, "dtype": "int32"},
            {"axis": []},
            {"mean": 1, "variance": 2.5},
            {"mean": [1, 2, 3], "variance": [1, 2, 3], "autocast": False},
            {"mean": [1, 2], "variance": [1, 2]},
            {"mean": [1], "variance": [1], "dtype": "bool"},
            {"axis": [1, 2], "mean": [[1], [2], [3], [4]], "variance": [[1], [2], [3], [4]]},
            {"axis": [1, 2], "mean": [1, 2, 3], "variance": [1, 2, 3]},
            {"axis": [1, 2], "mean": [1, 2, 3, 4], "variance": [1, 2, 3, 4]},
            {"mean": [1, 2, 3], "variance": 1},
            {"mean": [[1, 2, 3]], "variance": [[1, 2, 3]]},
            {"mean": [[1], [2, 3]], "variance": [[1], [2, 3]]},
            {"mean": 1},
            {"variance": 1},
            {"axis": -3, "mean": 1, "variance": 1},
            {"dtype": "string"},
            {"mean": 1e39, "variance": 1},
        ),
        inputs=SHAPES,
        pairs=(
            # Keras surprise: an axis named twice passes where its size is 0 or 1.
            ([{"type": "Normalization", "axis": [1, 1]}], [1]),
            ([{"type": "Normalization", "axis": [1, 1]}], [2]),
            ([{"type": "Normalization", "axis": [1, 1], "mean": [[1], [1]], "variance": [[1], [1]]}], [2]),
            ([*MASKED, {"type": "Normalization"}, {"type": "LSTM", "units": 2}], [5]),
            (_dense_behind({"type": "Normalization"}), ["T", 3]),
            # Keras surprise: without an axis of its own it takes the state of a GRU along.
            ([STATEFUL, {"type": "Normalization", "axis": "none"}], [4, 3]),
            ([STATEFUL, {"type": "Normalization"}], [4, 3]),
        ),
    ),
    Descriptor(
        "Discretization",
        arguments=(
            *({"bin_boundaries": [0.5, 1, 2], "output_mode": mode} for mode in MODES),
            # Keras surprises: no boundaries, boundaries out of order, no bins.
            {"bin_boundaries": [], "output_mode": "one_hot"},
            {"bin_boundaries": [2, 1], "output_mode": "multi_hot", "sparse": True, "dtype": "float16"},
            {"num_bins": 0, "output_mode": "count"},
            {"num_bins": 4, "epsilon": 0.1, "dtype": "int64"},
            {"num_bins": 4, "epsilon": 0.1, "dtype": "int"},
            {"num_bins": 4, "output_mode": "one_hot", "dtype": "int64"},
            {"num_bins": -1},
            {"num_bins": 4, "bin_boundaries": [1.0]},
            {"num_bins": 4, "sparse": True},
            {"num_bins": 4, "trainable": False},
            {},
        ),
        inputs=SHAPES,
        pairs=(
            ([{"type": "Discretization", "num_bins": 4}, {"type": "Embedding", "input_dim": 4, "output_dim": 2}], [3]),
            (_dense_behind({"type": "Discretization", "num_bins": 4, "output_mode": "one_hot"}), [3]),
        ),
    ),
    Descriptor(
        "Hashing",
        arguments=(
            *({"num_bins": 5, "output_mode": mode} for mode in MODES),
            {"num_bins": 5, "mask_value": "", "salt": 7},
            {"num_bins": 1, "mask_value": 0, "salt": [1, 2], "dtype": "int32"},
            {"num_bins": 5, "salt": [1]},
            {"num_bins": 5, "dtype": "float32"},
            {"num_bins": 5, "output_mode": "one_hot", "dtype": "mixed_float16", "sparse": True},
            {"num_bins": 5, "output_mode": "count", "dtype": "int64", "trainable": False},
            {"num_bins": 5, "sparse": True},
            # Keras surprise: this one layer does not take another name of int64.
            {"num_bins": 5, "dtype": "int"},
            {"num_bins": 5, "output_mode": "count", "dtype": "int"},
            {"num_bins": 0},
            {},
        ),
        inputs=SHAPES,
    ),
    Descriptor(
        "CategoryEncoding",
        arguments=(
            *({"num_tokens": 5, "output_mode": mode} for mode in (*MODES, "binary")),
            {"num_tokens": 1, "sparse": True, "dtype": "int32", "trainable": False},
            {"num_tokens": 5, "output_mode": "one_hot", "dtype": "mixed_bfloat16", "activity_regularizer": "l2"},
            {"num_tokens": 0},
            {"num_tokens": "none"},
            {},
        ),
        inputs=SHAPES,
        pairs=(
            (_dense_behind({"type": "CategoryEncoding", "num_tokens": 5, "sparse": True}), [3]),
            (_dense_behind({"type": "CategoryEncoding", "num_tokens": 5}), []),
            ([*MASKED, {"type": "CategoryEncoding", "num_tokens": 5}, {"type": "LSTM", "units": 2}], [5]),
        ),
    ),
    # Inside a Pipeline Keras runs the computation, and reports what really comes out.
    Descriptor(
        "Pipeline",
        arguments=tuple(
            {"layers": [layer]}
            for layer in (
                {"type": "Rescaling", "scale": 0.5},
                {"type": "Rescaling", "scale": [1, 2, 3], "offset": [[1], [2], [3], [4]]},
                {"type": "Rescaling", "scale": 2, "dtype": "bool"},
                {"type": "Normalization", "dtype": "int32"},
                {"type": "Normalization", "mean": [1, 2, 3], "variance": [1, 2, 3], "dtype": "complex64"},
                {"type": "Discretization", "num_bins": 4},
                {"type": "Discretization", "bin_boundaries": [1, 2], "output_mode": "count", "dtype": "uint8"},
                {"type": "Discretization", "bin_boundaries": [1, 2], "output_mode": "one_hot", "sparse": True},
                {"type": "Hashing", "num_bins": 5, "output_mode": "one_hot", "mask_value": 0},
                {"type": "Hashing", "num_bins": 5, "output_mode": "multi_hot", "mask_value": ""},
                {"type": "CategoryEncoding", "num_tokens": 5},
                {"type": "CategoryEncoding", "num_tokens": 5, "output_mode": "count", "dtype": "int64", "sparse": True},
            )
        ),
        inputs=SHAPES,
    ),
]
