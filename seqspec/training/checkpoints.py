"""Checkpoints: everything that a run needs to go on exactly where it was.

One folder per checkpoint with `state.json` and `arrays.npz`: variables of model and optimizer (seed generators
included), fields of callbacks, weights of the best epoch. A folder is complete or absent: it is written under another
name, flushed to disk and renamed.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seqspec.training.data.samples import Array
from seqspec.training.errors import RunError

_SKIPPED = {"_model", "params", "monitor_op"}
"""Fields of a callback that Keras sets by itself."""


class Checkpoints:
    """The checkpoints of one run; the last one is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, number: int, state: dict[str, Any], arrays: dict[str, Array]) -> Path:
        """Writes a checkpoint and removes those before it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / f"{number:06d}"
        partial = self.folder / f".{number:06d}.{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            stored: dict[str, Any] = {name: _storable(array) for name, array in arrays.items()}
            _write(partial / "arrays.npz", lambda file: np.savez(file, **stored))
            dtypes = {name: str(array.dtype) for name, array in arrays.items()}
            text = json.dumps({**state, "dtypes": dtypes})
            _write(partial / "state.json", lambda file: file.write(text.encode()))
            if target.exists():
                shutil.rmtree(target)
            os.rename(partial, target)
            _sync_folder(self.folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        for other in self._complete():
            if other != target:
                shutil.rmtree(other, ignore_errors=True)
        return target

    def last(self) -> tuple[Path, dict[str, Any], dict[str, Array]] | None:
        """The newest complete checkpoint: its folder, state and arrays."""
        for folder in reversed(self._complete()):
            try:
                state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
                with np.load(folder / "arrays.npz", allow_pickle=False) as archive:
                    arrays = {name: _restored(archive[name], state["dtypes"][name]) for name in archive.files}
            except (OSError, ValueError, KeyError, zipfile.BadZipFile):
                continue
            return folder, state, arrays
        return None

    def _complete(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(entry for entry in self.folder.iterdir() if entry.is_dir() and entry.name.isdecimal())


def newest(folder: Path) -> str | None:
    """The last complete checkpoint and its epoch, in words."""
    found = Checkpoints(folder).last()
    return None if found is None else f"{found[0]} (epoch {found[1]['done']})"


def _write(path: Path, write: Any) -> None:
    with open(path, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        # Folders cannot be opened on Windows.
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _storable(array: Array) -> Array:
    # NumPy writes bfloat16 and float8 as raw bytes and reads them back as such.
    return array.view(f"u{array.dtype.itemsize}") if array.dtype.kind == "V" else array


def _restored(array: Array, dtype: str) -> Array:
    if str(array.dtype) == dtype:
        return array
    import ml_dtypes

    return array.view(getattr(ml_dtypes, dtype))


def _optimizer_variables(model: object) -> list[Any]:
    optimizer = getattr(model, "optimizer", None)
    return list(optimizer.variables) if optimizer is not None else []


def read_variables(model: Any) -> dict[str, Array]:
    """The values of all variables (weights, seed generators, states) and of the optimizer's, by their number."""
    groups = (("v", model.variables), ("o", _optimizer_variables(model)))
    return {
        f"{prefix}{number}": np.array(keras.ops.convert_to_numpy(each))
        for prefix, variables in groups
        for number, each in enumerate(variables)
    }


def write_variables(model: Any, arrays: dict[str, Array], *, optimizer: bool = True) -> None:
    """Puts values back into the variables; raises `RunError` where they are those of another model."""
    _assign(model.variables, "v", arrays)
    if optimizer and model.optimizer is not None:
        # Keras surprise: a LossScaleOptimizer that is built twice has its own variables twice.
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        _assign(_optimizer_variables(model), "o", arrays)


def _assign(variables: Sequence[Any], prefix: str, arrays: dict[str, Array]) -> None:
    stored = sum(name[0] == prefix for name in arrays)
    if stored != len(variables):
        raise RunError(f"the checkpoint has {stored} variables, the model {len(variables)}")
    for number, variable in enumerate(variables):
        value = arrays[f"{prefix}{number}"]
        if tuple(value.shape) != tuple(variable.shape):
            raise RunError(f"{variable.path} has shape {tuple(variable.shape)}, the checkpoint {value.shape}")
        variable.assign(value)


def read_callbacks(callbacks: Sequence[object]) -> tuple[list[dict[str, Any]], dict[str, Array]]:
    """The fields of callbacks that are plain data or arrays; the arrays apart."""
    arrays: dict[str, Array] = {}
    states = []
    for callback in callbacks:
        fields = {}
        for name, value in vars(callback).items():
            if name not in _SKIPPED:
                try:
                    fields[name] = _encoded(value, arrays)
                except TypeError:
                    continue
        states.append({"class": type(callback).__name__, "fields": fields, "monitor": _direction(callback)})
    return states, arrays


def write_callbacks(callbacks: Sequence[Any], states: list[dict[str, Any]], arrays: dict[str, Array]) -> None:
    """Puts the fields back."""
    for callback, state in zip(callbacks, states):
        if type(callback).__name__ != state["class"]:
            raise RunError(f"the checkpoint has a {state['class']} instead of {type(callback).__name__}")
        if state["monitor"] is not None:
            # Where Keras determined the direction by itself, it would also turn the sign of min_delta once more.
            callback.monitor_op = getattr(keras.ops, state["monitor"])
        for name, value in state["fields"].items():
            setattr(callback, name, _decoded(value, arrays))


def _direction(callback: object) -> str | None:
    """Which comparison Keras chose for a callback that monitors a metric; None before it did."""
    chosen = getattr(callback, "monitor_op", None)
    return next((name for name in ("less", "greater") if chosen is getattr(keras.ops, name)), None)


def _encoded(value: object, arrays: dict[str, Array]) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        # JSON has no infinity, and numbers must come back bit by bit.
        return {"float": value.hex()}
    if isinstance(value, np.generic):
        return _encoded(np.asarray(value), arrays) | {"scalar": True}
    if isinstance(value, np.ndarray) and value.dtype != object:
        name = f"c{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if isinstance(value, (list, tuple)):
        return {"list": [_encoded(each, arrays) for each in value], "tuple": isinstance(value, tuple)}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: _encoded(each, arrays) for key, each in value.items()}}
    raise TypeError(type(value).__name__)


def _decoded(value: object, arrays: dict[str, Array]) -> Any:
    if not isinstance(value, dict):
        return value
    if "float" in value:
        return float.fromhex(value["float"])
    if "array" in value:
        array = arrays[value["array"]]
        return array[()] if value.get("scalar") else array
    if "list" in value:
        decoded = [_decoded(each, arrays) for each in value["list"]]
        return tuple(decoded) if value["tuple"] else decoded
    return {key: _decoded(each, arrays) for key, each in value["dict"].items()}
