"""`.weights.h5` of Keras 3, written beside its place and renamed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from seqspec.importers.saved.errors import h5py


def write_weights(arrays: Mapping[str, object], target: str | os.PathLike[str]) -> None:
    """Writes arrays at their paths; an existing file is replaced only by a complete one."""
    path = Path(target)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with h5py().File(partial, "w") as file:
            for name, array in arrays.items():
                file.create_dataset(name, data=array)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
