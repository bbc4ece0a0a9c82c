"""Writes the predictions of saved models on random input, with the Keras that is installed.

    python reference.py FOLDER [NAME ...]

FOLDER has models as compare.py expects them: NAME.h5, NAME.keras, a SavedModel NAME.saved, or NAME.weights.h5 or
NAME.old_weights.h5 with NAME.json. Writes NAME.npz with `input` and `predictions` where it does not exist. A NAME.json
without weights gets random ones, in NAME.old_weights.h5 or, with Keras 3, NAME.weights.h5. With TensorFlow 2 before
2.16, Keras is TensorFlow's. Runs with Python 3.6 and every Keras from 1.2. Files with Lambda layers, which contain
code, are skipped; custom classes are not found.
"""

import os
import sys
import zipfile

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
from writing import fill, write_predictions

try:
    import tensorflow as tf

    is_separate = tf.__version__.startswith("1.") or tf.__version__ >= "2.16"
except ImportError:
    is_separate = True
if is_separate:
    import keras
else:
    from tensorflow import keras

VERSION = keras.__version__ if is_separate else tf.__version__
KERAS_1 = VERSION.startswith("1.")
UNKNOWN_SIZES = (12, 33, 96)


def load(path, weights):
    """The model at `path` without an ending; `weights` is the ending of its weights, if its architecture is a JSON."""
    if weights is None:
        file = next(path + ending for ending in (".h5", ".keras", ".saved") if os.path.exists(path + ending))
        return keras.models.load_model(file, **({} if KERAS_1 else {"compile": False}))
    with open(path + ".json") as text:
        model = keras.models.model_from_json(text.read())
    if weights:
        model.load_weights(path + weights)
    else:
        fill(model.layers, np.random.RandomState(1), 0.5)
        model.save_weights(path + (".weights.h5" if VERSION >= "3" else ".old_weights.h5"))
    return model


def has_code(path):
    """Whether a file or folder contains a Lambda layer."""
    files = (
        [path]
        if os.path.isfile(path)
        else [os.path.join(top, name) for top, _, found in os.walk(path) for name in found]
    )
    for file in files:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                content = archive.read("config.json")
        else:
            with open(file, "rb") as stream:
                content = stream.read()
        if b"Lambda" in content:
            return True
    return False


def leaf(layer):
    """The first layer with weights or an input inside of a layer."""
    inner = [part for part in getattr(layer, "layers", []) if type(part).__name__ != "InputLayer"]
    return leaf(inner[0]) if inner else layer


def random_input(model, unknown):
    """Integers below the size of an embedding, otherwise numbers from -1 to 1."""
    rng = np.random.RandomState(7)
    shape = [size or (3 if axis == 0 else unknown) for axis, size in enumerate(model.input_shape)]
    first = leaf(model)
    if type(first).__name__ == "Embedding":
        return rng.randint(0, first.input_dim, shape).astype("float32")
    return rng.uniform(-1, 1, shape).astype("float32")


def write(path):
    weights = None
    endings = (".h5", ".keras", ".saved", ".json")
    if any(has_code(path + ending) for ending in endings if os.path.exists(path + ending)):
        raise ValueError("it has a Lambda layer")
    if os.path.exists(path + ".json"):
        weights = next((end for end in (".weights.h5", ".old_weights.h5") if os.path.exists(path + end)), "")
    model = load(path, weights)
    for number, unknown in enumerate(UNKNOWN_SIZES, 1):
        data = random_input(model, unknown)
        try:
            write_predictions(path, data, model.predict(data, batch_size=len(data), verbose=0))
            return
        except Exception:
            if number == len(UNKNOWN_SIZES):
                raise


def main():
    folder, chosen = sys.argv[1], sys.argv[2:]
    endings = (".weights.h5", ".old_weights.h5", ".h5", ".keras", ".saved", ".json")
    names = set()
    for file in os.listdir(folder):
        names.update(file[: -len(end)] for end in [next((end for end in endings if file.endswith(end)), None)] if end)
    for name in sorted(names):
        path = os.path.join(folder, name)
        if os.path.exists(path + ".npz") or (chosen and not any(part in name for part in chosen)):
            continue
        try:
            write(path)
        except Exception as error:
            print(name, type(error).__name__, str(error)[:200].replace("\n", " "))
        if hasattr(keras.backend, "clear_session"):
            keras.backend.clear_session()


if __name__ == "__main__":
    main()
