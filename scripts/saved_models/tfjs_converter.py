"""Writes models of Keras 3, and saved models of Keras 2, converted to TensorFlow.js, with their predictions.

    KERAS_BACKEND=tensorflow python tfjs_converter.py FOLDER [FILE.h5 ...]

Needs tensorflowjs==4.22.0 with Keras 3. Each model is a folder NAME with model.json and its shards; NAME.npz has `input`
and `predictions`. Beside each FILE.h5, a whole model, there must be such a FILE.npz.
"""

import os
import shutil
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflowjs
from keras import Input, Sequential
from keras import layers as L
from tensorflowjs.converters import converter, keras_h5_conversion

FOLDER, FILES = Path(sys.argv[1]), sys.argv[2:]
RNG = np.random.RandomState(11)
WORDS = np.array([[1, 4, 2, 0, 0], [3, 3, 1, 5, 0], [7, 6, 2, 1, 1]], "float32")


def fill(model):
    for variable in model.variables:
        value = np.asarray(variable)
        if np.issubdtype(value.dtype, np.floating):
            least = 0.5 if "variance" in variable.path else -0.5
            variable.assign(RNG.uniform(least, least + 1, value.shape))


def save(name, shape, *layers, data=None, frozen=(), quantize=None):
    model = Sequential([Input(shape), *layers])
    for index in frozen:
        model.layers[index].trainable = False
    fill(model)
    if data is None:
        data = RNG.uniform(-1, 1, (3, *(size or 6 for size in shape))).astype("float32")
    target = FOLDER / f"tfconv_{name}"
    options = {} if quantize is None else {"quantization_dtype_map": {quantize: "*"}}
    tensorflowjs.converters.save_keras_model(model, str(target), **options)
    np.savez(f"{target}.npz", input=data, predictions=np.asarray(model(data, training=False)))
    print("wrote", target.name)
    keras.backend.clear_session()


def stack(*layers):
    return Sequential(list(layers))


def convert(file):
    """Converts a saved model; its layers are listed in the order of their names then."""
    target = FOLDER / f"tfconv_{Path(file).stem}"
    topology, groups = converter.dispatch_keras_h5_to_tfjs_layers_model_conversion(file)
    target.mkdir(parents=True, exist_ok=True)
    keras_h5_conversion.write_artifacts(topology, groups, str(target))
    shutil.copy(f"{os.path.splitext(file)[0]}.npz", f"{target}.npz")
    print("wrote", target.name)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    save("mlp", (5,), L.Dense(8, "relu"), L.Dropout(0.2), L.Dense(3, "softmax"))
    save(
        "cnn",
        (9, 8, 3),
        L.Conv2D(4, 3, padding="same"),
        L.MaxPooling2D(2),
        L.BatchNormalization(),
        L.Flatten(),
        L.Dense(4),
    )
    save("cnn_uint16", (9, 8, 3), L.Conv2D(4, 3), L.BatchNormalization(), L.Flatten(), L.Dense(4), quantize="uint16")
    save("separable", (9, 8, 3), L.SeparableConv2D(4, 3, depth_multiplier=2), L.Conv2DTranspose(2, 2), L.Flatten())
    save("lstm", (6, 3), L.LSTM(5, return_sequences=True), L.GRU(4, reset_after=False), L.Dense(2))
    save("hard_sigmoid", (4,), L.Dense(6, "hard_sigmoid"), L.Dense(5), L.Activation("hard_sigmoid"))
    save("bidirectional", (6, 3), L.Bidirectional(L.LSTM(4, return_sequences=True)), L.Bidirectional(L.GRU(3)))
    save("embedding", (5,), L.Embedding(12, 5, mask_zero=True), L.LSTM(4), L.Dense(2), data=WORDS)
    inner = stack(L.Dense(6), L.BatchNormalization()), stack(L.Dense(3, "relu"), L.BatchNormalization(scale=False))
    save("nested_frozen", (5,), inner[0], L.Dense(4), L.Dense(4), inner[1], frozen=(0, 2))
    save("norms", (6,), L.Dense(6), L.LayerNormalization(), L.PReLU(), L.ELU(0.3), L.LeakyReLU(0.2), L.Softmax())
    save("distributed", (6, 3), L.TimeDistributed(stack(L.Dense(3), L.BatchNormalization())), L.SimpleRNN(3))
    save("cells", (6, 3), L.RNN([L.LSTMCell(4), L.GRUCell(3)]), L.Dense(2))
    save("spectral", (6,), L.SpectralNormalization(L.Dense(4)), L.Dense(2))
    save("conv_lstm", (3, 6, 6, 2), L.ConvLSTM2D(3, 3, padding="same"), L.Flatten(), L.Dense(2))
    for file in FILES:
        convert(file)


if __name__ == "__main__":
    main()
