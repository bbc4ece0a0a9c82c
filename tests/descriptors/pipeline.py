"""Layers inside a Pipeline, where Keras runs them instead of inferring their shapes."""

from tests.descriptors.descriptor import Descriptor


def _layer(kind, **arguments):
    return {"type": kind, **arguments}


def _in_pipeline(*layers):
    return [_layer("Pipeline", layers=list(layers))]


def _in_steps(layer, **more):
    return _in_pipeline(_layer("TimeDistributed", layer=layer, **more))


def _each(*layers):
    return tuple({"layers": [layer]} for layer in layers)


_DTYPES = ("float32", "int32", "uint8", "bool", "string")
_ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid", "gelu", "glu", "threshold", "sparsemax", "linear", "softmax")
_STATES = _layer("LSTM", units=3, return_state=True)

DESCRIPTORS = [
    # Dtypes: some operations keep integers, some convert them to floats, some reject them.
    Descriptor(
        "Pipeline",
        arguments=_each(
            *(_layer("Activation", activation=name) for name in _ACTIVATIONS),
            _layer("Dense", units=4, activation="glu"),
            _layer("Dense", units=3, activation="threshold"),
            _layer("EinsumDense", equation="ab,bc->ac", output_shape=3),
            _layer("Embedding", input_dim=5, output_dim=2),
            _layer("Masking"),
            _layer("ReLU", negative_slope=0.1),
            _layer("ReLU", negative_slope=0.1, max_value=1),
            _layer("PReLU"),
            _layer("PReLU", dtype="int32"),
            _layer("Softmax", axis=2),
            _layer("Softmax", axis=[]),
            _layer("Softmax", axis=[1, 0]),
            *(
                _layer(name, rate=rate)
                for name in ("Dropout", "AlphaDropout", "GaussianDropout")
                for rate in (0, 0.5, 1)
            ),
            _layer("GaussianNoise", stddev=0.5),
            _layer("ActivityRegularization", l1=0.1),
            _layer("Identity", activity_regularizer="l2"),
            _layer("Identity", activity_regularizer="orthogonal_regularizer"),
            _layer("BatchNormalization"),
            _layer("LayerNormalization"),
            _layer("RMSNormalization"),
            _layer("UnitNormalization"),
            _layer("RepeatVector", n=2),
            _layer("Reshape", target_shape=[2, 2]),
            _layer("Hashing", num_bins=3, mask_value=1),
            _layer("SpectralNormalization", layer=_layer("Dense", units=2)),
            _layer("Sequential", layers=[_layer("Dropout", rate=0.5)]),
        ),
        inputs=tuple({"shape": [4], "dtype": dtype} for dtype in _DTYPES),
    ),
    # Dtypes and sizes of what has spatial axes.
    Descriptor(
        "Pipeline",
        arguments=_each(
            _layer("Conv2D", filters=2, kernel_size=2, dilation_rate=2),
            _layer("DepthwiseConv2D", kernel_size=2, dilation_rate=2),
            _layer("SeparableConv2D", filters=2, kernel_size=2, strides=2, dilation_rate=2, padding="same"),
            _layer("Conv2DTranspose", filters=2, kernel_size=2),
            _layer("MaxPooling2D"),
            _layer("AveragePooling2D", pool_size=2),
            _layer("GlobalMaxPooling2D"),
            _layer("GlobalAveragePooling2D", keepdims=True),
            _layer("AdaptiveMaxPooling2D", output_size=2),
            _layer("AdaptiveAveragePooling2D", output_size=[3, 1]),
            _layer("AdaptiveAveragePooling1D", output_size=2),
            _layer("AdaptiveMaxPooling3D", output_size=2),
            _layer("UpSampling2D"),
            _layer("UpSampling2D", interpolation="bilinear"),
            _layer("UpSampling2D", interpolation="area"),
            _layer("ZeroPadding2D", data_format="channels_first"),
            _layer("Cropping2D", cropping=1),
            _layer("SpatialDropout2D", rate=0.5),
            _layer("ConvLSTM1D", filters=2, kernel_size=2),
            _layer("ConvLSTM1D", filters=0, kernel_size=2),
            _layer("RandomErasing", fill_value=[]),
            _layer("Solarization", value_range=[0, 2.5], dtype="int32"),
            _layer("Solarization", value_range=[0, 255], dtype="int32"),
            _layer("Solarization", value_range=[0, 2.5]),
        ),
        inputs=(
            [6, 8, 3],
            [8, "U", 3],
            [8, 3],
            [8, 8, 0],
            {"shape": [6, 8, 3], "dtype": "int32", "batch_size": 2},
            {"shape": [6, 8, 3], "dtype": "bool"},
        ),
    ),
    # Recurrent layers.
    Descriptor(
        "Pipeline",
        arguments=_each(
            _layer("LSTM", units=2, dropout=0.5),
            _layer("LSTM", units=2, dropout=1),
            _layer("LSTM", units=4, activation="glu"),
            _layer("LSTM", units=2, activation="glu"),
            _layer("SimpleRNN", units=2, activation="glu"),
            _layer("GRU", units=2, recurrent_activation="threshold"),
            _layer("GRU", units=2, use_cudnn=True),
            _layer("SimpleRNN", units=2, return_sequences=True, activity_regularizer="orthogonal_regularizer"),
            _layer("RNN", cell=[_layer("GRUCell", units=2, dropout=0.5), _layer("LSTMCell", units=3)]),
            _layer(
                "Bidirectional", layer=_layer("LSTM", units=2), backward_layer=_layer("GRU", units=3, go_backwards=True)
            ),
            _layer(
                "Bidirectional",
                layer=_layer("LSTM", units=2),
                backward_layer=_layer("GRU", units=3, go_backwards=True),
                merge_mode="sum",
            ),
        ),
        inputs=([5, 4], {"shape": ["T", 4], "dtype": "int32"}),
    ),
    # Shapes that come out otherwise than Keras says without running the layer.
    Descriptor(
        "Pipeline",
        arguments=(),
        inputs=(),
        pairs=(
            *(
                (_in_pipeline(_layer(name, rate=0.5, noise_shape=pattern)), [4, 3])
                for name in ("Dropout", "AlphaDropout")
                for pattern in ([1, 1], [2, 2], [7, 1, 3], ["none", 1, "none"], [1, 1, 1, 1])
            ),
            *(
                (_in_pipeline(_layer("RMSNormalization", axis=axis)), shape)
                for axis in (1, -1, [1, 2])
                for shape in ([4, 3], [4, 1], [4, 4])
            ),
            (_in_pipeline(_layer("LayerNormalization", axis=[1, 1])), [4, 3]),
            (_in_pipeline(_layer("EinsumDense", equation="ab,bc->ac", output_shape=[3, 4])), [4]),
            (_in_pipeline(_layer("EinsumDense", equation="ab,bc->ac", output_shape=4)), [3, 2]),
            (_in_pipeline(_layer("EinsumDense", equation="abc,cd->abd", output_shape=4)), [4, 5, 3]),
            (_in_pipeline(_layer("EinsumDense", equation="...x,xy->...y", output_shape=[3, 4], bias_axes="y")), [3, 5]),
            (_in_pipeline(_layer("RandAugment", num_ops=-2)), [8, 8, 3]),
            # Text fails when the mask is computed, in ReversibleEmbedding even inside a TimeDistributed.
            *(
                (make(_layer(name, input_dim=5, output_dim=2, mask_zero=True)), {"shape": [4, 3], "dtype": "string"})
                for name in ("Embedding", "ReversibleEmbedding")
                for make in (_in_pipeline, _in_steps)
            ),
            (_in_pipeline(_STATES, _layer("RandomInvert")), [5, 4]),
            (_in_pipeline(_STATES, _layer("Dropout", rate=0.5)), [5, 4]),
        ),
    ),
    # Inside a TimeDistributed inside it: no cast, no penalty, no count of axes.
    Descriptor(
        "TimeDistributed",
        arguments=(),
        inputs=(),
        pairs=(
            *(
                (_in_steps(layer), given)
                for layer in (
                    _layer("Dense", units=2, dtype="float16"),
                    _layer("Hashing", num_bins=10),
                    _layer("Hashing", num_bins=10, output_mode="multi_hot", sparse=True),
                    _layer("Resizing", height=2, width=2),
                    _layer("RandomContrast", factor=0.5),
                    _layer("CategoryEncoding", num_tokens=5),
                    _layer("GlobalMaxPooling2D"),
                    _layer("GlobalAveragePooling1D"),
                    _layer("MaxPooling1D"),
                    _layer("UpSampling1D"),
                    _layer("RepeatVector", n=2),
                    _layer("SpatialDropout1D", rate=0.5),
                    _layer("SpatialDropout3D", rate=0),
                    _layer("SpatialDropout3D", rate=1),
                    _layer("SimpleRNN", units=2, return_state=True),
                )
                for given in (
                    [2, 6, 5, 3],
                    [4, 3],
                    {"shape": ["T", 4, 3], "batch_size": 2},
                    {"shape": [2, 6, 5, 3], "dtype": "uint8"},
                )
            ),
            (_in_steps(_layer("Conv1D", filters=1, kernel_size=2, dtype="bfloat16"), dtype="float16"), [2, 5, 3]),
            # Asked for its shape, such a layer does not count the axes either.
            *(
                ([_layer("TimeDistributed", layer=layer)], given)
                for layer in (
                    _layer("SpatialDropout2D", rate=0.5),
                    _layer("RepeatVector", n=2),
                    _layer("ZeroPadding1D"),
                    _layer("ZeroPadding2D", data_format="channels_first"),
                    _layer("UpSampling1D"),
                    _layer("UpSampling2D", data_format="channels_first"),
                    _layer("UpSampling3D"),
                    _layer("Cropping1D"),
                    _layer("Cropping2D"),
                )
                for given in ([2, 6, 5, 3], [4, 3], [4, 5, 3], [4], [2, 6, 5, 3, 1, 1])
            ),
        ),
    ),
]
