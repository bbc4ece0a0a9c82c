"""Writing model files."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import keras

from seqspec.core.syntax.atomic_write import renamed


def save_model(model: keras.Model, target: Path, members: Mapping[str, str] | None = None) -> None:
    """Writes a model in the format of the suffix, so that an existing file is never left incomplete.

    Args:
        model: The model.
        target: A .keras or .h5 file.
        members: Further files for the archive of a .keras file, name → text.

    Raises:
        OSError: The file cannot be written; an existing file is unchanged.
    """
    with renamed(target) as partial:
        model.save(partial)
        if members:
            with zipfile.ZipFile(partial, "a") as archive:
                for name, text in members.items():
                    archive.writestr(name, text)
