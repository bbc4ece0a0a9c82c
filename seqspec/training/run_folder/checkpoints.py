"""Checkpoints: the complete state from which a run continues exactly where it stopped.

One folder per checkpoint with `state.json` and `arrays.npz`: variables of model and optimizer (seed generators
included), fields of callbacks, weights of the best epoch. A folder is complete or absent: it is written under another
name, flushed to disk and renamed. Two are kept, so that damage of the newest costs a few epochs.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, cast

import keras
import numpy as np

from seqspec.training.data.samples import Array
from seqspec.training.errors import ResumeError, RunError, reason_of
from seqspec.training.records import CallbackState, CheckpointState
from seqspec.training.run_folder.files import digest_of_tree, json_text, save_arrays

_SKIPPED = {"_model", "params", "monitor_op"}
"""Fields of a callback that Keras sets itself."""
_KEPT = 2
"""The checkpoints of a run that are kept, the newest."""


_DIGEST = "digest"
"""The key of state.json for the digest of its other keys."""


class Checkpoint(NamedTuple):
    """A complete checkpoint: its folder, its state, and its arrays by name."""

    path: Path
    state: CheckpointState
    arrays: dict[str, Array]

    def __str__(self) -> str:
        return described(self.path, self.state["done"])


def described(path: Path, epoch: int) -> str:
    """A checkpoint in messages: its folder and the last epoch that it contains, from 1 over all stages."""
    return f"{path} (epoch {epoch})"


class Damage(NamedTuple):
    """A checkpoint that cannot be read, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} ({self.reason})"


