"""Bidirectional, TimeDistributed, SpectralNormalization."""

from tests.descriptors.descriptor import Descriptor


def _layer(kind, **arguments):
    return {"type": kind, **arguments}


def _td(layer, **more):
    return _layer("TimeDistributed", layer=layer, **more)


def _bi(layer, **more):
    return _layer("Bidirectional", layer=layer, **more)


def _sn(layer, **more):
    return _layer("SpectralNormalization", layer=layer, **more)


_LSTM = _layer("LSTM", units=3)
_LONG = _layer("LSTM", units=3, return_sequences=True)
_BACK = _layer("GRU", units=4, go_backwards=True)
_DENSE = _layer("Dense", units=3)
_CONV = _layer("Conv2D", filters=2, kernel_size=3)
_FILM = _layer("ConvLSTM2D", filters=2, kernel_size=2)
_NET = _layer("Sequential", layers=[_layer("Flatten"), _layer("Dense", units=3, name="d"), _layer("ReLU")])
_EMBEDDED = _layer("Embedding", input_dim=10, output_dim=3, mask_zero=True)

DESCRIPTORS = [
    Descriptor(
        "Bidirectional",
        arguments=(
            {"layer": _LSTM},
            {"layer": _LONG, "merge_mode": "sum"},
            {"layer": _LONG, "merge_mode": "ave", "dtype": "float64"},
            {"layer": _layer("GRU", units=2, reset_after=False, trainable=False), "merge_mode": "mul"},
            {"layer": _LONG, "merge_mode": "none"},
            {"layer": _layer("SimpleRNN", units=2, return_state=True), "trainable": False},
            {"layer": _layer("LSTM", units=2, return_state=True), "merge_mode": "none"},
            {"layer": _layer("RNN", cell=[_layer("LSTMCell", units=2), _layer("GRUCell", units=3)], return_state=True)},
            {"layer": _layer("GRU", units=2, stateful=True)},
            # Keras surprise: a TypeError, because of the masks of the states.
            {"layer": _layer("GRU", units=2, stateful=True, return_state=True)},
            # Keras surprise: the backward layer's own shape is not looked at.
            {"layer": _LSTM, "backward_layer": _BACK},
            {"layer": _LSTM, "backward_layer": _layer("ConvLSTM1D", filters=2, kernel_size=1, go_backwards=True)},
            {"layer": _LSTM, "backward_layer": _layer("LSTM", units=3)},
            {"layer": _LONG, "backward_layer": _BACK},
            {"layer": _LSTM, "backward_layer": {**_BACK, "return_state": True}},
            {"layer": _LSTM, "backward_layer": {**_BACK, "stateful": True}},
            {"layer": _LSTM, "backward_layer": _DENSE},
            {"layer": _layer("LSTM", units=3, go_backwards=True)},
            {"layer": _layer("LSTM", units=3, go_backwards=True), "backward_layer": _LSTM},
            {"layer": _DENSE},
            {"layer": _layer("LSTMCell", units=3)},
            {"layer": _bi(_LSTM)},
            {"layer": _td(_LSTM)},
            {"layer": _layer("Sequential", layers=[_LSTM])},
            {"layer": _LSTM, "merge_mode": "max"},
        ),
        inputs=([5, 3], ["T", 3], ["T", "?"], [3], [4, 5, 3], {"shape": ["T", 3], "batch_size": 2, "dtype": "int32"}),
        pairs=(
            *(([_bi(_FILM, merge_mode=mode)], [3, 4, 5, 2]) for mode in ("concat", "sum", "none")),
            # Keras surprise: "concat" doubles the last axis with channels_first too.
            ([_bi({**_FILM, "data_format": "channels_first"})], [3, 4, 5, 2]),
            ([_bi(_FILM)], [3, 4, "W", 2]),
            ([_EMBEDDED, _bi(_LONG), _bi(_LSTM), _DENSE], ["T"]),
            ([_EMBEDDED, _bi(_LSTM), _bi(_LSTM)], [6]),
            ([_layer("Masking"), _bi(_LONG, merge_mode="none"), _layer("Dropout", rate=0.5)], [6, 2]),
            ([_bi(_layer("LSTM", units=2, name="forward_a"), name="b")], [6, 2]),
        ),
    ),
    Descriptor(
        "TimeDistributed",
        arguments=(
            {"layer": _DENSE},
            {"layer": _layer("Dense", units=2, trainable=False), "dtype": "float64"},
            {"layer": _layer("Dense", units=2), "trainable": False},
            {"layer": _CONV},
            {"layer": _NET, "name": "frames"},
            {"layer": _LSTM},
            {"layer": _layer("LSTM", units=2, return_state=True)},
            {"layer": _bi(_LONG)},
            {"layer": _td(_DENSE)},
            {"layer": _layer("MaxPooling2D", pool_size=2)},
            {"layer": _layer("Embedding", input_dim=5, output_dim=2)},
            {"layer": _layer("BatchNormalization")},
            {"layer": _layer("LSTMCell", units=2)},
            {"layer": _layer("Pipeline", layers=[_DENSE])},
            {"layer": _layer("Sequential", layers=[])},
            {"layer": _sn(_DENSE)},
        ),
        inputs=(
            [5, 3],
            ["T", 3],
            [5, 8, 8, 3],
            ["T", 6, 6, "?"],
            ["T", "H", 3],
            [0, 4],
            [5],
            {"shape": ["T", 3], "batch_size": 2},
            {"shape": [4, 3], "dtype": "string"},
        ),
        pairs=(
            ([_EMBEDDED, _td(_DENSE), _LSTM], ["T"]),
            ([_layer("Masking"), _td(_layer("Dropout", rate=0.5)), _layer("GRU", units=2)], [5, 3]),
        ),
    ),
    Descriptor(
        "SpectralNormalization",
        arguments=(
            {"layer": _DENSE},
            {"layer": _layer("Dense", units=2, trainable=False, use_bias=False), "power_iterations": 3},
            {"layer": _layer("Dense", units=2, lora_rank=1)},
            {"layer": _layer("Dense", units=2, dtype="mixed_float16", lora_rank=1), "dtype": "float64"},
            {"layer": _CONV, "trainable": False},
            {"layer": _layer("DepthwiseConv2D", kernel_size=2)},
            {"layer": _layer("SeparableConv2D", filters=2, kernel_size=2)},
            {"layer": _layer("Embedding", input_dim=5, output_dim=2)},
            {"layer": _layer("EinsumDense", equation="abc,cd->abd", output_shape=["none", 5])},
            {"layer": _sn(_layer("Dense", units=2))},
            {"layer": _LSTM},
            {"layer": _layer("LSTMCell", units=2)},
            {"layer": _td(_DENSE)},
            {"layer": _layer("Sequential", layers=[_DENSE])},
            {"layer": _layer("Flatten")},
            {"layer": _DENSE, "power_iterations": 0},
        ),
        inputs=(
            [3],
            ["T", 3],
            [8, 8, 3],
            ["?"],
            {"shape": [3], "dtype": "int32"},
            {"shape": [4, 3], "batch_size": 2, "dtype": "float64"},
        ),
    ),
]
