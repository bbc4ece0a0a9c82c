"""Saved models of a run, loaded."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from pathlib import Path

import keras

from seqspec.core.api.compiler import loader
from seqspec.training.data.samples import Array
from seqspec.training.errors import RunError
from seqspec.training.records import RunInfo
from seqspec.training.run_folder.folder import RunFolder


def load_model(
    path: Path, tree: Mapping[str, object], allowed: Collection[str] = (), compile: bool = True
) -> keras.Model:
    """The Keras model; classes of the user's own are imported where their modules are allowed.

    Keras cannot compile all models in HDF5 again, such as one with the loss `"mse"`.
    """
    try:
        with warnings.catch_warnings():
            # Keras surprise: of a LossScaleOptimizer it saves some variables twice. A run resumes from checkpoints.
            warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")
            objects = custom_objects(tree, allowed)
            return keras.models.load_model(path, custom_objects=objects, compile=compile, safe_mode=True)
    except (ValueError, OSError, TypeError, KeyError) as error:
        raise RunError(f"{path} cannot be loaded: {' '.join(str(error).split())[:500]}")


def custom_objects(tree: Mapping[str, object], allowed: Collection[str] = ()) -> dict[str, object]:
    """The `custom_objects` of a spec for Keras; imported where their modules are allowed."""
    objects: dict[str, object] = {}
    if "custom" in tree:
        from seqspec.core.api.check import Check

        spec = Check.of(tree).spec
        load = loader(allowed)
        for name, declared in spec.custom.items():
            made = load(declared)
            objects[name] = objects[made.__name__] = made
    return objects


def weights_of(folder: RunFolder, allowed: Collection[str]) -> list[Array]:
    """The weights of the model of another run, in the order of `Model.get_weights`."""
    folder.require_model()
    model = load_model(folder.model, folder.spec(), allowed, compile=False)
    return list(model.get_weights())


def initial_weights(info: RunInfo, allowed: Collection[str]) -> list[Array] | None:
    """The weights of the run that a resumed run was started from; None without one, or if it has been deleted."""
    start_from = info["from"]
    if start_from is None or not RunFolder(Path(start_from)).model.exists():
        return None
    return weights_of(RunFolder.open(start_from), allowed)
