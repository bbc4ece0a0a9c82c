"""Models written by older versions of Keras, with their predictions; `scripts/saved_models` creates more."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests import ROOT

FOLDER = ROOT / "tests" / "files" / "saved"
_ENDINGS = (".h5", ".weights.h5", ".keras", ".saved", ".ckpt", "/model.json")


MASKED = "k224_embedding_bi"
"""A model whose predictions for masked steps Keras 3 cannot compute."""
INSIDE = "k224_masked_inside_steps"
"""A model with a mask that Keras 3 does not pass on."""
PASSED_ON = "tk24_masked_relu"
"""A model with a layer that passes on a mask only in Keras 3."""
GONE = "k1_highway"
"""A model with a layer that Keras 3 does not have."""
MOVED = "k224_up_sampling_bilinear"
"""A model with a layer that computes something else in Keras 3."""
REFUSED = (MASKED, INSIDE, PASSED_ON, GONE, MOVED)


CLOSE = {"k1_mode_1": 1e-4, "k313_int4": 2e-2}
"""Models that are not exactly the same in Keras 3, and how much their predictions may differ."""


class Saved(NamedTuple):
    """A file, the JSON of its architecture if it has only weights, and what the model predicts for an input."""

    file: str
    architecture: dict | None
    input: np.ndarray
    predictions: np.ndarray
    theano: bool


def names():
    stems = [path.stem for path in FOLDER.glob("*.npz")]
    return sorted(stems + [path.name.removesuffix(".data.json") for path in FOLDER.glob("*.data.json")])


def saved(name):
    paths = (FOLDER / f"{name}{ending}" for ending in _ENDINGS)
    file = next(path for path in paths if path.exists() or Path(f"{path}.index").exists())
    architecture, numbers = FOLDER / f"{name}.json", FOLDER / f"{name}.npz"
    if numbers.exists():
        data = np.load(numbers)
    else:
        data = {key: np.asarray(value) for key, value in json.loads((FOLDER / f"{name}.data.json").read_text()).items()}
    tree = json.loads(architecture.read_text()) if architecture.exists() else None
    return Saved(str(file), tree, data["input"], data["predictions"], name.startswith("k1_theano"))
