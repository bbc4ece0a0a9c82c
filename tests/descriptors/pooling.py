"""Max and average pooling, global and adaptive pooling."""

from tests.descriptors.descriptor import Descriptor

_SHAPES = {
    1: (
        [12, 4],
        ["T", 4],
        [12, "?"],
        [1, 4],
        [0, 4],
        [12, 0],
        [12],
        [],
        [3, 12, 4],
        {"shape": [9, 2], "batch_size": 5},
    ),
    2: (
        [12, 11, 4],
        ["H", "W", 4],
        ["?", 9, "?"],
        [12, 1, 4],
        [4, 0, 4],
        [12, 10],
        [5, 12, 10, 4],
        {"shape": [12, 10, 2], "batch_size": 2},
        {"shape": [8, 8, 2], "dtype": "float64"},
        {"shape": [8, 8, 2], "dtype": "bfloat16"},
        # Nothing is traced: what TensorFlow cannot pool passes, as a float.
        {"shape": [8, 8, 2], "dtype": "int32"},
        {"shape": [8, 8, 2], "dtype": "bool"},
        {"shape": [8, 8, 2], "dtype": "string"},
    ),
    3: ([6, 7, 8, 4], ["D", 7, "?", 4], [6, 1, 8, 4], [6, 7, 8], [2, 6, 7, 8, 4]),
}
_MASKED = {"type": "Embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True}


def _pooling(name, rank):
    several = [2, 3, 1][:rank]
    fit = [9] * rank + [4]
    lone = (
        {"pool_size": 9},
        {"pool_size": 10},
        {"pool_size": 10, "padding": "same"},
        {"pool_size": 12, "strides": 1},
        {"pool_size": 1, "strides": 20},
        # Keras folds the case of a convolution's padding, not of this one.
        {"pool_size": 2, "padding": "SAME"},
        {"pool_size": 2, "padding": "causal"},
        {"pool_size": 2, "strides": "none", "data_format": "Channels_First"},
        {"pool_size": 0},
        {"pool_size": 2, "strides": 0},
        {"pool_size": 2, "strides": -1},
        {"pool_size": [2, 2, 2, 2]},
        {"pool_size": 2, "data_format": "first"},
        {"pool_size": 2, "dtype": "int32"},
        {"pool_size": 2, "dtype": "float64", "trainable": False},
    )
    masked = (([_MASKED, {"type": name, "pool_size": 2}], ["T"]),) if rank == 1 else ()
    without = ([{"type": name}], fit)
    return Descriptor(
        name,
        arguments=(
            {"pool_size": 2},
            {"pool_size": several, "strides": 1},
            {"pool_size": 3, "strides": several, "padding": "same"},
            {"pool_size": 2, "data_format": "channels_first"},
        ),
        inputs=_SHAPES[rank],
        pairs=(*(([{"type": name, **arguments}], fit) for arguments in lone), *masked, without),
    )


def _global(name, rank):
    masked = (([_MASKED, {"type": name}, {"type": "Dense", "units": 2}], ["T"]),) if rank == 1 else ()
    return Descriptor(
        name,
        arguments=({}, {"keepdims": True, "data_format": "CHANNELS_FIRST"}, {"keepdims": True, "dtype": "float16"}),
        inputs=_SHAPES[rank],
        pairs=(*masked, ([{"type": name, "data_format": "last"}], [9] * rank + [4])),
    )


def _adaptive(name, rank):
    several = [2, 3, 1][:rank]
    fit = [9] * rank + [4]
    lone = ({"output_size": 0}, {"output_size": -1}, {"output_size": 20}, {"output_size": [2, 2, 2, 2]})
    cased = {"output_size": 2, "data_format": "Channels_Last"}
    return Descriptor(
        name,
        arguments=({"output_size": 2}, {"output_size": several, "data_format": "channels_first"}),
        # Keras asks neither for a rank nor for known sizes.
        inputs=_SHAPES[rank],
        pairs=tuple(([{"type": name, **arguments}], fit) for arguments in (*lone, cased)),
    )


DESCRIPTORS = [
    *(_pooling(f"{kind}Pooling{rank}D", rank) for kind in ("Max", "Average") for rank in (1, 2, 3)),
    *(_global(f"Global{kind}Pooling{rank}D", rank) for kind in ("Max", "Average") for rank in (1, 2, 3)),
    *(_adaptive(f"Adaptive{kind}Pooling{rank}D", rank) for kind in ("Max", "Average") for rank in (1, 2, 3)),
]
