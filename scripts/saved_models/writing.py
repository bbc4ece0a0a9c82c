"""What the scripts that write saved models share: random weights, and a file of each format.

Runs in Python 3.6 and with every Keras from 1.2, none of which it imports.
"""

import numpy as np

ENDINGS = {
    "h5": ".h5",
    "keras": ".keras",
    "savedmodel": ".saved",
    "weights": ".weights.h5",
    "old_weights": ".old_weights.h5",
    "weights3": ".weights.h5",
    "checkpoint": ".ckpt",
}
"""The endings of the files by format: "weights" is Keras 2's HDF5 format, "weights3" that of Keras 3."""


def fill(layers, rng, bound):
    """Gives weights random values from -bound to bound, and variances from 0.5 to 1.5; counts and seeds are kept."""
    for layer in layers:
        # Neither the weights of a model nor those of a wrapper of one are in the order of get_weights().
        inner = getattr(layer, "layer", None)
        if hasattr(layer, "layers") or hasattr(inner, "layers"):
            fill(layer.layers if hasattr(layer, "layers") else inner.layers, rng, bound)
            continue
        values = []
        for weight, value in zip(layer.weights, layer.get_weights()):
            name = getattr(weight, "path", weight.name)
            if "variance" in name or "running_std" in name:
                values.append(rng.uniform(0.5, 1.5, value.shape))
            elif "count" in name or "seed" in name or not np.issubdtype(value.dtype, np.floating):
                values.append(value)
            else:
                values.append(rng.uniform(-bound, bound, value.shape))
        layer.set_weights(values)


def write_model(model, path, kind, newest=False):
    """Writes a model, or its weights with its configuration as JSON, to `path` with the ending of the format.

    `newest` says that this Keras writes .weights.h5 in the format of Keras 3, so that "weights" needs another ending.
    """
    if kind in ("h5", "keras"):
        model.save(path + ENDINGS[kind])
    elif kind == "savedmodel":
        model.save(path + ENDINGS[kind], save_format="tf")
    else:
        model.save_weights(path + ENDINGS["old_weights" if kind == "weights" and newest else kind])
        with open(path + ".json", "w") as out:
            out.write(model.to_json())


def write_predictions(path, data, predictions):
    """Writes the input of a model and its predictions."""
    np.savez(path + ".npz", input=data, predictions=predictions)