class Checkpoints:
    """The checkpoints of one run; the last two are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, number: int, state: CheckpointState, arrays: dict[str, Array]) -> Path:
        """Writes a checkpoint, and removes all but the one before it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / f"{number:06d}"
        partial = self.folder / f".{number:06d}.{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            stored = {name: _storable(array) for name, array in arrays.items()}
            _write(partial / "arrays.npz", lambda file: save_arrays(file, stored))
            dtypes = {name: str(array.dtype) for name, array in arrays.items()}
            content = {**state, "dtypes": dtypes}
            text = json_text({**content, _DIGEST: digest_of_tree(json.loads(json_text(content)))})
            _write(partial / "state.json", lambda file: file.write(text.encode()))
            if target.exists():
                shutil.rmtree(target)
            os.rename(partial, target)
            _sync_folder(self.folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        # The older ones, those that a resumed run is about to repeat, and what a killed process left half written.
        kept = {
            target,
            *[checkpoint for checkpoint in self._complete() if checkpoint.name < target.name][-(_KEPT - 1) :],
        }
        for other in self.folder.iterdir():
            if other not in kept:
                shutil.rmtree(other, ignore_errors=True)
        return target

    def last(self) -> tuple[Checkpoint | None, list[Damage]]:
        """The newest checkpoint that can be read, and the newer ones that cannot.

        There is no checkpoint before the first epoch is done; raises `ResumeError` if there are some, all damaged.
        """
        damaged: list[Damage] = []
        for folder in reversed(self._complete()):
            try:
                return _read(folder), damaged
            except Exception as error:
                # Damaged files raise errors of many kinds: of JSON, ZIP, NumPy.
                damaged.append(Damage(folder, reason_of(error)))
        if damaged:
            raise ResumeError(
                f"no checkpoint can be read: {', '.join(map(str, damaged))}; nothing was changed. Restore one of these "
                f"folders from a backup, or delete {self.folder} to train this run from its first epoch again"
            )
        return None, []

    def _complete(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(entry for entry in self.folder.iterdir() if entry.is_dir() and entry.name.isdecimal())


def newest(folder: Path) -> str | None:
    """A description of the last checkpoint that can be read, and its epoch; None if there is none."""
    try:
        checkpoint, _ = Checkpoints(folder).last()
    except ResumeError:
        return None
    return None if checkpoint is None else str(checkpoint)


def _read(folder: Path) -> Checkpoint:
    """A checkpoint; raises exceptions of any kind if it is damaged."""
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    if not isinstance(state, dict) or state.pop(_DIGEST, None) != digest_of_tree(state):
        raise ValueError("state.json is damaged")
    try:
        # Of arrays.npz, the ZIP format has a checksum.
        with np.load(folder / "arrays.npz", allow_pickle=False) as archive:
            arrays = {name: _restored(archive[name], state["dtypes"][name]) for name in archive.files}
    except FileNotFoundError:
        raise ValueError("arrays.npz is missing")
    except Exception as error:
        raise ValueError(f"arrays.npz is damaged: {reason_of(error)}")
    if arrays.keys() != state["dtypes"].keys():
        raise ValueError("arrays.npz is damaged")
    return Checkpoint(folder, cast(CheckpointState, state), arrays)


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    with open(path, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        # Windows cannot open (and flush) folders.
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


def _optimizer_variables(model: keras.Model) -> list[keras.Variable]:
    optimizer = getattr(model, "optimizer", None)
    return list(optimizer.variables) if optimizer is not None else []


def read_variables(model: keras.Model) -> dict[str, Array]:
    """The values of all variables of the model (weights, seed generators, states) and of the optimizer, by index."""
    groups = (("v", model.variables), ("o", _optimizer_variables(model)))
    return {
        f"{prefix}{number}": np.array(keras.ops.convert_to_numpy(variable))
        for prefix, variables in groups
        for number, variable in enumerate(variables)
    }


def write_variables(model: keras.Model, arrays: dict[str, Array], *, optimizer: bool = True) -> None:
    """Restores the values of the variables; raises `RunError` if they belong to another model."""
    _assign(model.variables, "v", arrays)
    if optimizer and model.optimizer is not None:
        # Keras surprise: a LossScaleOptimizer that is built twice has its own variables twice.
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        _assign(_optimizer_variables(model), "o", arrays)


def _assign(variables: Sequence[keras.Variable], prefix: str, arrays: dict[str, Array]) -> None:
    stored = sum(name[0] == prefix for name in arrays)
    if stored != len(variables):
        raise RunError(f"the checkpoint has {stored} variables, the model {len(variables)}")
    for number, variable in enumerate(variables):
        value = arrays[f"{prefix}{number}"]
        if tuple(value.shape) != tuple(variable.shape):
            raise RunError(f"{variable.path} has shape {tuple(variable.shape)}, the checkpoint {value.shape}")
        variable.assign(value)


def read_callbacks(callbacks: Sequence[keras.callbacks.Callback]) -> tuple[list[CallbackState], dict[str, Array]]:
    """The fields of callbacks that are plain data or arrays; the arrays are returned separately."""
    arrays: dict[str, Array] = {}
    states: list[CallbackState] = []
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


def write_callbacks(
    callbacks: Sequence[keras.callbacks.Callback], states: Sequence[CallbackState], arrays: dict[str, Array]
) -> None:
    """Restores the fields of the callbacks."""
    for callback, state in zip(callbacks, states):
        if type(callback).__name__ != state["class"]:
            raise RunError(f"the checkpoint has a {state['class']} instead of {type(callback).__name__}")
        if state["monitor"] is not None:
            # If Keras determined the direction itself, it would negate min_delta a second time.
            callback.monitor_op = getattr(keras.ops, state["monitor"])
        for name, value in state["fields"].items():
            setattr(callback, name, _decoded(value, arrays))


def _direction(callback: keras.callbacks.Callback) -> Literal["less", "greater"] | None:
    """The name of the comparison that Keras chose for a callback with a monitor; None before it has chosen one."""
    chosen = getattr(callback, "monitor_op", None)
    return next((name for name in ("less", "greater") if chosen is getattr(keras.ops, name)), None)


def _encoded(value: object, arrays: dict[str, Array]) -> object:
    """A value as JSON data; its arrays are added to `arrays`. Raises `TypeError` for anything else than plain data."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        # JSON has no infinity, and numbers must be restored exactly.
        return {"float": value.hex()}
    if isinstance(value, np.generic):
        return {"array": _added(np.asarray(value), arrays), "scalar": True}
    if isinstance(value, np.ndarray) and value.dtype != object:
        return {"array": _added(value, arrays)}
    if isinstance(value, (list, tuple)):
        return {"list": [_encoded(element, arrays) for element in value], "tuple": isinstance(value, tuple)}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: _encoded(element, arrays) for key, element in value.items()}}
    raise TypeError(type(value).__name__)


def _added(array: Array, arrays: dict[str, Array]) -> str:
    name = f"c{len(arrays)}"
    arrays[name] = array
    return name


def _decoded(value: object, arrays: dict[str, Array]) -> object:
    """The inverse of `_encoded`."""
    if not isinstance(value, dict):
        return value
    if "float" in value:
        return float.fromhex(value["float"])
    if "array" in value:
        array = arrays[value["array"]]
        return array[()] if value.get("scalar") else array
    if "list" in value:
        decoded = [_decoded(element, arrays) for element in value["list"]]
        return tuple(decoded) if value["tuple"] else decoded
    return {key: _decoded(element, arrays) for key, element in value["dict"].items()}
