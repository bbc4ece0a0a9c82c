"""A spec for arrays: an .npz file, a folder of .npy files, or one .npy file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seqspec.core.api.data import ArraysSource
from seqspec.training.data.arrays import read_arrays
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import Budget
from seqspec.training.scaffold.media import cnn_layers
from seqspec.training.scaffold.options import ScaffoldError, ScaffoldOptions
from seqspec.training.scaffold.pieces import (
    hidden_layers,
    last_layer,
    model_lines,
    spec_text,
    target_lines,
    training_lines,
)
from seqspec.training.scaffold.split import random_split
from seqspec.training.scaffold.task import MIN_PER_CLASS, Task, task_of_counts
from seqspec.training.scaffold.text import Draft, toml

_X = ("x", "X", "inputs", "features", "data", "images")
_Y = ("y", "Y", "labels", "label", "targets", "target")
_SET_SUFFIXES = {"train": ("train",), "validation": ("val", "valid", "validation"), "test": ("test",)}
_MAX_CLASSES = 1_000
_CHECKED = 1_000


@dataclass(frozen=True)
class ArraySet:
    """The names of the inputs and the labels of a set."""

    x: str
    y: str


def draft_arrays(options: ScaffoldOptions) -> Draft:
    """The spec for arrays; raises `ScaffoldError` and `DataError`."""
    refused = ("time", "horizon", "known", "kinds", "ignore", "id", "group", "label", "positive")
    options.refuse(refused, f"{options.name} holds arrays without columns")
    sets = _sets(options)
    first = next(iter(sets.values()))
    source = ArraysSource(type="arrays", path=options.data, x=first.x, y=first.y)
    samples = read_arrays(source, ReadContext("", (), budget=Budget(0)))
    x, y = samples.x, samples.y
    assert y is not None
    task = _task(np.asarray(y[:]), first.y)
    some = np.asarray(x[:_CHECKED])
    input, layers, summary = _model(some, len(x))
    validated = len(sets) == 1 or "validation" in sets
    model = model_lines(input, [*layers, f"{last_layer(task, 'head')},"])
    training = training_lines(task, len(x), validated)
    text = spec_text(options, model, target_lines(task), training, *_source_tables(options, sets, task))
    shape = " × ".join(map(str, x.shape[1:])) or "1"
    said = [
        (options.name, f"{len(x):,} samples of {shape}, {x.dtype}"),
        ("label", f"{first.y}: {task.summary}"),
        ("split", _split(sets, task)),
        ("model", f"{shape} → {summary} → {task.units}"),
    ]
    return Draft(text, said, [])


def _names(options: ScaffoldOptions) -> list[str]:
    if os.path.isdir(options.data):
        return sorted(name.removesuffix(".npy") for name in os.listdir(options.data) if name.endswith(".npy"))
    if options.data.lower().endswith(".npy"):
        raise ScaffoldError(
            f"{options.name} is a single array; save inputs and labels together with numpy.savez('data.npz', x=x, y=y)"
        )
    try:
        with np.load(options.data, allow_pickle=False) as archive:
            return list(getattr(archive, "files", ()))
    except (OSError, ValueError, EOFError):
        raise ScaffoldError(f"{options.name} is not an .npz file of numpy.savez")


def _sets(options: ScaffoldOptions) -> dict[str, ArraySet]:
    """The arrays of each set, under "train" where one pair of arrays is to be split."""
    names = _names(options)
    sets: dict[str, ArraySet] = {}
    for name, suffixes in _SET_SUFFIXES.items():
        for suffix in suffixes:
            x = _present(names, [f"{prefix}_{suffix}" for prefix in _X])
            y = _present(names, [f"{prefix}_{suffix}" for prefix in _Y])
            if x is not None and y is not None and name not in sets:
                sets[name] = ArraySet(x, y)
    if "train" in sets:
        return sets
    x, y = _present(names, _X), _present(names, _Y)
    if x is None or y is None:
        shown = ", ".join(names[:20]) or "none"
        raise ScaffoldError(f"{options.name} needs the arrays x and y, or x_train and y_train; it has {shown}")
    return {"train": ArraySet(x, y)}


def _present(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    return next((name for name in wanted if name in names), None)


def _task(y: Array, name: str) -> Task:
    """The task for an array of labels."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 1 and len(np.unique(y)) < 2:
        raise ScaffoldError(f"{name} has the same value in all samples: there is nothing to predict")
    if y.ndim == 2 and y.shape[1] > 1 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all():
        counts = {str(index): int(count) for index, count in enumerate(y.sum(axis=0))}
        return replace(task_of_counts(counts, None), kind="multiclass", one_hot=True)
    if y.ndim == 1 and y.dtype.kind in "US":
        values, sizes = np.unique(y, return_counts=True)
        _require_samples(sizes, name)
        return task_of_counts(dict(zip(map(str, values), sizes.tolist())), None)
    if y.ndim == 1 and (y.dtype.kind in "iub" or bool(np.isin(y, (0, 1)).all())):
        values, sizes = np.unique(y, return_counts=True)
        if values.astype(np.int64).tolist() == list(range(len(values))) and len(values) <= _MAX_CLASSES:
            _require_samples(sizes, name)
            return task_of_counts({str(int(value)): int(size) for value, size in zip(values, sizes)}, None, "1")
    if y.dtype.kind not in "iuf" or y.ndim > 2:
        message = f"{name} has the shape {y.shape} and the dtype {y.dtype}: expected one label or vector per sample"
        raise ScaffoldError(message)
    outputs = 1 if y.ndim == 1 else y.shape[1]
    span = f"{float(np.nanmin(y)):.6g} to {float(np.nanmax(y)):.6g}"
    return Task("regression", outputs, scale="standard", summary=f"{span} → regression, mean absolute error")


