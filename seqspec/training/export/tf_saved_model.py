"""TensorFlow SavedModel: a folder, run by TensorFlow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError
from seqspec.training.export.base import METADATA, Exportable, ExportRuntime, Options
from seqspec.training.serving.keras_model import serving_model

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


def load(target: Path, exportable: Exportable) -> ExportRuntime:
    """Opens the folder as `tf.saved_model.load` does."""
    loaded = tf.saved_model.load(str(target))

    def run(x: Array) -> Array:
        return np.asarray(loaded.serve(tf.constant(x)))

    return ExportRuntime(f"tensorflow {tf.__version__}", run)


def write_columns(target: Path, exportable: Exportable, encoder: Encoder, options: Options) -> None:
    """Writes the folder of a model with an input per column."""
    model = serving_model(exportable.model, encoder)
    function = columns_function(model, exportable.batch_size)
    write(target, Exportable(model, function, exportable.signature), options)


def load_columns(target: Path) -> tuple[str, Callable[[Mapping[str, Array]], Array]]:
    """The runtime with its version, and the folder as a function of columns."""
    loaded = tf.saved_model.load(str(target))

    def run(columns: Mapping[str, Array]) -> Array:
        return np.asarray(loaded.serve({name: tf.constant(values) for name, values in columns.items()}))

    return f"tensorflow {tf.__version__}", run


def columns_function(model: keras.Model, batch_size: int | None = None) -> tf.Function:
    """A model from raw columns as a function of one dictionary, by column.

    TensorFlow accepts letters, digits and "_" alone in the names of a signature; others are replaced by "_".
    """
    signature, taken = {}, set[str]()
    for column, tensor in model.input.items():
        name = re.sub(r"\W", "_", column, flags=re.ASCII)
        name = name if name[:1].isalpha() else f"column_{name}"
        while name in taken:
            name += "_"
        taken.add(name)
        signature[column] = tf.TensorSpec((batch_size, *tensor.shape[1:]), tensor.dtype, name=name)
    return tf.function(lambda columns: model(columns, training=False), input_signature=[signature])
