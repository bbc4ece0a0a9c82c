"""TensorFlow SavedModel: a folder, run by TensorFlow."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError
from seqspec.training.export.base import METADATA, Exportable, Options, Runtime

ENDPOINT = "serve"


def write(target: Path, exportable: Exportable, options: Options) -> None:
    """Writes the folder, with one endpoint `serve`, and its metadata in `assets.extra`."""
    archive = keras.export.ExportArchive()
    archive.track(exportable.model)
    archive.add_endpoint(ENDPOINT, exportable.function)
    try:
        archive.write_out(str(target), verbose=False)
    except (ValueError, TypeError) as error:
        # Keras also traces the call that has no argument `training`.
        raise ExportError(f"TensorFlow cannot save the model: {' '.join(str(error).split())[-300:]}")
    extra = target / "assets.extra"
    extra.mkdir(exist_ok=True)
    (extra / METADATA).write_text(json.dumps(dict(options.metadata)), encoding="utf-8")


def load(target: Path, exportable: Exportable) -> Runtime:
    """Opens the folder as `tf.saved_model.load` does."""
    loaded = tf.saved_model.load(str(target))

    def run(x: Array) -> Array:
        return np.asarray(loaded.serve(tf.constant(x)))

    return Runtime(f"tensorflow {tf.__version__}", run)
