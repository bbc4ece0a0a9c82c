"""The interface of every export format: a writer, and its real runtime as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

import numpy as np

from seqspec.core.api.diagnostics import install_command
from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError, MissingPackage

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from seqspec.training.data.encoding.encoder import Encoder

OUTPUT = "output"
"""The name of the output in formats whose outputs have names."""
METADATA = "metadata.json"
"""The file with the metadata in formats that have a place for files."""
ASSIGN = "AssignVariableOp"
"""The operation of TensorFlow that changes a variable."""


@dataclass(frozen=True)
class Options:
    """The options of a table `[export]` for the writers.

    `representative` are the samples that int8 ranges are measured on; `metadata` is written into the files.
    """

    optimize: str = "none"
    opset_version: int | None = None
    representative: Array | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Exportable:
    """A model ready for export.

    `model` is the inference model; `function` its `tf.function` with `training=False`; `signature` the one
    `tf.TensorSpec` of its input, whose first axis is the batch; `replaced` the names of the dtype policies of the
    model that the inference model has in float32.
    """

    model: keras.Model
    function: tf.Function
    signature: tf.TensorSpec
    notes: list[str] = field(default_factory=list)
    replaced: tuple[str, ...] = ()

    @property
    def batch_size(self) -> int | None:
        """The fixed batch size; None if any batch is accepted."""
        size = self.signature.shape[0]
        return None if size is None else int(size)


@dataclass(frozen=True)
class ExportRuntime:
    """A file opened in its real runtime.

    `run` accepts an array (batch, ...) and returns the outputs; `name` is the runtime with its version; `close`
    ends what it has started.
    """

    name: str
    run: Callable[[Array], Array]
    close: Callable[[], None] = lambda: None


class Format(Protocol):
    """A module of this package that writes and runs one format, whose name it has."""

    def write(self, target: Path, exportable: Exportable, options: Options) -> None:
        """Writes the file or folder; raises `ExportError` for operations that the format does not support."""

    def load(self, target: Path, exportable: Exportable) -> ExportRuntime:
        """Opens an exported file or folder; raises `MissingPackage` if the runtime is not installed."""


class FormatWithColumns(Format, Protocol):
    """The module of a format that is declared with `has_columns`."""

    def write_columns(self, target: Path, exportable: Exportable, encoder: Encoder, options: Options) -> None:
        """Writes a model with an input per column; raises `ExportError` for a column that it cannot encode."""

    def load_columns(self, target: Path) -> tuple[str, Callable[[Mapping[str, Array]], Array]]:
        """The runtime with its version, and the file as a function of columns."""


def require(module: str, package: str, use: str) -> ModuleType:
    """Imports a package that writes or runs a format; raises `MissingPackage`."""
    try:
        return import_module(module)
    except ImportError:
        raise MissingPackage(f"{use} needs {package}, which is not installed: {install_command('export')}", package)


def require_stateless(exportable: Exportable, name: str) -> None:
    """Raises `ExportError` for layers that keep their state from one call to the next, which the format does not."""
    for layer in exportable.model._flatten_layers():
        if getattr(layer, "stateful", False):
            raise ExportError(f"{name} has no operation {ASSIGN}, with which {layer.name} keeps its state", [ASSIGN])


def batches(x: Array, size: int) -> Iterator[tuple[Array, int]]:
    """Batches of exactly `size` samples, the last one padded with its last sample, each with its unpadded count."""
    for start in range(0, len(x), size):
        part = x[start : start + size]
        count = len(part)
        if count < size:
            part = np.concatenate([part, np.repeat(part[-1:], size - count, axis=0)])
        yield part, count
