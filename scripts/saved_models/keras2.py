"""Writes models of Keras 2, or of TensorFlow's Keras, with their predictions.

    python keras2.py FOLDER NAME

NAME begins the names of the files: k216 with keras==2.1.6, k224 with keras==2.2.4 (both with tensorflow==1.13.2 or
theano==1.0.5, Python 3.6, h5py<3), tk24 with tensorflow==2.4.4 (Python 3.8), tk213 and tk215 with tensorflow==2.13.1 and
2.15.1 (Python 3.11).
A model is a file NAME.h5, NAME.weights.h5 with NAME.json, NAME.keras, a SavedModel or a checkpoint; NAME.npz has `input`
and `predictions`.
"""

import os
import sys

import numpy as np
from writing import fill, write_model, write_predictions

FOLDER, GENERATION = sys.argv[1:3]
only = sys.argv[3:]
TF = GENERATION.startswith("tk")
if TF:
    from tensorflow import keras

    K, L, Sequential = keras.backend, keras.layers, keras.Sequential
    from tensorflow.keras.layers.experimental import preprocessing
else:
    from keras import backend as K
    from keras import layers as L
    from keras.models import Sequential
THEANO = not TF and K.backend() == "theano"
RNG = np.random.RandomState(5)
NEWEST = GENERATION in ("tk213", "tk215")


def adapted_first():
    layer = L.Normalization()
    layer.adapt(RNG.uniform(-1, 3, (9, 3)).astype("float32"))
    return [layer, L.Dense(2)]


def save(name, layers, data=None, compiled=False, formats=("h5",), data_format="channels_last", adapt=None):
    name = GENERATION + "_" + ("theano_" if THEANO else "") + name
    if only and not any(part in name for part in only):
        return
    try:
        write(name, layers, data, compiled, formats, data_format, adapt)
    except Exception as error:
        print("FAILED", name, type(error).__name__, str(error)[:200])


def write(name, layers, data, compiled, formats, data_format, adapt):
    K.clear_session() if not THEANO else None
    K.set_image_data_format(data_format)
    model = Sequential(layers())
    if data is not None and not model.built:
        model.build((None,) + data.shape[1:])
    fill(model.layers, RNG, 0.5)
    batch = model.input_shape[0] or 4
    if data is None:
        shape = [size or 6 for size in model.input_shape[1:]]
        data = RNG.uniform(-1, 1, [batch, *shape]).astype("float32")
    if adapt is not None:
        model.layers[adapt].adapt(data * 3 + 1)
    if compiled:
        model.compile("adam", "mse", metrics=["mae"])
        if TF:
            model.fit(data, model.predict(data, batch_size=batch), batch_size=batch, verbose=0)
    predictions = np.asarray(model.predict(data, batch_size=batch))
    for kind in formats:
        path = os.path.join(FOLDER, name + ("" if len(formats) == 1 else "_" + kind.strip(".")))
        write_model(model, path, kind, newest=NEWEST)
        write_predictions(path, data, predictions)
    print("wrote", name)


def words(size=12, rows=4, steps=7):
    data = RNG.randint(1, size, (rows, steps))
    data[:, -2:] = 0
    return data


def image_net(**first):
    axis = 1 if K.image_data_format() == "channels_first" else -1
    return [
        L.Conv2D(4, 3, padding="same", activation="relu", **first),
        L.MaxPooling2D(),
        L.BatchNormalization(axis=axis),
        L.Conv2D(3, (3, 2)),
        L.LeakyReLU(0.1),
        L.Dropout(0.5),
        L.Flatten(),
        L.Dense(5, activation="softmax"),
    ]


def nested(size=5, frozen=(), whole=False):
    inner = [L.Dense(6, input_shape=(size,), activation="tanh"), L.BatchNormalization(), L.Dense(4)]
    for index in frozen:
        inner[index].trainable = False
    model = Sequential(inner)
    if whole:
        model.trainable = False
    return model


