"""Writes models of Keras 3 with their predictions.

    python keras3.py FOLDER NAME

NAME begins the names of the files: k305 with keras==3.0.5 and tensorflow==2.16.2, k315 with keras==3.15.1. A model is a file
NAME.h5, NAME.keras, or NAME.weights.h5 with NAME.json; NAME.npz has `input` and `predictions`.
"""

import os
import sys

import keras
import numpy as np
from keras import Sequential
from keras import layers as L

FOLDER, GENERATION = sys.argv[1:3]
if not keras.__version__.replace(".", "").startswith(GENERATION.removeprefix("k")):
    sys.exit(f"{GENERATION} is not the name of Keras {keras.__version__}, which is installed")
only = sys.argv[3:]
RNG = np.random.RandomState(7)


def fill(model):
    for variable in model.variables:
        value = np.asarray(variable)
        if "variance" in variable.path:
            variable.assign(RNG.uniform(0.5, 1.5, value.shape))
        elif "seed" in variable.path or not np.issubdtype(value.dtype, np.floating):
            continue
        else:
            variable.assign(RNG.uniform(-0.5, 0.5, value.shape))


def save(name, layers, data=None, formats=("h5", "keras"), compiled=False, adapt=None):
    name = f"{GENERATION}_{name}"
    if only and not any(part in name for part in only):
        return
    try:
        write(name, layers, data, formats, compiled, adapt)
    except Exception as error:
        print("FAILED", name, type(error).__name__, str(error)[:200])


def write(name, layers, data, formats, compiled, adapt):
    keras.backend.clear_session()
    model = Sequential(layers())
    batch = model.input_shape[0] or 4
    if data is None:
        data = RNG.uniform(-1, 1, [batch, *(size or 6 for size in model.input_shape[1:])]).astype("float32")
    fill(model)
    if adapt is not None:
        model.layers[adapt].adapt(data * 3 + 1)
    if compiled:
        model.compile("adam", "mse", metrics=["mae"])
        model.fit(data, np.asarray(model(data)), batch_size=batch, verbose=0)
    predictions = np.asarray(model(data, training=False))
    for kind in formats:
        path = os.path.join(FOLDER, f"{name}_{kind}")
        if kind == "weights":
            model.save_weights(path + ".weights.h5")
            with open(path + ".json", "w") as out:
                out.write(model.to_json())
        else:
            model.save(f"{path}.{kind}")
        np.savez(path + ".npz", input=data, predictions=predictions)
    print("wrote", name)


def words(size=12, rows=4, steps=7):
    data = RNG.randint(1, size, (rows, steps))
    data[:, -2:] = 0
    return data


def nested(size=5, frozen=(), whole=False):
    model = Sequential([keras.Input((size,)), L.Dense(6, activation="tanh"), L.BatchNormalization(), L.Dense(4)])
    for index in frozen:
        model.layers[index].trainable = False
    if whole:
        model.trainable = False
    return model


def frozen(layer):
    layer.trainable = False
    return layer


