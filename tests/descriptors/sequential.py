"""Nested Sequential and Pipeline."""

from tests.descriptors.descriptor import Descriptor


def _layer(kind, **arguments):
    return {"type": kind, **arguments}


_DENSE = _layer("Dense", units=3)
_LSTM = _layer("LSTM", units=3)
_STATES = _layer("LSTM", units=3, return_state=True)
_EMBEDDED = _layer("Embedding", input_dim=10, output_dim=3, mask_zero=True)
_FROZEN = _layer("TimeDistributed", layer=_DENSE, trainable=False)

DESCRIPTORS = [
    Descriptor(
        "Sequential",
        arguments=(
            {"layers": [_DENSE, _layer("Dropout", rate=0.5), _layer("Dense", units=2)], "name": "head"},
            {"layers": [_layer("Dense", units=2, dtype="float64")], "trainable": False},
            {"layers": [_layer("Dense", units=2, trainable=False), _DENSE]},
            {"layers": [_layer("Sequential", layers=[_DENSE]), _layer("Flatten")]},
            {"layers": [_layer("Sequential", layers=[_DENSE], trainable=False), _DENSE]},
            {"layers": [_LSTM, _DENSE]},
            {"layers": [_LSTM, _LSTM]},
            {"layers": [_STATES]},
            {"layers": [_STATES, _DENSE]},
            {"layers": [_STATES, _layer("Dropout", rate=0.5)]},
            {"layers": [_layer("Conv2D", filters=2, kernel_size=3), _layer("Flatten")]},
            # Keras surprise: `trainable = false` on a wrapper flags nothing of what it holds.
            {"layers": [_FROZEN]},
            {"layers": [_layer("Dense", units=2, name="a"), _layer("ReLU", name="a")]},
            {"layers": [_layer("LSTMCell", units=2)]},
            {"layers": []},
            {},
        ),
        inputs=(
            [4],
            [5, 4],
            ["T", 4],
            [8, 8, 3],
            ["?"],
            {"shape": [4, 4], "dtype": "int32"},
            {"shape": [5, 4], "batch_size": 2, "dtype": "float64"},
        ),
        pairs=(
            # No mask gets into a nested model or out of it.
            ([_EMBEDDED, _layer("Sequential", layers=[_layer("LSTM", units=2, return_sequences=True)]), _LSTM], ["T"]),
            ([_layer("Sequential", layers=[_EMBEDDED]), _LSTM], ["T"]),
            ([_STATES, _layer("Sequential", layers=[_layer("Dropout", rate=0.5)])], [5, 4]),
            ([_STATES, _layer("Sequential", layers=[_DENSE])], [5, 4]),
            (
                [_layer("Sequential", layers=[_layer("GRU", units=2, stateful=True)])],
                {"shape": [3, 2], "batch_size": 4},
            ),
        ),
    ),
    Descriptor(
        "Pipeline",
        arguments=(
            {"layers": [_DENSE, _layer("Dropout", rate=0.5)], "name": "p"},
            {"layers": [_layer("Rescaling", scale=0.5), _layer("Dense", units=2, trainable=False)]},
            {"layers": [_layer("LSTM", units=2, return_sequences=True), _LSTM]},
            {"layers": [_layer("LSTM", units=2, unroll=True)]},
            {"layers": [_layer("GRU", units=2, stateful=True)]},
            {"layers": [_layer("GRU", units=2, implementation=1, dropout=0.5)]},
            {"layers": [_layer("Bidirectional", layer=_STATES)]},
            {"layers": [_layer("Sequential", layers=[_layer("Flatten"), _DENSE])]},
            {"layers": [_layer("SpectralNormalization", layer=_layer("Dense", units=2, lora_rank=1))]},
            {"layers": []},
        ),
        inputs=([5, 4], ["T", 4], ["?", "?"], {"shape": [5, 4], "batch_size": 2, "dtype": "float64"}),
        pairs=(
            ([_layer("Pipeline", layers=[_EMBEDDED, _LSTM])], [6]),
            ([_EMBEDDED, _layer("Pipeline", layers=[_LSTM])], [6]),
        ),
    ),
]
