"""Layers that merge several tensors, such as those that a recurrent layer with `return_state` outputs."""

from tests.descriptors.descriptor import Descriptor

_LSTM = {"type": "LSTM", "units": 4, "return_state": True}
_GRU = {"type": "GRU", "units": 4, "return_state": True}
_SEQUENCES = {**_GRU, "return_sequences": True}
_SIX = {"type": "Bidirectional", "layer": _LSTM}
_IMAGES = {"type": "ConvLSTM2D", "filters": 2, "kernel_size": 2, "return_state": True}
_UNEQUAL = {
    "type": "RNN",
    "cell": [{"type": "GRUCell", "units": 4}, {"type": "SimpleRNNCell", "units": 3}],
    "return_state": True,
}


def _after(*before, given=(5, 4), also=()):
    return [([*before, merge, *also], given if isinstance(given, dict) else list(given)) for merge in _MERGES]


_MERGES = (
    *({"type": name} for name in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")),
    *({"type": "Concatenate", "axis": axis} for axis in (-1, 0, 1, 2, -2, -3)),
    *({"type": "Dot", "axes": axes} for axes in (1, -1, 0, 2, [1, 2], [2, 1], [-1, -2], [3, 1])),
)

DESCRIPTORS = [
    Descriptor("Add", arguments=({}, {"dtype": "float16"}), inputs=([4], [5, 4], [4, 4]), before=()),
    Descriptor(
        "Concatenate",
        arguments=(),
        inputs=(),
        pairs=(
            *_after(_LSTM),
            *_after(_GRU, also=({"type": "Dense", "units": 2},)),
            *_after(_SEQUENCES),
            *_after(_SEQUENCES, given=(4, 4)),
            *_after(_SEQUENCES, given={"shape": ["T", 4], "batch_size": 2}),
            *_after({"type": "Masking"}, _SEQUENCES),
            *_after(_SIX),
            *_after(_IMAGES, given=(3, 6, "U", 3)),
            *_after(_UNEQUAL),
            *_after({**_GRU, "dtype": "float64"}),
            *_after(_LSTM, {"type": "Dropout", "rate": 0.5}),
            *(
                ([{"type": kind, "layers": [_GRU, merge]}], [5, 4])
                for kind in ("Sequential", "Pipeline")
                for merge in _MERGES[:9]
            ),
            *(([_GRU, {"type": "Sequential", "layers": [merge]}], [5, 4]) for merge in _MERGES[:9]),
            *(([{"type": "TimeDistributed", "layer": merge}], [5, 4]) for merge in ("Add", "Concatenate")),
            ([{"type": "TimeDistributed", "layer": {"type": "Sequential", "layers": [_GRU, "Add"]}}], [2, 5, 4]),
            ([_GRU, "Add", "Add"], [5, 4]),
            ([_GRU, {"type": "Sequential", "layers": []}], [5, 4]),
        ),
    ),
]