def main():
    everything = ("h5", "weights", "savedmodel", "checkpoint") if TF else ("h5", "weights")
    if NEWEST:
        everything = ("h5", "weights", "weights3", "savedmodel", "checkpoint", "keras")
    some = ("h5", "keras") if NEWEST else ("h5",)
    first = "channels_first"
    save(
        "dense",
        lambda: [L.Dense(8, activation="relu", input_shape=(5,)), L.Dropout(0.3), L.Dense(3, activation="softmax")],
        compiled=True,
        formats=everything,
    )
    save(
        "dense_hard_sigmoid",
        lambda: [L.Dense(8, activation="hard_sigmoid", input_shape=(5,)), L.Dense(3), L.Activation("hard_sigmoid")],
        formats=some,
    )
    save("conv2d", lambda: image_net(input_shape=(8, 9, 3)), compiled=True, formats=everything)
    if not TF:
        save("conv2d_first", lambda: image_net(input_shape=(3, 8, 9)), data_format=first)
        save(
            "conv2d_first_mixed",
            lambda: [
                L.Conv2D(4, 3, input_shape=(2, 7, 8)),
                L.Activation("softmax"),
                L.AveragePooling2D((2, 2)),
                L.PReLU(),
                L.ZeroPadding2D((1, 1)),
                L.Conv2D(2, 2),
                L.GlobalAveragePooling2D(),
                L.Dense(3),
            ],
            data_format=first,
        )
        save(
            "conv2d_first_tail",
            lambda: [
                L.Dense(18, input_shape=(4,)),
                L.Reshape((2, 3, 3)),
                L.UpSampling2D((2, 2)),
                L.Conv2D(3, 3, padding="same", activation="hard_sigmoid"),
            ],
            data_format=first,
        )
    save(
        "conv1d",
        lambda: [
            L.Conv1D(5, 3, input_shape=(9, 4), activation="relu", padding="causal"),
            L.MaxPooling1D(),
            L.Conv1D(4, 2, padding="same", strides=2),
            L.GlobalMaxPooling1D(),
            L.Dense(2),
        ],
        formats=some,
    )
    save(
        "conv1d_dilated",
        lambda: [
            L.Conv1D(5, 3, dilation_rate=2, input_shape=(9, 4), activation="hard_sigmoid"),
            L.Flatten(),
            L.Dense(2),
        ],
    )
    if not THEANO:
        save(
            "conv3d",
            lambda: [
                L.Conv3D(3, 2, input_shape=(5, 5, 5, 2)),
                L.MaxPooling3D(),
                L.Conv3D(2, (1, 2, 1)),
                L.GlobalAveragePooling3D(),
                L.Dense(2),
            ],
        )
    save(
        "separable",
        lambda: [
            L.SeparableConv2D(4, 3, depth_multiplier=2, input_shape=(7, 7, 3)),
            L.SeparableConv2D(3, 2, activation="hard_sigmoid"),
            L.Flatten(),
            L.Dense(2),
        ],
        formats=some,
    )
    if hasattr(L, "SeparableConv1D"):
        save(
            "separable1d",
            lambda: [L.SeparableConv1D(4, 3, depth_multiplier=2, input_shape=(7, 3)), L.Flatten(), L.Dense(2)],
        )
    if hasattr(L, "DepthwiseConv2D"):
        save(
            "depthwise",
            lambda: [
                L.DepthwiseConv2D(3, depth_multiplier=2, input_shape=(7, 7, 3)),
                L.DepthwiseConv2D((2, 3), padding="same", activation="relu"),
                L.Flatten(),
                L.Dense(2),
            ],
            formats=some,
        )
    if THEANO and hasattr(L, "DepthwiseConv2D"):
        save(
            "depthwise_same",
            lambda: [
                L.DepthwiseConv2D(
                    (3, 2), strides=(2, 1), padding="same", depth_multiplier=2, input_shape=(7, 8, 2)
                ),
                L.Flatten(),
                L.Dense(2),
            ],
        )
    if GENERATION == "k224" and not THEANO:
        # TensorFlow 1 interpolates between the corners of pixels, which Keras 3 does not.
        save(
            "up_sampling_bilinear",
            lambda: [
                L.UpSampling2D(2, interpolation="bilinear", input_shape=(4, 5, 2)),
                L.Conv2D(2, 3),
                L.Flatten(),
                L.Dense(2),
            ],
        )
    save(
        "transpose",
        lambda: [
            L.Conv2DTranspose(3, 3, input_shape=(4, 5, 2)),
            L.Conv2DTranspose(2, 2, strides=2, padding="same", activation="tanh"),
            L.Flatten(),
            L.Dense(2),
        ],
        formats=some,
    )
    if hasattr(L, "Conv3DTranspose") and not THEANO:
        save("transpose3d", lambda: [L.Conv3DTranspose(3, 2, input_shape=(3, 3, 3, 2))])
    save(
        "padding",
        lambda: [
            L.ZeroPadding2D(((1, 0), (2, 1)), input_shape=(6, 6, 2)),
            L.Conv2D(3, 3),
            L.Cropping2D(((1, 0), (0, 1))),
            L.UpSampling2D((2, 3)),
            L.GlobalMaxPooling2D(),
            L.Dense(2),
        ],
    )
    save(
        "padding1d",
        lambda: [
            L.ZeroPadding1D(2, input_shape=(6, 3)),
            L.UpSampling1D(2),
            L.Cropping1D((1, 2)),
            L.AveragePooling1D(3, strides=2, padding="same"),
            L.Flatten(),
            L.Dense(2),
        ],
    )
    save("lstm", lambda: [L.LSTM(5, input_shape=(6, 3)), L.Dense(2)], compiled=True, formats=everything)
    save(
        "lstm_stack",
        lambda: [
            L.LSTM(5, input_shape=(None, 3), return_sequences=True, recurrent_activation="hard_sigmoid"),
            L.LSTM(4, implementation=2, unit_forget_bias=False, use_bias=False),
            L.Dense(2),
        ],
        formats=some,
    )
    save(
        "gru",
        lambda: [L.GRU(5, input_shape=(6, 3), return_sequences=True), L.GRU(4, implementation=2), L.Dense(2)],
        formats=everything,
    )
    if GENERATION != "k216":
        save(
            "gru_reset_after",
            lambda: [
                L.GRU(5, input_shape=(6, 3), reset_after=True, return_sequences=True, recurrent_activation="sigmoid"),
                L.GRU(4, reset_after=False),
                L.Dense(2),
            ],
            formats=some,
        )
        save(
            "gru_reset_after_hard",
            lambda: [
                L.GRU(
                    5,
                    input_shape=(6, 3),
                    reset_after=True,
                    recurrent_activation="hard_sigmoid",
                    activation="hard_sigmoid",
                ),
                L.Dense(2),
            ],
        )
    save(
        "simple_rnn", lambda: [L.SimpleRNN(5, input_shape=(6, 3), activation="hard_sigmoid"), L.Dense(2)], formats=some
    )
    save(
        "backwards",
        lambda: [
            L.LSTM(5, input_shape=(6, 3), go_backwards=True, unroll=True, return_sequences=True),
            L.GRU(3),
            L.Dense(2),
        ],
    )
    save("stateful", lambda: [L.LSTM(5, batch_input_shape=(2, 6, 3), stateful=True), L.Dense(2)], formats=some)
    if not THEANO:
        save(
            "conv_lstm",
            lambda: [
                L.ConvLSTM2D(3, 3, padding="same", input_shape=(4, 5, 5, 2), return_sequences=True),
                L.ConvLSTM2D(2, 2),
                L.Flatten(),
                L.Dense(2),
            ],
            formats=some,
        )
        if not TF:
            save(
                "conv_lstm_first",
                lambda: [
                    L.ConvLSTM2D(3, 3, padding="same", data_format=first, input_shape=(4, 2, 5, 5)),
                    L.Flatten(),
                    L.Dense(2),
                ],
            )
    for mode in ("concat", "sum", "mul", "ave"):
        save(
            "bidirectional_" + mode,
            lambda mode=mode: [
                L.Bidirectional(L.LSTM(4, return_sequences=True), merge_mode=mode, input_shape=(6, 3)),
                L.Bidirectional(L.GRU(3)),
                L.Dense(2),
            ],
            formats=everything if mode == "concat" else ("h5",),
        )
    save(
        "cells",
        lambda: [
            L.RNN([L.LSTMCell(4), L.GRUCell(3)], input_shape=(6, 3), return_sequences=True),
            L.RNN(L.SimpleRNNCell(4)),
            L.Dense(2),
        ],
        formats=everything,
    )
    save(
        "embedding",
        lambda: [L.Embedding(12, 5, input_length=7, mask_zero=True), L.LSTM(4), L.Dense(2)],
        words(),
        formats=everything,
    )
    save(
        "embedding_flat",
        lambda: [
            L.Embedding(12, 5, input_length=7),
            L.SpatialDropout1D(0.2),
            L.Flatten(),
            L.Dense(2, activation="softplus"),
        ],
        words(),
        formats=some,
    )
    save(
        "embedding_bi",
        lambda: [
            L.Embedding(12, 5, mask_zero=True),
            L.Bidirectional(L.GRU(4, return_sequences=True)),
            L.TimeDistributed(L.Dense(3, activation="hard_sigmoid")),
        ],
        words(),
    )
    if TF:
        from tensorflow import nn

        save(
            "masked_relu",
            lambda: [L.Embedding(12, 4, mask_zero=True, input_length=7), L.ReLU(), L.LSTM(3)],
            words(),
        )
        save("renorm", lambda: [L.BatchNormalization(renorm=True, input_shape=(5,)), L.Dense(2)])
        save("virtual_batches", lambda: [L.BatchNormalization(virtual_batch_size=2, input_shape=(5,)), L.Dense(2)])
        save("log_softmax", lambda: [L.Dense(4, activation=nn.log_softmax, input_shape=(5,)), L.Dense(3)])
    save(
        "masked_inside_steps",
        lambda: [
            L.TimeDistributed(L.Masking(0.0), input_shape=(3, 6, 4)),
            L.TimeDistributed(L.LSTM(3)),
            L.LSTM(2),
        ],
    )
    save("masked_softmax", lambda: [L.Embedding(12, 4, mask_zero=True, input_length=7), L.Softmax(), L.LSTM(3)], words())
    save(
        "masking",
        lambda: [
            L.Masking(0.5, input_shape=(6, 3)),
            L.GRU(4, return_sequences=True),
            L.TimeDistributed(L.Dense(3)),
            L.Activation("softmax"),
        ],
    )
    save(
        "time_distributed",
        lambda: [
            L.TimeDistributed(L.Conv2D(3, 2, activation="relu"), input_shape=(3, 5, 5, 2)),
            L.TimeDistributed(L.Flatten()),
            L.TimeDistributed(L.BatchNormalization()),
            L.LSTM(4),
        ],
        formats=some,
    )
    save(
        "time_distributed_act",
        lambda: [
            L.TimeDistributed(L.Activation("hard_sigmoid"), input_shape=(3, 5)),
            L.TimeDistributed(nested()),
            L.LSTM(4),
        ],
    )
    save(
        "activations",
        lambda: [
            L.Dense(6, input_shape=(4,)),
            L.LeakyReLU(0.2),
            L.Dense(6),
            L.PReLU(),
            L.Dense(5),
            L.ThresholdedReLU(0.3),
            L.Dense(5, activation="softsign"),
            L.Dense(5, activation="selu"),
            L.ELU(0.7),
            L.Dense(4),
            L.Softmax(),
            L.Dense(4),
            L.Activation("hard_sigmoid"),
            L.Dense(3, activation="linear"),
        ],
        formats=some,
    )
    if TF:
        save(
            "activations_new",
            lambda: [
                L.Dense(6, input_shape=(4,), activation="swish"),
                L.Dense(6, activation="gelu"),
                L.Dense(5, activation="exponential"),
                L.ReLU(max_value=2.0, negative_slope=0.1, threshold=0.2),
                L.Dense(4, activation="elu"),
            ],
            formats=some,
        )
        save(
            "layer_norm",
            lambda: [
                L.Dense(6, input_shape=(3, 4)),
                L.LayerNormalization(),
                L.Dense(4),
                L.LayerNormalization(center=False, epsilon=0.1),
            ],
            formats=some,
        )
        save(
            "normalization",
            lambda: [preprocessing.Normalization(input_shape=(5,)), L.Dense(3)],
            adapt=0,
            formats=everything,
        )
        save(
            "rescaling",
            lambda: [
                preprocessing.Rescaling(1 / 127.5, offset=-1, input_shape=(6, 6, 3)),
                L.Conv2D(2, 3),
                L.Flatten(),
                L.Dense(2),
            ],
            formats=some,
        )
        save(
            "augmentation",
            lambda: [
                preprocessing.RandomFlip(input_shape=(8, 8, 3)),
                preprocessing.RandomRotation(0.1),
                preprocessing.CenterCrop(6, 6),
                preprocessing.Resizing(5, 5),
                L.Conv2D(2, 3),
                L.Flatten(),
                L.Dense(2),
            ],
            formats=some,
        )
    save(
        "norm",
        lambda: [
            L.Dense(6, input_shape=(4,)),
            L.BatchNormalization(),
            L.GaussianNoise(0.2),
            L.GaussianDropout(0.2),
            L.AlphaDropout(0.1),
            L.BatchNormalization(scale=False),
            L.BatchNormalization(center=False, momentum=0.9, epsilon=0.01),
            L.Dense(3),
        ],
        formats=some,
    )
    save(
        "nested",
        lambda: [nested(), L.Dense(4, activation="relu"), L.BatchNormalization(), L.Dense(2)],
        compiled=True,
        formats=everything,
    )
    save("nested_frozen", lambda: [nested(frozen=[0]), L.Dense(4), nested(4, frozen=[0, 1]), L.Dense(2)], formats=some)
    save(
        "nested_whole",
        lambda: [nested(whole=True), L.Dense(4), nested(4, whole=True, frozen=[2]), L.Dense(2)],
        formats=some,
    )
    save(
        "nested_deep",
        lambda: [Sequential([nested(frozen=[1]), nested(4, whole=True), L.Dense(3)]), L.Dense(2)],
        formats=some,
    )
    save(
        "frozen",
        lambda: [frozen(L.Dense(4, input_shape=(5,))), frozen(L.BatchNormalization()), L.Dense(3)],
        formats=everything,
    )
    save(
        "reshape",
        lambda: [
            L.Dense(12, input_shape=(4,)),
            L.Reshape((3, 4)),
            L.Permute((2, 1)),
            L.Flatten(),
            L.RepeatVector(3),
            L.SimpleRNN(3),
        ],
    )
    if TF:
        save("mixed", mixed, formats=some)
    if NEWEST:
        save(
            "discretization",
            lambda: [L.InputLayer(input_shape=(2,)), L.Discretization(num_bins=3), L.Embedding(4, 2)],
            adapt=0,
            formats=("h5", "keras"),
        )
        save("normalization_adapted", adapted_first, RNG.uniform(-1, 1, (4, 3)).astype("float32"))
        save(
            "spectral",
            lambda: [L.SpectralNormalization(L.Conv2D(2, 2), input_shape=(3, 3, 1)), L.Flatten(), L.Dense(2)],
            formats=("h5", "keras"),
        )
    if not THEANO and not TF:
        cudnn()
    save(
        "unlucky",
        lambda: [
            L.Dense(4, input_shape=(3, 5), name="same"),
            L.Flatten(data_format="channels_last"),
            L.Dense(3, name="other"),
        ],
    )


