"""Writes models of Keras 1.2 with their predictions.

    KERAS_BACKEND=tensorflow python keras1.py FOLDER

Needs Python 3.6, keras==1.2.2, tensorflow==1.5 (or theano==1.0.5), h5py<3. Each model is a file NAME.h5, or NAME.weights.h5
with NAME.json, and NAME.npz with `input` and `predictions`.
"""

import os
import sys

import numpy as np
from keras import backend as K
from keras import layers as L
from keras.models import Sequential

FOLDER = sys.argv[1]
THEANO = K.backend() == "theano"
if THEANO:
    pass  # Keras uses it without importing it
RNG = np.random.RandomState(3)
only = sys.argv[2:]


def fill(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            fill(layer)
            continue
        values = []
        for weight, value in zip(layer.weights, layer.get_weights()):
            least, most = (0.5, 1.5) if "running_std" in weight.name else (-0.5, 0.5)
            values.append(RNG.uniform(least, most, value.shape))
        layer.set_weights(values)


def save(name, layers, data=None, compiled=False, weights_only=False, dim_ordering="tf"):
    name = "k1_" + ("theano_" if THEANO else "") + name
    if only and not any(part in name for part in only):
        return
    try:
        write(name, layers, data, compiled, weights_only, dim_ordering)
    except Exception as error:
        print("FAILED", name, type(error).__name__, str(error)[:200])


def write(name, layers, data, compiled, weights_only, dim_ordering):
    if not THEANO:
        K.clear_session()
    K.set_image_dim_ordering(dim_ordering)
    model = Sequential(layers())
    fill(model)
    if compiled:
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    batch = model.input_shape[0] or 4
    if data is None:
        shape = [size or 6 for size in model.input_shape[1:]]
        data = RNG.uniform(-1, 1, [batch, *shape])
    predictions = model.predict(data, batch_size=batch)
    path = os.path.join(FOLDER, name)
    if weights_only:
        model.save_weights(path + ".weights.h5")
        with open(path + ".json", "w") as out:
            out.write(model.to_json())
    else:
        model.save(path + ".h5")
    np.savez(path + ".npz", input=data, predictions=predictions)
    print("wrote", name)


def words(size=12, rows=4, steps=7):
    data = RNG.randint(1, size, (rows, steps))
    data[:, -2:] = 0
    return data


def image_net(**first):
    return [
        L.Convolution2D(4, 3, 3, border_mode="same", activation="relu", **first),
        L.MaxPooling2D(),
        L.BatchNormalization(axis=1 if K.image_dim_ordering() == "th" else -1),
        L.Convolution2D(3, 3, 2, border_mode="valid"),
        L.ELU(),
        L.Dropout(0.5),
        L.Flatten(),
        L.Dense(5, activation="softmax"),
    ]


def main():
    save(
        "dense",
        lambda: [L.Dense(8, activation="relu", input_dim=5), L.Dropout(0.3), L.Dense(3, activation="softmax")],
        compiled=True,
    )
    save(
        "dense_weights", lambda: [L.Dense(8, activation="tanh", input_dim=5), L.Dense(3, bias=False)], weights_only=True
    )
    save(
        "dense_hard_sigmoid",
        lambda: [L.Dense(8, activation="hard_sigmoid", input_dim=5), L.Dense(3), L.Activation("hard_sigmoid")],
    )
    save("conv2d_tf", lambda: image_net(input_shape=(8, 9, 3)), compiled=True)
    save("conv2d_th", lambda: image_net(input_shape=(3, 8, 9)), dim_ordering="th")
    save("conv2d_weights", lambda: image_net(input_shape=(8, 9, 3)), weights_only=True)
    save(
        "conv1d",
        lambda: [
            L.Convolution1D(5, 3, input_shape=(9, 4), activation="relu"),
            L.MaxPooling1D(),
            L.Convolution1D(4, 2, border_mode="same", subsample_length=2),
            L.GlobalMaxPooling1D(),
            L.Dense(2),
        ],
    )
    save("atrous1d", lambda: [L.AtrousConvolution1D(5, 3, atrous_rate=2, input_shape=(9, 4)), L.Flatten(), L.Dense(2)])
    save(
        "atrous2d",
        lambda: [L.AtrousConvolution2D(5, 3, 3, atrous_rate=(2, 2), input_shape=(9, 9, 2)), L.Flatten(), L.Dense(2)],
    )
    save(
        "stride",
        lambda: [
            L.Convolution2D(4, 2, 3, subsample=(2, 2), border_mode="same", bias=False, input_shape=(9, 9, 2)),
            L.AveragePooling2D((2, 2)),
            L.GlobalAveragePooling2D(),
        ],
    )
    if not THEANO:
        save(
            "separable",
            lambda: [
                L.SeparableConvolution2D(4, 3, 3, depth_multiplier=2, input_shape=(7, 7, 3)),
                L.Flatten(),
                L.Dense(2),
            ],
        )
        save(
            "conv3d",
            lambda: [L.Convolution3D(3, 2, 2, 2, input_shape=(5, 5, 5, 2)), L.MaxPooling3D(), L.Flatten(), L.Dense(2)],
        )
        save(
            "deconv",
            lambda: [
                L.Deconvolution2D(3, 3, 3, output_shape=(None, 8, 8, 3), border_mode="valid", input_shape=(6, 6, 2)),
                L.Activation("tanh"),
            ],
        )
        save(
            "deconv_stride",
            lambda: [
                L.Deconvolution2D(
                    3, 3, 3, output_shape=(None, 12, 12, 3), subsample=(2, 2), border_mode="same", input_shape=(6, 6, 2)
                )
            ],
        )
        save(
            "conv_lstm",
            lambda: [L.ConvLSTM2D(3, 3, 3, border_mode="same", input_shape=(4, 5, 5, 2)), L.Flatten(), L.Dense(2)],
        )
    save(
        "padding",
        lambda: [
            L.ZeroPadding2D((1, 2), input_shape=(6, 6, 2)),
            L.Convolution2D(3, 3, 3),
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
            L.AveragePooling1D(3, stride=2),
            L.Flatten(),
            L.Dense(2),
        ],
    )
    save("lstm", lambda: [L.LSTM(5, input_shape=(6, 3)), L.Dense(2)], compiled=True)
    save(
        "lstm_gpu",
        lambda: [L.LSTM(5, input_shape=(6, 3), consume_less="gpu", return_sequences=True), L.LSTM(4), L.Dense(2)],
    )
    save(
        "lstm_weights",
        lambda: [L.LSTM(5, input_shape=(6, 3), inner_activation="sigmoid"), L.Dense(2)],
        weights_only=True,
    )
    save("gru", lambda: [L.GRU(5, input_shape=(6, 3), return_sequences=True), L.GRU(4, consume_less="gpu"), L.Dense(2)])
    save("simple_rnn", lambda: [L.SimpleRNN(5, input_shape=(6, 3), activation="hard_sigmoid"), L.Dense(2)])
    save(
        "backwards",
        lambda: [
            L.LSTM(5, input_shape=(6, 3), go_backwards=True, unroll=True, return_sequences=True),
            L.GRU(3),
            L.Dense(2),
        ],
    )
    save("stateful", lambda: [L.LSTM(5, batch_input_shape=(2, 6, 3), stateful=True), L.Dense(2)])
    for mode in ("concat", "sum", "mul", "ave"):
        save(
            "bidirectional_" + mode,
            lambda mode=mode: [
                L.Bidirectional(L.LSTM(4, return_sequences=True), merge_mode=mode, input_shape=(6, 3)),
                L.Bidirectional(L.GRU(3)),
                L.Dense(2),
            ],
        )
    save("embedding", lambda: [L.Embedding(12, 5, input_length=7, mask_zero=True), L.LSTM(4), L.Dense(2)], words())
    save(
        "embedding_flat",
        lambda: [L.Embedding(12, 5, input_length=7), L.Flatten(), L.Dense(2, activation="softplus")],
        words(),
    )
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
            L.TimeDistributed(L.Convolution2D(3, 2, 2, activation="relu"), input_shape=(3, 5, 5, 2)),
            L.TimeDistributed(L.Flatten()),
            L.TimeDistributed(L.BatchNormalization()),
            L.LSTM(4),
        ],
    )
    save("time_distributed_dense", lambda: [L.TimeDistributedDense(5, input_shape=(6, 3)), L.GRU(2)])
    save(
        "activations",
        lambda: [
            L.Dense(6, input_dim=4),
            L.LeakyReLU(0.2),
            L.Dense(6),
            L.PReLU(),
            L.Dense(5),
            L.ThresholdedReLU(0.3),
            L.Dense(5, activation="softsign"),
            L.Dense(5),
            L.ELU(0.7),
            L.Dense(4),
            L.Activation("hard_sigmoid"),
            L.Dense(3, activation="linear"),
        ],
    )
    save(
        "norm",
        lambda: [
            L.Dense(6, input_dim=4),
            L.BatchNormalization(),
            L.GaussianNoise(0.2),
            L.GaussianDropout(0.2),
            L.Dense(3),
        ],
    )
    save("nested", lambda: [nested(), L.Dense(4, activation="relu"), L.BatchNormalization(), L.Dense(2)])
    save("nested_frozen", lambda: [nested(True), L.Dense(4), nested(size=4), L.Dense(2)])
    save(
        "reshape",
        lambda: [
            L.Dense(12, input_dim=4),
            L.Reshape((3, 4)),
            L.Permute((2, 1)),
            L.Flatten(),
            L.RepeatVector(3),
            L.SimpleRNN(3),
        ],
    )
    save(
        "th_pool",
        lambda: [
            L.Convolution2D(4, 3, 3, input_shape=(2, 7, 8)),
            L.Activation("relu"),
            L.AveragePooling2D((2, 2)),
            L.PReLU(),
            L.ZeroPadding2D((1, 1)),
            L.Convolution2D(2, 2, 2),
            L.GlobalAveragePooling2D(),
            L.Dense(3),
        ],
        dim_ordering="th",
    )
    save(
        "th_tail",
        lambda: [
            L.Dense(18, input_dim=4),
            L.Reshape((2, 3, 3)),
            L.UpSampling2D((2, 2)),
            L.Convolution2D(3, 3, 3, border_mode="same", activation="sigmoid"),
        ],
        dim_ordering="th",
    )
    save(
        "prelu_shared",
        lambda: [
            L.Convolution2D(3, 2, 2, input_shape=(3, 6, 7)),
            L.PReLU(shared_axes=[2, 3]),
            L.Flatten(),
            L.Dense(2),
        ],
        dim_ordering="th",
    )
    if not THEANO:
        save(
            "deconv_output_shape",
            lambda: [
                L.Deconvolution2D(
                    3, 3, 3, output_shape=(None, 11, 12, 3), subsample=(2, 2), border_mode="same", input_shape=(6, 6, 2)
                )
            ],
        )
    save(
        "bidirectional_backwards",
        lambda: [
            L.Bidirectional(L.LSTM(4, return_sequences=True, go_backwards=True), input_shape=(6, 3)),
            L.Bidirectional(L.SimpleRNN(3), merge_mode="mul"),
            L.Dense(2),
        ],
    )
    save("frozen_model", lambda: [frozen_model(), L.Dense(2)])
    save(
        "padding_forms",
        lambda: [
            L.ZeroPadding2D((2, 1), input_shape=(2, 5, 6)),
            L.ZeroPadding2D({"top_pad": 1, "left_pad": 2}),
            L.Cropping2D(((1, 0), (2, 1))),
            L.UpSampling2D((2, 3)),
            L.MaxPooling2D((2, 2)),
            L.Convolution2D(3, 2, 2),
            L.Flatten(),
            L.Dense(2),
        ],
        dim_ordering="th",
    )
    # Keras 3 has no such layer.
    save("maxout", lambda: [L.MaxoutDense(5, nb_feature=3, input_dim=4), L.Dense(2)])
    save("th_weights", lambda: image_net(input_shape=(3, 8, 9)), dim_ordering="th", weights_only=True)


def nested(frozen=False, size=5):
    inner = [L.Dense(6, input_dim=size, activation="tanh"), L.BatchNormalization(), L.Dense(4)]
    if frozen:
        inner[0].trainable = False
    return Sequential(inner)


def frozen_model():
    """The configuration does not say that the model inside is frozen, which changes the order of the weights."""
    inner = Sequential([L.Dense(4, input_dim=5), L.BatchNormalization(), L.Dense(4)])
    inner.trainable = False
    return Sequential([inner, L.BatchNormalization(), L.Dense(4)])


main()