def _require_samples(sizes: Array, name: str) -> None:
    """Raises `ScaffoldError` for classes with fewer samples than there are sets."""
    rare = int((sizes < MIN_PER_CLASS).sum())
    if rare:
        raise ScaffoldError(f"{rare} of the classes of {name} have fewer than {MIN_PER_CLASS} samples")


def _model(x: Array, count: int) -> tuple[str, list[str], str]:
    """The value of `input`, the layers but the last one, and what they are in a line, for some of `count` samples."""
    shape = list(x.shape[1:])
    if x.dtype.kind not in "iufb":
        raise ScaffoldError(f"the inputs have the dtype {x.dtype}: expected numbers")
    bytes_ = x.dtype == np.uint8
    dtype = ', dtype = "uint8"' if bytes_ else ""
    scale = _scale(x)
    if len(shape) == 1:
        rows = [f"{layer}," for layer in hidden_layers(count)]
        return f"{{ shape = {shape}{dtype} }}", [*scale, *rows], "Dense"
    if len(shape) == 2 and (bytes_ or shape[0] == shape[1]):
        shape.append(1)
    if len(shape) == 2:
        conv = ['{ type = "Conv1D", filters = 32, kernel_size = 5, padding = "same", activation = "relu" },'] * 2
        return f"{{ shape = {shape}{dtype} }}", [*scale, *conv, '"GlobalAveragePooling1D",'], "Conv1D 32 → Conv1D 32"
    if len(shape) == 3:
        layers, summary = cnn_layers(shape[0], shape[1], count)
        return f"{{ shape = {shape}{dtype} }}", [*scale, *layers], summary
    raise ScaffoldError(f"the inputs have the shape {tuple(x.shape[1:])}: expected 1 to 3 dimensions per sample")


def _scale(x: Array) -> list[str]:
    """The layer that scales the inputs: by 255 for bytes, by a learned normalization where they are not around 0."""
    if x.dtype == np.uint8:
        return ['{ type = "Rescaling", scale = "1/255" },']
    if x.dtype.kind == "f" and x.size and float(np.nanmin(x)) >= -1 and float(np.nanmax(x)) <= 1:
        return []
    return ['"Normalization",  # learns mean and variance from the training set']


def _source_tables(options: ScaffoldOptions, sets: Mapping[str, ArraySet], task: Task) -> list[list[str]]:
    """The source and its split, or a source for each set."""
    heads = {name: "[data.source]" if len(sets) == 1 else f"[data.{name}.source]" for name in sets}
    path = ['type = "arrays"', f"path = {toml(options.path)}"]
    tables = [[heads[name], *path, f"x = {toml(files.x)}", f"y = {toml(files.y)}"] for name, files in sets.items()]
    return tables if len(sets) > 1 else [*tables, random_split(task, "").lines()]


def _split(sets: Mapping[str, ArraySet], task: Task) -> str:
    if len(sets) > 1:
        return f"by the arrays {', '.join(files.x for files in sets.values())}"
    return random_split(task, "there are no arrays of a test set").summary
