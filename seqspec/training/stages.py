"""The stages of `[fit]`: what each trains, with which optimizer, and how the model is compiled for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import keras
import numpy as np

from seqspec.catalog.keras_object import given_arguments
from seqspec.compiler.errors import BuildError
from seqspec.compiler.objects import Loader, make
from seqspec.diagnostics.violation import Violation
from seqspec.document.sources import LastLayers
from seqspec.document.training import Compile, Fit
from seqspec.training.data.stored import StoredArray
from seqspec.training.errors import DataError

MAX_STEPS_PER_EXECUTION = 50
"""Steps per call of the compiled graph where the spec does not say; more gained nothing in measurements."""

_ADAPT_BATCH = 1024
"""Samples that preprocessing layers adapt to at once where the data is streamed."""

_BATCH_WISE = {"TensorBoard": "update_freq", "ModelCheckpoint": "save_freq", "BackupAndRestore": "save_freq"}


def changes_compile(stage: Fit) -> bool:
    """Whether the model is recompiled with a new optimizer before this stage."""
    return not {"trainable", "batch_norm", "optimizer", "learning_rate"}.isdisjoint(given_arguments(stage))


def set_trainable(model: Any, stage: Fit) -> None:
    """Freezes and unfreezes the layers that the stage names."""
    unfrozen = []
    for name, wanted in (stage.trainable or {}).items():
        layer = model.get_layer(name)
        if isinstance(wanted, LastLayers):
            layers = getattr(layer, "layers", None)
            if layers is None:
                raise BuildError(f'"{name}" is not a nested model: last = {wanted.last} needs one')
            layer.trainable = True
            for number, inner in enumerate(layers):
                inner.trainable = number >= len(layers) - wanted.last
        else:
            layer.trainable = wanted
        if layer.trainable:
            unfrozen.append(layer)
    nested = [layer for layer in unfrozen if getattr(layer, "layers", None)]
    if stage.batch_norm == "frozen":
        _set_normalization([model], False)
    elif stage.batch_norm is None:
        # A backbone that is fine-tuned keeps the statistics that it was trained with.
        _set_normalization(nested, False)
    else:
        # Keras passes a flag on to the layers inside only where it changes.
        wanted = stage.trainable or {}
        _set_normalization([layer for layer in nested if wanted[layer.name] is True], True)


def _set_normalization(layers: Sequence[Any], trainable: bool) -> None:
    for layer in layers:
        for inner in layer._flatten_layers():
            if isinstance(inner, keras.layers.BatchNormalization):
                inner.trainable = trainable


def compile_for(
    model: Any, table: Compile, stage: Fit | None, steps_per_execution: int, load: Loader, pointer: str
) -> None:
    """Compiles the model for a stage; a new optimizer each time, since one serves a fixed set of variables only."""
    arguments = {key: make(value, load) for key, value in given_arguments(table).items()}
    if stage is not None and stage.optimizer is not None:
        arguments["optimizer"] = make(stage.optimizer, load)
    elif stage is not None and stage.learning_rate is not None:
        optimizer = keras.optimizers.get(arguments.get("optimizer", "rmsprop"))
        config = {**optimizer.get_config(), "learning_rate": stage.learning_rate}
        arguments["optimizer"] = type(optimizer).from_config(config)
    arguments.setdefault("steps_per_execution", steps_per_execution)
    try:
        model.compile(**arguments)
    except Exception as error:
        # Keras raises errors of any kind for its arguments.
        raise BuildError(f"Keras {keras.__version__} refuses {pointer}: {str(error)[:500]}") from error


def build_state(model: Any, samples: Any) -> None:
    """Creates the variables of optimizer and metrics before training.

    Left to itself, Keras on TensorFlow creates them while it traces the first training step, and has to trace it again.
    """
    if keras.backend.backend() != "tensorflow" or model.run_eagerly:
        return
    from seqspec.training.feed import arrays_of, as_tensor

    batch = tuple(as_tensor(part[:1]) for part in arrays_of(samples))
    # What is wrong with the model, `fit` reports where it is known how to train it.
    with suppress(Exception):
        if model.optimizer is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        if len(batch) > 1:
            model._symbolic_build(data_batch=batch)


def choose_steps_per_execution(table: Compile, stages: Sequence[Fit], steps: int) -> int:
    """Steps per call of the graph: what the spec says; else many, or 1 where a callback has to see every batch."""
    if "steps_per_execution" in given_arguments(table):
        return table.steps_per_execution
    if table.run_eagerly or any(_needs_batches(callback) for stage in stages for callback in stage.callbacks or ()):
        return 1
    return max(1, min(MAX_STEPS_PER_EXECUTION, steps))


def _needs_batches(callback: object) -> bool:
    name = type(callback).__name__
    if name == "CustomUse":
        return True
    key = _BATCH_WISE.get(name)
    return key is not None and isinstance(getattr(callback, key), int)


def adapt(model: Any, samples: Any) -> list[str]:
    """Adapts preprocessing layers (`Normalization`, `TextVectorization`, ...) to the training inputs.

    A layer whose statistics or vocabulary are in the spec is skipped. Returns the names of the adapted layers.
    """
    from seqspec.training.feed import as_tensor, in_order

    wanting = [number for number, layer in enumerate(model.layers) if _wants_adapt(layer)]
    if not wanting:
        return []
    if samples.streams and keras.backend.backend() == "tensorflow":
        current = in_order(samples, _ADAPT_BATCH, labels=False).map(lambda batch: batch)
    elif samples.streams:
        current = _Stream(samples.x)
    else:
        x = np.asarray(samples.x)
        current = as_tensor(x) if x.dtype == object else x
    for number, layer in enumerate(model.layers[: wanting[-1] + 1]):
        if number in wanting:
            layer.adapt(current)
        if number < wanting[-1]:
            current = _applied(layer, current)
    return [model.layers[number].name for number in wanting]


class _Stream:
    """Samples on disk in batches, each after the layers that come before the one that adapts."""

    def __init__(self, samples: StoredArray, functions: Sequence[Callable[[Any], Any]] = ()) -> None:
        self._samples = samples
        self._functions = functions

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self._samples), _ADAPT_BATCH):
            batch = self._samples[start : start + _ADAPT_BATCH]
            for function in self._functions:
                batch = function(batch)
            yield np.asarray(batch)

    def map(self, function: Callable[[Any], Any]) -> _Stream:
        """The batches after one more function."""
        return _Stream(self._samples, [*self._functions, function])


def _applied(layer: Any, x: Any) -> Any:
    if hasattr(x, "map"):
        return x.map(lambda batch: _applied(layer, batch))
    return layer(x, training=False) if "training" in layer._call_signature.parameters else layer(x)


def _wants_adapt(layer: object) -> bool:
    match layer:
        case keras.layers.Normalization():
            return layer.input_mean is None
        case keras.layers.Discretization():
            return layer.bin_boundaries is None
        case keras.layers.TextVectorization():
            return layer._lookup_layer.input_vocabulary is None
        case keras.layers.StringLookup() | keras.layers.IntegerLookup():
            return layer.input_vocabulary is None
    return False


def class_weights(stage: Fit, data: Any) -> Mapping[int, float] | None:
    """The class weights of a stage; "balanced" counts the training set."""
    if stage.class_weight != "balanced":
        weights: Mapping[int, float] | None = stage.class_weight
        return weights
    from seqspec.training.data.labels import balanced_weights

    indices = data.train_classes()
    if indices is None:
        raise DataError(
            [Violation("data-labels", 'class_weight = "balanced" needs one class label per sample', path=("fit",))]
        )
    return balanced_weights(indices, data.labels.classes)