def frozen(layer):
    layer.trainable = False
    return layer


def mixed():
    policy = keras.mixed_precision.Policy("mixed_float16")
    return [
        L.Dense(8, activation="relu", dtype=policy, input_shape=(5,)),
        L.BatchNormalization(dtype=policy),
        L.Dense(3, dtype="float32"),
    ]


def cudnn():
    """CuDNN layers run on a GPU only: their predictions are those of the layers that Keras converts them to."""
    for kind, plain, extra in (("LSTM", "LSTM", {}), ("GRU", "GRU", {"reset_after": True})):
        if not hasattr(L, "CuDNN" + kind) or GENERATION == "k216":
            continue
        for bidirectional in (False, True):
            name = "%s_cudnn_%s%s" % (GENERATION, kind.lower(), "_bi" if bidirectional else "")
            if only and not any(part in name for part in only):
                continue
            K.clear_session()
            # TensorFlow has no kernel for it on a CPU; the weights are made without it.
            getattr(L, "CuDNN" + kind)._process_batch = lambda self, x, states: (states[0] + K.sum(x), states)
            wrap = L.Bidirectional if bidirectional else (lambda layer, **where: layer)

            def stack(make):
                layer = make(bidirectional)
                return [layer, L.Dense(2)]

            def fast(two):
                made = getattr(L, "CuDNN" + kind)
                return wrap(made(4, return_sequences=False), input_shape=(6, 3)) if two else made(4, input_shape=(6, 3))

            def slow(two):
                made = getattr(L, plain)
                options = dict(recurrent_activation="sigmoid", **extra)
                return wrap(made(4, **options), input_shape=(6, 3)) if two else made(4, input_shape=(6, 3), **options)

            model = Sequential(stack(fast))
            fill(model.layers, RNG, 0.5)
            path = os.path.join(FOLDER, name)
            model.save(path + ".h5")
            model.save_weights(path + ".tmp")
            other = Sequential(stack(slow))
            other.load_weights(path + ".tmp")
            os.remove(path + ".tmp")
            data = RNG.uniform(-1, 1, (4, 6, 3)).astype("float32")
            np.savez(path + ".npz", input=data, predictions=other.predict(data))
            print("wrote", name)


main()