def main():
    I = keras.Input
    everything = ("h5", "keras", "weights")
    save(
        "dense",
        lambda: [I((5,)), L.Dense(8, activation="relu"), L.Dropout(0.3, seed=1), L.Dense(3, activation="softmax")],
        formats=everything,
        compiled=True,
    )
    save(
        "hard_sigmoid",
        lambda: [I((5,)), L.Dense(8, activation="hard_sigmoid"), L.Dense(3), L.Activation("hard_sigmoid")],
    )
    save(
        "conv2d",
        lambda: [
            I((8, 9, 3)),
            L.Conv2D(4, 3, padding="same", activation="relu"),
            L.MaxPooling2D(),
            L.BatchNormalization(),
            L.Conv2D(4, (3, 2), groups=2),
            L.LeakyReLU(0.1),
            L.Flatten(),
            L.Dense(5, activation="softmax"),
        ],
        formats=everything,
        compiled=True,
    )
    save(
        "conv1d",
        lambda: [
            I((9, 4)),
            L.Conv1D(5, 3, padding="causal"),
            L.MaxPooling1D(),
            L.SeparableConv1D(4, 2),
            L.GlobalMaxPooling1D(keepdims=True),
            L.Flatten(),
            L.Dense(2),
        ],
    )
    save(
        "separable",
        lambda: [
            I((7, 7, 3)),
            L.SeparableConv2D(4, 3, depth_multiplier=2),
            L.DepthwiseConv2D(2),
            L.Conv2DTranspose(2, 2, strides=2),
            L.GlobalAveragePooling2D(),
            L.Dense(2),
        ],
    )
    save(
        "conv3d",
        lambda: [I((5, 5, 5, 2)), L.Conv3D(3, 2), L.Conv3DTranspose(2, 2), L.GlobalAveragePooling3D(), L.Dense(2)],
    )
    save(
        "lstm",
        lambda: [
            I((None, 3)),
            L.LSTM(5, return_sequences=True),
            L.LSTM(4, recurrent_activation="hard_sigmoid"),
            L.Dense(2),
        ],
        formats=everything,
        compiled=True,
    )
    save(
        "gru",
        lambda: [I((6, 3)), L.GRU(5, return_sequences=True), L.GRU(4, reset_after=False), L.Dense(2)],
        formats=everything,
    )
    save(
        "rnn",
        lambda: [
            I((6, 3)),
            L.SimpleRNN(5, return_sequences=True),
            L.RNN([L.LSTMCell(4), L.GRUCell(3)], return_sequences=True),
            L.RNN(L.SimpleRNNCell(4)),
            L.Dense(2),
        ],
        formats=everything,
    )
    save(
        "bidirectional",
        lambda: [
            I((6, 3)),
            L.Bidirectional(L.LSTM(4, return_sequences=True)),
            L.Bidirectional(L.GRU(3), merge_mode="sum"),
            L.Dense(2),
        ],
        formats=everything,
    )
    save("stateful", lambda: [I((6, 3), batch_size=2), L.LSTM(5, stateful=True), L.Dense(2)])
    save(
        "conv_lstm",
        lambda: [
            I((4, 5, 5, 2)),
            L.ConvLSTM2D(3, 3, padding="same", return_sequences=True),
            L.ConvLSTM2D(2, 2),
            L.Flatten(),
            L.Dense(2),
        ],
    )
    save(
        "embedding",
        lambda: [I((7,), dtype="int32"), L.Embedding(12, 5, mask_zero=True), L.LSTM(4), L.Dense(2)],
        words(),
        formats=everything,
    )
    save(
        "masked",
        lambda: [
            I((7,)),
            L.Embedding(12, 5, mask_zero=True),
            L.Bidirectional(L.GRU(4, return_sequences=True)),
            L.TimeDistributed(L.Dense(3, activation="hard_sigmoid")),
        ],
        words(),
    )
    save(
        "time_distributed",
        lambda: [
            I((3, 5, 5, 2)),
            L.TimeDistributed(L.Conv2D(3, 2, activation="relu")),
            L.TimeDistributed(L.Flatten()),
            L.TimeDistributed(L.BatchNormalization()),
            L.LSTM(4),
        ],
    )
    save(
        "activations",
        lambda: [
            I((4,)),
            L.Dense(6),
            L.PReLU(),
            L.Dense(5, activation="silu"),
            L.ELU(0.7),
            L.Dense(4, activation="gelu"),
            L.Softmax(),
            L.Dense(4),
            L.ReLU(2.0, 0.1, 0.2),
            L.Dense(3, activation="mish"),
        ],
    )
    save(
        "norm",
        lambda: [
            I((3, 4)),
            L.Dense(6),
            L.LayerNormalization(),
            L.BatchNormalization(scale=False),
            L.GroupNormalization(2),
            L.UnitNormalization(),
            L.SpectralNormalization(L.Dense(3)),
        ],
        formats=everything,
    )
    save(
        "normalization",
        lambda: [I((5,)), L.Normalization(), L.Dense(3)],
        adapt=1 if GENERATION == "none" else 0,
        formats=everything,
    )
    save(
        "rescaling",
        lambda: [
            I((6, 6, 3)),
            L.Rescaling(1 / 127.5, offset=-1),
            L.RandomFlip(seed=2),
            L.RandomRotation(0.1),
            L.CenterCrop(5, 5),
            L.Conv2D(2, 3),
            L.Flatten(),
            L.Dense(2),
        ],
    )
    save(
        "nested",
        lambda: [I((5,)), nested(), L.Dense(4), nested(4, frozen=[0]), L.Dense(2)],
        formats=everything,
        compiled=True,
    )
    save(
        "nested_whole",
        lambda: [I((5,)), nested(whole=True), Sequential([I((4,)), nested(4, frozen=[1]), L.Dense(4)]), L.Dense(2)],
        formats=everything,
    )
    save(
        "frozen", lambda: [I((5,)), frozen(L.Dense(4)), frozen(L.BatchNormalization()), L.Dense(3)], formats=everything
    )
    save("einsum", lambda: [I((3, 4)), L.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d"), L.Dense(2)])
    save(
        "mixed_float16",
        lambda: [
            I((5,)),
            L.Dense(8, activation="relu", dtype="mixed_float16"),
            L.BatchNormalization(dtype="mixed_float16"),
            L.Dense(3, dtype="float32"),
        ],
    )


main()
