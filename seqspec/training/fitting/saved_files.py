"""The files that a run saves of its model."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import keras

from seqspec.core.api.check import Check
from seqspec.core.api.files import DOCUMENTS, SPEC, renamed
from seqspec.core.api.spec import Save
from seqspec.training.errors import TrainingError
from seqspec.training.run_folder.files import json_text
from seqspec.training.run_folder.folder import RunFolder


def spec_members(folder: RunFolder, tree: Mapping[str, object]) -> dict[str, str]:
    """The spec for a .keras file: resolved, and also as written if that resolves to the same spec by itself."""
    members = {SPEC: json_text(tree, indent=2)}
    for name in DOCUMENTS:
        written = folder.path / Path(name).name
        if written.is_file():
            text = written.read_text(encoding="utf-8")
            # Not included if other files or --set change it.
            with contextlib.suppress(OSError):
                spec = Check.of(str(written)).spec
                if spec is not None and spec.to_dict() == tree:
                    members[name] = text
    return members


def save_as_declared(model: keras.Model, save: Save, source: Path) -> list[str]:
    """Writes the files of `[save]` for a model that is saved as `source`.

    Raises `TrainingError` for a file that exists by now and must not be overwritten.
    """
    path = Path(save.filepath)
    written = [path] if save.weights is None else [path, Path(save.weights)]
    for target in written:
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        _save_to(path, model, save, source)
        for weights in written[1:]:
            with renamed(weights, overwrite=save.overwrite) as partial:
                model.save_weights(partial)
    except FileExistsError:
        # Created by another program while the model was trained.
        existing = next(path for path in written if path.exists())
        raise TrainingError(f"{existing} already exists, and [save] has overwrite = false; {source} has the model")
    return [str(path) for path in written]


def _save_to(path: Path, model: keras.Model, save: Save, source: Path) -> None:
    """Writes the model, in the format of the suffix; raises `FileExistsError`."""
    if save.zipped is False:
        path.mkdir(exist_ok=save.overwrite)
        model.save(path, zipped=False)
        return
    with renamed(path, overwrite=save.overwrite) as partial:
        if path.suffix == ".keras":
            shutil.copyfile(source, partial)
        else:
            model.save(partial)
