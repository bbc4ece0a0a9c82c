"""HDF5 files of all Keras versions: whole models, weights in layer order, and weights by path (Keras 3)."""

from __future__ import annotations

import re

from seqspec.core.api.files import LIMITS, Limits
from seqspec.saved_models.hdf5 import Hdf5, open_hdf5
from seqspec.saved_models.packages import h5py
from seqspec.saved_models.saved_model import (
    NEW_OPTIMIZER,
    Array,
    ByLayer,
    ByPath,
    NamedArrays,
    SavedModel,
    SavedModelError,
    Store,
    generation_of,
    parse_json,
)

_PATH_ROOTS = ("layers", "_layer_checkpoint_dependencies", "vars")
_TRAINING = ("optimizer", "compile_metrics", "compiled_metrics", "metrics")
_PATH_SEPARATORS = re.compile(r"[/\\]")
"""Keras 2.12 to 2.15 joined the names of groups with the separator of the operating system."""


def read(source: str | bytes, weights: bool = True, limits: Limits = LIMITS) -> SavedModel:
    """The model in an HDF5 file; without `weights`, only its configuration."""
    with open_hdf5(source) as file:
        root = file.root
        text = file.text(root, "model_config")
        if text is not None:
            return _read_model(file, text, weights, limits)
        store: Store
        if _has_layer_names(root):
            store = ByLayer(_layers(file, root) if weights else [])
            missing = 1
        elif any(_PATH_SEPARATORS.split(name)[0] in _PATH_ROOTS for name in root):
            store = by_path(file) if weights else ByPath({})
            missing = 3
        else:
            raise SavedModelError(
                "not-a-model",
                "this HDF5 file is not a Keras model: it has neither model_config nor layer_names nor layers",
            )
        version, backend = file.text(root, "keras_version"), file.text(root, "backend")
        return SavedModel("weights", None, generation_of(version, backend, missing), store)


def _read_model(file: Hdf5, text: str, weights: bool, limits: Limits) -> SavedModel:
    root = file.root
    config = dict(parse_json(text, "model_config", limits))
    training = file.text(root, "training_config")
    if training is not None:
        config["training_config"] = parse_json(training, "training_config")
    group = file.child(root, "model_weights") if "model_weights" in root else root
    version = file.text(root, "keras_version") or file.text(group, "keras_version")
    backend = file.text(root, "backend") or file.text(group, "backend")
    model = SavedModel("h5", config, generation_of(version, backend), None)
    if "optimizer_weights" in root:
        model.notes.append(NEW_OPTIMIZER)
    if weights:
        model.store = ByLayer(_layers(file, group))
    return model


def _has_layer_names(group: h5py.Group) -> bool:
    return "layer_names" in group.attrs or "layer_names0" in group.attrs


def _layers(file: Hdf5, group: h5py.Group) -> list[tuple[str, NamedArrays]]:
    names = file.texts(group, "layer_names")
    if names is None:
        raise SavedModelError("weights-missing", "the file has an architecture, but no weights (no layer_names)")
    layers = []
    for name in names:
        layer = file.child(group, name)
        arrays = _arrays(file, layer)
        layers.append((name, arrays))
        if len(arrays) != _datasets(file, layer):
            raise SavedModelError("weights-left-over", f"the layer {name!r} contains arrays that it does not list")
    if "top_level_model_weights" in group:
        arrays = _arrays(file, file.child(group, "top_level_model_weights"))
        layers += [("", arrays)] if arrays else []
    return layers


def _arrays(file: Hdf5, layer: h5py.Group) -> NamedArrays:
    return [(name, file.array(file.child(layer, name))) for name in file.texts(layer, "weight_names") or []]


def _datasets(file: Hdf5, group: object) -> int:
    return sum(_datasets(file, child) if file.is_group(child) else 1 for _, child in file.children(group))


def by_path(file: Hdf5) -> ByPath:
    """All arrays of the model at their paths, without the optimizer."""
    arrays: dict[str, Array] = {}

    def walk(group: object, path: str) -> None:
        for name, child in file.children(group):
            parts = _PATH_SEPARATORS.split(name)
            if not path and (parts[0] in _TRAINING or name.startswith("_metrics")):
                continue
            inner = "/".join([path, *parts] if path else parts)
            if file.is_group(child):
                walk(child, inner)
            else:
                arrays[inner] = file.array(child)

    walk(file.root, "")
    return ByPath(arrays)
