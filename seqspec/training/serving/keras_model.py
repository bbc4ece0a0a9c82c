"""`serving.keras`: a trained model from raw columns to predictions, of Keras classes alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from seqspec.core.api.spec import Save
from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.serving.encoding_graph import Operand, Operations, encoded
from seqspec.training.serving.raw_inputs import raw_inputs

Tensor = Any
"""A `keras.KerasTensor`; Keras is untyped."""


MAX_COLUMNS = 2_000
"""Maximum number of columns; Keras takes half a minute to open a model of 3,000 inputs."""


def serving_model(model: keras.Model, encoder: Encoder, *, codes: bool = False) -> keras.Model:
    """A model with an input per column and the output of `model`, whose layers it shares.

    Args:
        model: A model of encoded vectors (batch, width).
        encoder: The encoding.
        codes: Whether categories are their places in the encoding, and texts the vectors of their words; strings need
            TensorFlow.

    Raises:
        ValueError: There are more than `MAX_COLUMNS` columns.
    """
    if len(encoder.encodings) > MAX_COLUMNS:
        raise ValueError(f"it can have {MAX_COLUMNS:,} columns, the table has {len(encoder.encodings):,}")
    inputs, sources = [], {}
    for raw_input in raw_inputs(encoder, codes=codes):
        _reserve(raw_input.name)
        tensor = keras.Input((raw_input.width,), name=raw_input.name, dtype=raw_input.dtype)
        inputs.append(tensor)
        sources[raw_input.column, raw_input.part] = tensor
    vector = encoded(_KerasOperations(), encoder, sources, codes=codes)
    names = [tensor.name for tensor in inputs]
    own = model.name
    while own in names:
        own += "_model"
    if own != model.name:
        model = keras.Sequential(model.layers, name=own)
    return keras.Model(dict(zip(names, inputs)), model(vector), name="serving")


def _reserve(name: str) -> None:
    """Keeps Keras from naming an operation like a column, such as cast or cast_1, which a model cannot hold twice."""
    keras.backend.get_uid(name)
    prefix, _, number = name.rpartition("_")
    if prefix and re.fullmatch(r"\d{1,5}", number):
        while keras.backend.get_uid(prefix) <= int(number):
            pass


def uses_codes(save: Save | None) -> bool:
    """Whether `serving.keras` has codes instead of strings: where `[save]` says so, and on other backends."""
    return (save is not None and save.serving == "codes") or keras.backend.backend() != "tensorflow"


class _KerasOperations(Operations[Tensor]):
    def apply(self, name: str, *operands: Operand[Tensor]) -> Tensor:
        function = keras.ops.isnan if name == "is_nan" else getattr(keras.ops, name)
        return function(*map(_plain, operands))

    def to_float(self, x: Tensor) -> Tensor:
        return keras.ops.cast(x, "float32")

    def to_int(self, x: Tensor) -> Tensor:
        return keras.ops.cast(x, "int32")

    def concatenate(self, parts: Sequence[Tensor]) -> Tensor:
        return keras.ops.concatenate(list(parts), axis=-1) if len(parts) > 1 else parts[0]

    def take(self, x: Tensor, places: Sequence[int]) -> Tensor:
        return keras.ops.take(x, list(places), axis=-1)

    def expand(self, x: Tensor) -> Tensor:
        return keras.ops.expand_dims(x, -1)

    def sum(self, x: Tensor) -> Tensor:
        return keras.ops.sum(x, axis=-1)

    def zeros_like(self, x: Tensor) -> Tensor:
        return keras.ops.zeros_like(x, dtype="float32")

    def lookup(self, x: Tensor, values: Sequence[str] | Sequence[int]) -> Tensor:
        if isinstance(values[0], str):
            unknown = "[UNK]"
            while unknown in values:
                unknown += "]"
            layer = layers.StringLookup(vocabulary=list(values), output_mode="one_hot", oov_token=unknown)
        else:
            number = -1
            while number in values:
                number -= 1
            layer = layers.IntegerLookup(vocabulary=list(values), output_mode="one_hot", oov_token=number)
        return layer(x)

    def words(self, x: Tensor, words: Sequence[str]) -> Tensor:
        layer = layers.TextVectorization(vocabulary=list(words), output_mode="multi_hot")
        return layers.Reshape((1 + len(words),))(layer(x))


def _plain(operand: Operand[Tensor]) -> Tensor:
    """NumPy scalars as Python numbers, which a .keras file can hold."""
    return operand.item() if isinstance(operand, np.generic) else operand
