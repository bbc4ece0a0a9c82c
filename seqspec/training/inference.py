"""Evaluation and prediction with the model of a run: the same labels, fills and preprocessing as in training."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from seqspec.analysis.analyze import analyze
from seqspec.diagnostics.extras import install_command
from seqspec.diagnostics.violation import Violation
from seqspec.document.sources import (
    ArraysSource,
    AudioSource,
    ImagesSource,
    SeriesSource,
    TableSource,
    TextSource,
    source_of,
)
from seqspec.training.data import missing
from seqspec.training.data.budget import budget_of
from seqspec.training.data.labels import LabelEncoding, encode_labels
from seqspec.training.data.prepare import PreparedData, SampleSet, as_input, prepare
from seqspec.training.data.python import from_python
from seqspec.training.data.read import read
from seqspec.training.data.samples import Array, Request, Samples
from seqspec.training.data.series import windows
from seqspec.training.data.stored import Values, choose
from seqspec.training.errors import DataError, RunError
from seqspec.training.evaluation import evaluate_set, predict_outputs, probabilities
from seqspec.training.folder import RunFolder

BATCH_SIZE = 256
_PART = 64 * BATCH_SIZE
"""Predictions that are in memory at once while a file is written."""
_PART_BYTES = 2**24
"""Bytes of their inputs, but for a single batch."""


def evaluate(
    folder: RunFolder, model: object, on: str | None = None, *, data: object = None, allowed: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """Loss, metrics and details of the model at the end of training.

    Args:
        folder: The run folder.
        model: Its model.
        on: train, validation or test; or a file of the kind that the model was trained on. By default validation and
            test, as they were split in training.
        data: Arrays (x, y) instead of a file.
        allowed: Python modules that the spec may import.

    Raises:
        DataError: The data cannot be used.
        RunError: There is no such set, or no model yet.
    """
    labels = folder.labels()
    if data is not None:
        sets = {"data": _labelled(folder, from_python(data, _request(folder, "")), labels)}
    elif on is None or on in ("train", "validation", "test"):
        prepared = _prepared(folder, allowed)
        names = [on] if on is not None else [name for name in prepared.sets if name != "train"] or ["train"]
        absent = [name for name in names if name not in prepared.sets]
        if absent:
            raise RunError(f"the run has no {absent[0]} set; it has {', '.join(prepared.sets)}")
        sets = {name: prepared.sets[name] for name in names}
    else:
        sets = {on: _labelled(folder, _samples(folder, on), labels)}
    train = None
    if on in ("train", "validation", "test", None) and data is None:
        train = prepared.train
    return {name: evaluate_set(model, each, labels, BATCH_SIZE, train) for name, each in sets.items()}


def _prepared(folder: RunFolder, allowed: Collection[str]) -> PreparedData:
    if folder.read_json("run.json")["python_data"]:
        raise RunError("the data of this run came from Python: pass it as data=(x, y)")
    spec = analyze(folder.read_json("expanded.json")).spec
    assert spec is not None
    return prepare(
        spec,
        folder.read_json("run.json")["base"],
        seed=folder.read_json("lock.json")["seed"],
        allowed=tuple(allowed),
        check_leakage=False,
        scratch=str(folder.path),
    )


class Predictions:
    """What the model says of samples.

    `outputs` are the model's outputs; `probabilities` (samples, classes) and `classes` (names) are None if the model
    is not a classifier; `rows` name the samples.
    """

    def __init__(self, outputs: Array, probability: Array | None, names: list[str] | None, rows: list[str]) -> None:
        self.outputs = outputs
        self.probabilities = probability
        self.names = names
        self.rows = rows

    @property
    def classes(self) -> list[str] | None:
        """The class of each sample, by name."""
        if self.probabilities is None or self.names is None:
            return None
        return [self.names[index] for index in self.probabilities.argmax(axis=1)]

    def records(self) -> Iterator[dict[str, Any]]:
        """One record per sample: `sample`, then `class` and a probability per class, or the outputs."""
        classes = self.classes
        flat = self.outputs.reshape(len(self.outputs), -1)
        for index in range(len(self.outputs)):
            record: dict[str, object] = {"sample": self.rows[index]}
            if classes is not None and self.probabilities is not None and self.names is not None:
                record["class"] = classes[index]
                record.update(
                    {f"p({name})": float(value) for name, value in zip(self.names, self.probabilities[index])}
                )
            else:
                names = ["output"] if flat.shape[1] == 1 else [f"output_{number}" for number in range(flat.shape[1])]
                record.update({name: float(value) for name, value in zip(names, flat[index])})
            yield record

    def __len__(self) -> int:
        return len(self.outputs)


def predict(folder: RunFolder, model: object, source: object, *, allowed: Collection[str] = ()) -> Predictions:
    """The model's outputs for new samples, which need no labels.

    Args:
        folder: The run folder.
        model: Its model.
        source: Inputs as an array, or the path of a file of the kind that the model was trained on.
        allowed: Python modules that the spec may import.

    Raises:
        DataError: A file cannot be read, lacks a column, or has samples of another shape.
    """
    labels = folder.labels()
    if isinstance(source, (str, os.PathLike)):
        samples = _samples(folder, os.fspath(source), inputs_only=True)
    else:
        samples = from_python((source,), _request(folder, ""))
    return _predicted(model, _inputs(folder, samples), [samples.where(row) for row in range(len(samples))], labels)


def prediction_parts(
    folder: RunFolder, model: object, path: str, *, allowed: Collection[str] = ()
) -> tuple[int, Iterator[Predictions]]:
    """The number of samples of a file, and their predictions in parts, so that memory does not grow with the file.

    Raises `DataError` as `predict` does, before the first part.
    """
    labels = folder.labels()
    samples = _samples(folder, path, inputs_only=True)
    x = _inputs(folder, samples)

    def parts() -> Iterator[Predictions]:
        size = max(1, x.nbytes // max(1, len(x)))
        count = max(1, min(_PART, _PART_BYTES // size) // BATCH_SIZE) * BATCH_SIZE
        for start in range(0, len(samples), count):
            rows = range(start, min(start + count, len(samples)))
            part = choose(x, slice(rows.start, rows.stop))
            yield _predicted(model, part, [samples.where(row) for row in rows], labels)

    return len(samples), parts()


def _predicted(model: object, x: Values, rows: list[str], labels: LabelEncoding) -> Predictions:
    outputs = predict_outputs(model, SampleSet(x, None), BATCH_SIZE)
    probability = None
    if labels.kind in ("binary", "multiclass") and outputs.ndim == 2:
        probability = probabilities(model, outputs, labels)
    names = labels.class_names()
    if probability is not None and (names is None or len(names) != probability.shape[1]):
        names = [str(index) for index in range(probability.shape[1])]
    return Predictions(outputs, probability, names, rows)


def _request(folder: RunFolder, base: str) -> Request:
    spec = analyze(folder.read_json("expanded.json")).spec
    stack = spec.stack if spec is not None else None
    memory = spec.data.memory if spec is not None and spec.data is not None else "auto"
    budget = budget_of(memory, str(folder.path))
    if stack is None or stack.input is None:
        return Request(base, ("data", "source"), budget=budget)
    shape = tuple(stack.input.shape[1:])
    return Request(base, ("data", "source"), (), stack.input.dtype == "string", shape, budget=budget)


def _samples(folder: RunFolder, path: str, *, inputs_only: bool = False) -> Samples:
    """The samples of a file, read as the training data was."""
    request = _request(folder, os.getcwd())
    source: object = _source_of_run(folder)
    own = {"path": path}
    suffix = Path(path).suffix.lower()
    if isinstance(source, TableSource):
        labels = None if inputs_only else source.label
        features = source.features or list(folder.read_json("labels.json")["features"]) or None
        source = source.model_copy(
            update={**own, "format": None, "label": labels, "features": features, "weight": None}
        )
    elif isinstance(source, TextSource):
        is_table = source.column is not None
        source = source.model_copy(update={**own, "label": None if inputs_only or not is_table else source.label})
    elif isinstance(source, (ImagesSource, AudioSource, SeriesSource)):
        source = source.model_copy(update=own)
    elif suffix in (".npz", ".npy"):
        known = source if isinstance(source, ArraysSource) else None
        y = known.y if known is not None and not inputs_only and suffix == ".npz" else None
        source = ArraysSource(type="arrays", path=path, x=known.x if known is not None else "x", y=y)
    else:
        source = source_of(path)
        if source is None:
            raise RunError(f"{path}: unknown file format")
    samples = read(source, request)
    return windows(samples, source, request.input_shape) if isinstance(source, SeriesSource) else samples


def _source_of_run(folder: RunFolder) -> Any:
    spec = analyze(folder.read_json("expanded.json")).spec
    data = spec.data if spec is not None else None
    if data is None:
        return None
    source = source_of(data.source)
    if source is None and data.train is not None:
        source = source_of(data.train.source)
    return source


def _inputs(folder: RunFolder, samples: Samples) -> Values:
    """The inputs as the model expects them; missing values are filled as in training, else refused."""
    request = _request(folder, "")
    fills = folder.fills()
    x = samples.x
    violations = missing.refuse_missing(samples, request.path, fills is not None)
    if violations:
        raise DataError(violations)
    if fills is not None:
        x = missing.filled(x, fills)
    found: list[Violation] = []
    x = as_input(x, request, "prediction", found)
    if found:
        raise DataError(found)
    return x


def _labelled(folder: RunFolder, samples: Samples, labels: LabelEncoding) -> SampleSet:
    request = _request(folder, "")
    x = _inputs(folder, samples)
    if labels.kind == "reconstruction":
        return SampleSet(x, x)
    if samples.y is None:
        raise DataError([request.violation("data-labels", "the file has no labels to evaluate against")])
    y = encode_labels(samples.y, labels, "given", samples.where, request.violation)
    return SampleSet(x, y, samples.weight)


def write_predictions(count: int, parts: Iterator[Predictions], path: Path) -> None:
    """Writes predictions as CSV, JSON Lines, Parquet or NPY, by the suffix; raises `RunError` for another one.

    The file is written under another name and renamed, so that there is never a part of it.
    """
    writers = {".csv": _write_csv, ".jsonl": _write_jsonl, ".npy": _write_npy, ".parquet": _write_parquet}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise RunError(f"{path}: predictions are written as .csv, .jsonl, .parquet or .npy")
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(count, parts, partial)
        os.replace(partial, path)
    except OSError as error:
        raise RunError(f"{path}: {(error.strerror or str(error)).lower()}")
    finally:
        partial.unlink(missing_ok=True)


def _write_csv(count: int, parts: Iterator[Predictions], path: Path) -> None:
    import csv

    with open(path, "w", newline="", encoding="utf-8") as file:
        writer: Any = None
        for part in parts:
            for record in part.records():
                if writer is None:
                    writer = csv.DictWriter(file, list(record))
                    writer.writeheader()
                writer.writerow(record)


def _write_jsonl(count: int, parts: Iterator[Predictions], path: Path) -> None:
    import json

    with open(path, "w", encoding="utf-8") as file:
        for part in parts:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in part.records())


def _write_npy(count: int, parts: Iterator[Predictions], path: Path) -> None:
    with open(path, "wb") as file:
        for number, part in enumerate(parts):
            if number == 0:
                shape = (count, *part.outputs.shape[1:])
                described = np.lib.format.dtype_to_descr(part.outputs.dtype)
                np.lib.format.write_array_header_1_0(file, {"descr": described, "fortran_order": False, "shape": shape})
            file.write(np.ascontiguousarray(part.outputs).data)


def _write_parquet(count: int, parts: Iterator[Predictions], path: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise RunError(f"writing Parquet needs PyArrow: {install_command('train')}")
    writer: Any = None
    try:
        for part in parts:
            table = pyarrow.Table.from_pylist(list(part.records()))
            writer = writer or parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()
