"""`.weights.h5` of Keras 3, written under a temporary name and renamed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from seqspec.core.syntax.atomic_write import renamed
from seqspec.saved_models.packages import h5py


def write_weights(arrays: Mapping[str, object], target: str | os.PathLike[str]) -> None:
    """Writes arrays at their paths; an existing file is replaced only by a complete one."""
    with renamed(Path(target)) as partial, h5py.File(partial, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array)
