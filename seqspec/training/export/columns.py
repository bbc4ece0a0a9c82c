"""Exports with an input per column (`input = "columns"`): the encoding inside the file, in front of the model."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf

from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError
from seqspec.training.export import onnx, saved_model
from seqspec.training.export.base import Exportable, Options, Runtime, require
from seqspec.training.export.verify import CheckSamples
from seqspec.training.serving.keras_model import MAX_COLUMNS, serving_model
from seqspec.training.serving.onnx_model import with_encoding
from seqspec.training.serving.raw_inputs import random_rows, raw_inputs

_ROWS = 200


class ColumnsFormat:
    """Writes and runs a format with columns as inputs; the samples of its runtime are numbers of random rows."""

    def __init__(self, encoder: Encoder | None, format: str) -> None:
        if encoder is None:
            raise ExportError(
                'input = "columns" needs the encoding of [data.columns], which a run keeps and a saved model does not: '
                "export the run, with seqspec export RUN. A model of a series needs none: its input is the values "
                'themselves, so use input = "encoded"'
            )
        if len(encoder.encodings) > MAX_COLUMNS:
            raise ExportError(
                f'input = "columns" is limited to {MAX_COLUMNS:,} columns, the table has {len(encoder.encodings):,}'
            )
        self._encoder = encoder
        self._is_onnx = format == "onnx"
        self._rows = random_rows(encoder, raw_inputs(encoder), _ROWS)

    @property
    def samples(self) -> CheckSamples:
        """The numbers of the rows."""
        return CheckSamples(np.arange(_ROWS), None, "random rows of known, unknown and missing values", {})

    def predict(self, model: keras.Model) -> Array:
        """The outputs of a model of encoded vectors for all rows."""
        serving = serving_model(model, self._encoder)
        return np.asarray(serving({name: tf.constant(values) for name, values in self._rows.items()}, training=False))

    def write(self, target: Path, exportable: Exportable, options: Options) -> None:
        """Writes the file or folder; raises `ExportError` for a column that the format cannot encode."""
        if self._is_onnx:
            self._write_onnx(target, exportable, options)
            return
        model = serving_model(exportable.model, self._encoder)
        function = columns_function(model, exportable.batch_size)
        saved_model.write(target, Exportable(model, function, exportable.signature), options)

    def _write_onnx(self, target: Path, exportable: Exportable, options: Options) -> None:
        package = require("onnx", "onnx", "the ONNX format")
        with TemporaryDirectory() as folder:
            core = Path(folder) / "core.onnx"
            onnx.write(core, exportable, options)
            model = with_encoding(package.load(core), self._encoder, exportable.batch_size)
        target.write_bytes(model.SerializeToString())

    def load(self, target: Path, exportable: Exportable) -> Runtime:
        """Opens the file in ONNX Runtime or TensorFlow; its function accepts numbers of rows."""
        if self._is_onnx:
            session, name = onnx.open_session(target)
            return Runtime(name, lambda rows: onnx.run_session(session, self._chosen(rows)))
        loaded = tf.saved_model.load(str(target))

        def run(rows: Array) -> Array:
            return np.asarray(loaded.serve({name: tf.constant(part) for name, part in self._chosen(rows).items()}))

        return Runtime(f"tensorflow {tf.__version__}", run)

    def _chosen(self, rows: Array) -> dict[str, Array]:
        return {name: values[rows] for name, values in self._rows.items()}


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
