"""What every format provides: a writer, and its real runtime as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from seqspec.diagnostics.extras import install_command
from seqspec.training.data.samples import Array
from seqspec.training.export.errors import MissingPackage


@dataclass(frozen=True)
class Options:
    """What the writers need to know of a table `[export]`.

    `representative` are the samples that int8 ranges are measured on.
    """

    optimize: str = "none"
    opset_version: int | None = None
    representative: Array | None = None


@dataclass(frozen=True)
class Exportable:
    """A model ready for export.

    `model` is the inference twin; `function` its `tf.function` with `training=False`; `signature` the one
    `tf.TensorSpec` of its input, whose first axis is the batch.
    """

    model: Any
    function: Any
    signature: Any
    notes: list[str] = field(default_factory=list)

    @property
    def batch_size(self) -> int | None:
        """The fixed batch size; None if any batch is accepted."""
        size = self.signature.shape[0]
        return None if size is None else int(size)


@dataclass(frozen=True)
class Runtime:
    """A file opened in its real runtime.

    `run` accepts an array (batch, ...) and returns the outputs; `name` says what runs it, with the version; `close`
    ends what it has started.
    """

    name: str
    run: Callable[[Array], Array]
    close: Callable[[], None] = lambda: None


class Format(Protocol):
    """A module of this package that writes and runs one format."""

    def write(self, target: Path, exportable: Exportable, options: Options) -> None:
        """Writes the file or folder; raises `ExportError` for operations that the format does not have."""

    def load(self, target: Path, exportable: Exportable) -> Runtime:
        """Opens what was written; raises `MissingPackage` if the runtime is not installed."""


def require(module: str, package: str, use: str) -> Any:
    """Imports a package that writes or runs a format; raises `MissingPackage`."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError:
        raise MissingPackage(f"{use} needs {package}, which is not installed: {install_command('export')}", package)


def batches(x: Array, size: int) -> Iterator[tuple[Array, int]]:
    """The samples in batches of exactly `size`, the last one filled up with its last sample, with the real count."""
    for start in range(0, len(x), size):
        part = x[start : start + size]
        count = len(part)
        if count < size:
            part = np.concatenate([part, np.repeat(part[-1:], size - count, axis=0)])
        yield part, count
