"""LSTM, GRU, SimpleRNN, RNN and their cells."""

from tests.descriptors.descriptor import Descriptor

_EMBEDDED = {"type": "Embedding", "input_dim": 10, "output_dim": 3, "mask_zero": True}
_SEQUENCES = (
    [5, 3],
    ["T", 3],
    ["?", "?"],
    [5, 0],
    [0, 3],
    [1, 3],
    [3],
    [],
    [4, 4, 3],
    {"shape": [5, 3], "dtype": "int32"},
    {"shape": [5, 3], "dtype": "float64"},
    {"shape": [5, 3], "dtype": "string"},
    {"shape": ["T", 3], "batch_size": 2},
)
_ARGUMENTS = (
    {"units": 4},
    {"units": 4, "return_sequences": True, "use_bias": False, "dtype": "float64"},
    {"units": 2, "return_sequences": True, "return_state": True, "go_backwards": True},
    {"units": 3, "stateful": True, "trainable": False},
    {"units": 3, "unroll": True, "dropout": 0.5, "recurrent_dropout": 0.2, "seed": 7},
    # Keras surprise: rates outside 0 to 1 are cut to that range.
    {"units": 3, "dropout": -1, "recurrent_dropout": 2.5, "zero_output_for_mask": True},
    {"units": 0},
    {"units": 2, "kernel_initializer": "identity", "recurrent_initializer": "zeros"},
    {"units": 2, "bias_initializer": "orthogonal"},
    {"units": 2, "dtype": "int32"},
    {"units": 2, "dtype": "mixed_bfloat16", "autocast": False, "activity_regularizer": "l2"},
)


def _cell(kind, units, **more):
    return {"type": kind, "units": units, **more}


_STACKED = {"type": "StackedRNNCells", "cells": [_cell("LSTMCell", 3), _cell("GRUCell", 2, dtype="float64")]}

DESCRIPTORS = [
    Descriptor(
        "LSTM",
        arguments=(
            *_ARGUMENTS,
            {"units": 2, "unit_forget_bias": False, "activation": "relu", "recurrent_activation": "none"},
            # Keras surprise: use_cudnn = true passes without a GPU until the first call.
            {"units": 2, "use_cudnn": True, "implementation": 1},
        ),
        inputs=_SEQUENCES,
        pairs=(
            ([_EMBEDDED, _cell("LSTM", 2, return_sequences=True), _cell("LSTM", 2)], ["T"]),
            ([_EMBEDDED, _cell("LSTM", 2), _cell("LSTM", 2)], ["T"]),
            ([{"type": "Masking"}, _cell("LSTM", 2, return_state=True), {"type": "Dense", "units": 2}], [4, 3]),
            ([_cell("LSTM", 2, return_state=True), {"type": "Dropout", "rate": 0.5}], [4, 3]),
            ([_cell("LSTM", 2, seed=2**63)], [4, 3]),
            ([_cell("LSTM", 2, seed=1 - 2**63)], [4, 3]),
        ),
    ),
    Descriptor(
        "GRU",
        arguments=(
            *_ARGUMENTS,
            {"units": 2, "reset_after": False},
            {"units": 2, "reset_after": False, "use_bias": False},
        ),
        inputs=_SEQUENCES,
    ),
    Descriptor(
        "SimpleRNN",
        arguments=_ARGUMENTS,
        inputs=_SEQUENCES,
        pairs=(([_EMBEDDED, _cell("SimpleRNN", 2, return_sequences=True), _cell("GRU", 2)], [6]),),
    ),
    Descriptor(
        "RNN",
        arguments=(
            {"cell": _cell("LSTMCell", 3)},
            {"cell": [_cell("GRUCell", 3, reset_after=False), _cell("SimpleRNNCell", 2)], "return_state": True},
            {"cell": _STACKED, "return_sequences": True, "return_state": True, "dtype": "float16"},
            {"cell": [_cell("LSTMCell", 3, trainable=False), _STACKED], "trainable": False},
            {"cell": [_STACKED, _STACKED], "return_state": True},
            {"cell": {**_STACKED, "trainable": False}, "stateful": True},
            {"cell": _cell("Dense", 3)},
            {"cell": [_cell("LSTMCell", 3), _cell("Dense", 3)]},
            {"cell": []},
            {"cell": _cell("GRUCell", 3, bias_initializer="identity")},
            # Keras surprise: a whole recurrent layer passes for a cell.
            {"cell": _cell("LSTM", 3), "return_state": True},
            {"cell": [_cell("GRU", 3), _cell("LSTMCell", 2)]},
            {"cell": {"type": "RNN", "cell": _STACKED}},
            {"cell": {"type": "ConvLSTM1D", "filters": 2, "kernel_size": 1}},
        ),
        # Keras surprise: the number of axes is not looked at, and a known batch size counts as features.
        inputs=(*_SEQUENCES, {"shape": [3], "batch_size": 2}, [2, 3, 4, 3]),
    ),
    Descriptor("LSTMCell", arguments=({"units": 2},), inputs=([3], [5, 3])),
    Descriptor("GRUCell", arguments=({"units": 2},), inputs=([3],)),
    Descriptor("SimpleRNNCell", arguments=({"units": 2}, {"units": -1}), inputs=([3],)),
    Descriptor(
        "StackedRNNCells",
        arguments=({"cells": [_cell("LSTMCell", 2)]}, {"cells": [_cell("Dense", 2)]}),
        inputs=([3],),
    ),
]
