"""Specs and data that several tests train on."""

import csv
import json

import numpy as np

CLASSES = ["adelie", "chinstrap", "gentoo"]


def spec(layers=None, shape=(4,), **tables):
    """A spec of a small classifier with three classes; `tables` replace or add tables, None removes one."""
    tree = {
        "seqspec": 1,
        "model": {
            "input": shape if isinstance(shape, dict) else list(shape),
            "layers": layers
            or [
                {"type": "Dense", "units": 8, "activation": "relu"},
                {"type": "Dense", "units": 3, "activation": "softmax"},
            ],
        },
        "target": {"kind": "multiclass", "classes": 3},
        "compile": {"optimizer": "adam(0.01)", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
        "fit": {"epochs": 2, "batch_size": 16},
        "runtime": {"seed": 7},
    }
    tree.update(tables)
    return {key: value for key, value in tree.items() if value is not None}


def samples(count=120, features=4, seed=0):
    """Three classes that a small network learns."""
    generator = np.random.default_rng(seed)
    y = generator.integers(0, 3, count)
    x = generator.normal(size=(count, features)) + 3 * np.eye(3, features)[y]
    return x.astype("float32"), y.astype("int32")


def mapped(folder):
    """The samples, with the inputs in a file that is mapped into memory: a source of the type python."""
    return np.load(f"{folder}/x.npy", mmap_mode="r"), samples()[1]


def write_csv(path, count=120, **columns):
    """The samples as a table with the columns a, b, c, d, species, and further ones."""
    x, y = samples(count)
    extra = list(columns)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "c", "d", "species", *extra])
        for row in range(count):
            writer.writerow([*x[row].tolist(), CLASSES[y[row]], *(columns[name][row] for name in extra)])
    return x, y


def write_spec(path, **tables):
    """A spec file beside its data."""
    path.write_text(json.dumps(spec(**tables)))
    return path


def table(path="data.csv", **keys):
    """A source of the table that `write_csv` writes."""
    return {"type": "table", "path": path, "features": ["a", "b", "c", "d"], "label": "species", **keys}


SPLIT = {"by": "random", "train": 0.6, "validation": 0.2, "test": 0.2}
