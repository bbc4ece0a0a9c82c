"""The stages of `[fit]`: what each trains, with which optimizer, and how the model is compiled for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import keras
import numpy as np

from seqspec.core.api.catalog import given_arguments
from seqspec.core.api.compiler import Loader, fresh_names, make
from seqspec.core.api.data import LastLayers
from seqspec.core.api.diagnostics import BuildError
from seqspec.core.api.spec import Compile, Fit
from seqspec.training.data.labels import LabelScale, balanced_weights
from seqspec.training.data.prepared import PreparedData, SampleSet
from seqspec.training.data.stored import Array, StoredArray
from seqspec.training.serving.scaled_labels import in_label_units

if TYPE_CHECKING:
    import tensorflow as tf

MAX_STEPS_PER_EXECUTION = 50
"""Default steps per call of the compiled graph; more were not faster in measurements."""

_ADAPT_BATCH = 1024
"""Samples per batch to which preprocessing layers adapt if the data is streamed."""

_BATCH_WISE = {"TensorBoard": "update_freq", "ModelCheckpoint": "save_freq", "BackupAndRestore": "save_freq"}


def set_trainable(model: keras.Model, stage: Fit) -> None:
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
        # A fine-tuned backbone keeps its pretrained batch statistics.
        _set_normalization(nested, False)
    else:
        # Keras only propagates `trainable` to inner layers when its value changes.
        wanted = stage.trainable or {}
        _set_normalization([layer for layer in nested if wanted[layer.name] is True], True)


def _set_normalization(layers: Sequence[keras.Layer], trainable: bool) -> None:
    for layer in layers:
        for inner in layer._flatten_layers():
            if isinstance(inner, keras.layers.BatchNormalization):
                inner.trainable = trainable


def compile_for(
    model: keras.Model,
    table: Compile,
    stage: Fit | None,
    steps_per_execution: int,
    load: Loader,
    pointer: str,
    scale: LabelScale | None = None,
) -> None:
    """Compiles the model for a stage with a new optimizer, since an optimizer has a fixed set of variables.

    With a `scale` of the labels, metrics are in the units of the labels. Metrics without a name of their own have the
    same names in every run and stage of a process: callbacks monitor them by name.
    """
    with fresh_names():
        arguments = {key: make(value, load) for key, value in given_arguments(table).items()}
    if scale is not None:
        arguments = in_label_units(arguments, scale)
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
        # Keras can raise any exception for invalid arguments.
        raise BuildError(f"Keras {keras.__version__} refuses {pointer}: {str(error)[:500]}") from error


def build_state(model: keras.Model, samples: SampleSet) -> None:
    """Creates the variables of optimizer and metrics before training.

    Otherwise Keras on TensorFlow creates them while it traces the first training step, and has to trace it again.
    """
    if keras.backend.backend() != "tensorflow" or model.run_eagerly:
        return
    from seqspec.training.data.feed import arrays_of, as_tensor

    batch = tuple(as_tensor(part[:1]) for part in arrays_of(samples))
    # Errors of the model are ignored here, since `fit` reports them in context.
    with suppress(Exception):
        if model.optimizer is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        if len(batch) > 1:
            model._symbolic_build(data_batch=batch)


def choose_steps_per_execution(table: Compile, stages: Sequence[Fit], steps: int) -> int:
    """Steps per call of the graph: as in the spec, else 1 if a callback needs every batch, else many."""
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


def adapt(model: keras.Model, samples: SampleSet) -> list[str]:
    """Adapts preprocessing layers (`Normalization`, `TextVectorization`, ...) to the training inputs.

    A layer whose statistics or vocabulary are in the spec is skipped. Returns the names of the adapted layers.
    """
    from seqspec.training.data.feed import as_tensor, in_order

    wanting = [number for number, layer in enumerate(model.layers) if _wants_adapt(layer)]
    if not wanting:
        return []
    if samples.streams and keras.backend.backend() == "tensorflow":
        dataset: tf.data.Dataset = in_order(samples, _ADAPT_BATCH, labels=False)
        current = dataset.map(lambda batch: batch)
    elif samples.streams:
        assert isinstance(samples.x, StoredArray)
        current = _Stream(samples.x)
    else:
        x = np.asarray(samples.x)
        current = as_tensor(x) if x.dtype == object else x
    for number, layer in enumerate(model.layers[: wanting[-1] + 1]):
        if number in wanting:
            _require_loadable(layer)
            layer.adapt(current)
        if number < wanting[-1]:
            current = _applied(layer, current)
    return [model.layers[number].name for number in wanting]


def _require_loadable(layer: keras.Layer) -> None:
    """Raises `BuildError` for an adapted layer that Keras saves but cannot load."""
    # Keras surprise: with padding the file has more IDF weights than words.
    table = layer._lookup_layer if isinstance(layer, keras.layers.TextVectorization) else layer
    if getattr(table, "output_mode", None) == "tf_idf" and table.pad_to_max_tokens:
        raise BuildError(
            f"{layer.name}: Keras {keras.__version__} cannot load a saved model that was adapted with "
            'output_mode = "tf_idf" and pad_to_max_tokens = true; use output_mode = "count" or "multi_hot"'
        )


BatchFunction = Callable[[Array], Array]
"""A function of a batch of samples."""


class _Stream:
    """Batches of samples on disk, each passed through the layers before the one that adapts."""

    def __init__(self, samples: StoredArray, functions: Sequence[BatchFunction] = ()) -> None:
        self._samples = samples
        self._functions = functions

    def __iter__(self) -> Iterator[Array]:
        for start in range(0, len(self._samples), _ADAPT_BATCH):
            batch = self._samples[start : start + _ADAPT_BATCH]
            for function in self._functions:
                batch = function(batch)
            yield np.asarray(batch)

    def map(self, function: BatchFunction) -> _Stream:
        """The batches with a further function applied."""
        return _Stream(self._samples, [*self._functions, function])


def _applied(
    layer: keras.Layer, x: tf.data.Dataset | _Stream | Array | tf.Tensor
) -> tf.data.Dataset | _Stream | Array | tf.Tensor:
    """The output of a layer at inference: of an array or a tensor, or of each batch."""
    if isinstance(x, _Stream):
        return x.map(partial(_call, layer))
    if isinstance(x, np.ndarray) or not hasattr(x, "map"):
        return _call(layer, x)
    return x.map(lambda batch: _call(layer, batch))


def _call(layer: keras.Layer, x: Array | tf.Tensor) -> Array:
    output: Array = layer(x, training=False) if "training" in layer._call_signature.parameters else layer(x)
    return output


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


def class_weights(stage: Fit, data: PreparedData) -> Mapping[int, float] | None:
    """The class weights of a stage; "balanced" counts the training set."""
    if stage.class_weight != "balanced":
        weights: Mapping[int, float] | None = stage.class_weight
        return weights
    indices = data.train_classes()
    assert indices is not None
    return balanced_weights(indices, data.labels.classes)
