"""Exports with an input per column (`input = "columns"`): the encoding inside the file, in front of the model."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError
from seqspec.training.export.base import Exportable, ExportRuntime, FormatWithColumns, Options
from seqspec.training.export.verify import CheckSamples
from seqspec.training.serving.keras_model import MAX_COLUMNS, serving_model
from seqspec.training.serving.raw_inputs import random_rows, raw_inputs

_ROWS = 200


class ColumnsFormat:
    """Writes and runs a format with columns as inputs; the samples of its runtime are numbers of random rows."""

    def __init__(self, encoder: Encoder | None, format: FormatWithColumns) -> None:
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
        self._format = format
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
        self._format.write_columns(target, exportable, self._encoder, options)

    def load(self, target: Path, exportable: Exportable) -> ExportRuntime:
        """Opens the file in its runtime; its function accepts numbers of rows."""
        name, run = self._format.load_columns(target)
        return ExportRuntime(name, lambda rows: run(self._chosen(rows)))

    def _chosen(self, rows: Array) -> dict[str, Array]:
        return {name: values[rows] for name, values in self._rows.items()}
