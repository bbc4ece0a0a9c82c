"""Builds a spec with Keras without any code of seqspec, and returns what Keras accepts or rejects.

It reads only the expanded long form: an input table and a list of layer tables.
"""

from __future__ import annotations

import itertools
import os
import warnings
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common.global_state import set_global_attribute
from keras.src.layers.preprocessing.image_preprocessing import aug_mix
from keras.src.utils.naming import reset_uids

warnings.filterwarnings("ignore")


class _EachInTurn:
    """In place of the module `random` in AugMix: every change is drawn in turn, those that mind their input first."""

    def __init__(self) -> None:
        self._drawn = itertools.count()

    def choice(self, changes: list[Any]) -> Any:
        ordered = sorted(changes, key=lambda name: name not in ("equalization", "random_color_degeneration"))
        return ordered[next(self._drawn) % len(ordered)]


def restart_drawing() -> None:
    """Make AugMix draw its changes from the first one again."""
    aug_mix.py_random = _EachInTurn()


restart_drawing()


@dataclass
class LayerFacts:
    """What Keras says of one layer: outputs as (shape, dtype) pairs, weights as (name, shape, dtype, trainable)."""

    outputs: list[tuple[tuple[int | None, ...], str]]
    weights: list[tuple[str, tuple[int, ...], str, bool]]


@dataclass
class Verdict:
    """Keras's verdict: `blamed` is the index of the layer at which it raised, -1 for the input, None for none."""

    accepts: bool
    blamed: int | None = None
    phase: str = ""
    error: str = ""
    layers: list[LayerFacts] = field(default_factory=list)
    model: Any = None


def judge(model: dict[str, Any], policy: str | None = None, keep_model: bool = False) -> Verdict:
    """Builds the `model` table of a document (expanded, long form) with Keras and reports what happened.

    Constructors run first, as they do in a program; then the layers are called one after another, and last the
    Sequential model is made, so that a refusal can be laid to one layer.
    """
    keras.config.set_dtype_policy(policy or "float32")
    restart_drawing()
    reset_uids()  # what has no name is counted as in a process of its own
    set_global_attribute("uninitialized_variables", [])  # what an earlier refusal in the middle of a call left behind
    try:
        # A warning is no refusal, also where the tests make errors of warnings.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            verdict = _judge(model, keep_model)
            if verdict.accepts and "AugMix" in str(model["layers"]):
                # What it draws is traced inside a Pipeline: with two draws all that may fail.
                again = _judge(model, keep_model)
                return verdict if again.accepts else again
            return verdict
    finally:
        keras.config.set_dtype_policy("float32")


def _judge(model: dict[str, Any], keep_model: bool) -> Verdict:
    given = model["input"]
    if not isinstance(given, dict):
        given = {"shape": given}
    shape = tuple(size if isinstance(size, int) else None for size in given["shape"])
    options = {k: v for k, v in given.items() if k in ("dtype", "batch_size", "name", "sparse", "ragged")}
    try:
        x = keras.Input(shape, **options)
    except Exception as error:
        return Verdict(False, -1, "input", _words(error))
    layers: list[Any] = []
    for index, entry in enumerate(model["layers"]):
        if is_application(entry):
            layers.append(entry)  # it needs the shape that arrives
            continue
        try:
            layers.append(construct(entry))
        except Exception as error:
            return Verdict(False, index, "init", _words(error))
    facts: list[LayerFacts] = []
    y = x
    for index, layer in enumerate(layers):
        try:
            if isinstance(layer, dict):
                layer = layers[index] = construct_application(layer, tuple(y.shape[1:]))
            y = layer(y)
        except Exception as error:
            return Verdict(False, index, "build", _words(error), facts)
        facts.append(LayerFacts(_outputs(y), _weights(layer)))
    if not layers:
        return Verdict(True, layers=facts)
    try:
        # An input of its own: a layer that hands on the tensor that arrives has made x look like its output.
        made = keras.Sequential([keras.Input(shape, **options), *layers])
    except Exception as error:
        return Verdict(False, None, "model", _words(error), facts)
    return Verdict(True, layers=facts, model=made if keep_model else None)


def batch_for(given: Any, steps: int = 9, samples: int = 2) -> Any:
    """A batch for an input as a document declares it: numbers from 0 to 1, words, zeros; unknown sizes are `steps`."""
    table = given if isinstance(given, dict) else {"shape": given}
    shape = [size if isinstance(size, int) else steps for size in table["shape"]]
    shape = (table.get("batch_size") or samples, *shape)
    dtype = table.get("dtype", "float32")
    if dtype == "string":
        return tf.fill(shape, "a word")
    values = np.random.default_rng(0).random(shape) if "float" in dtype else np.zeros(shape)
    return tf.cast(values, dtype)


def first_batch(model: Any, given: Any, steps: int = 9, *, shapes: bool = False) -> str:
    """What Keras raises when a built model computes a batch as `predict` and `fit` do; empty where nothing.

    With `shapes` also where the output does not have the shape that the model declares.
    """
    x = batch_for(given, steps)
    restart_drawing()
    # A layer that draws what it computes draws something else each time.
    draws = any(isinstance(layer, keras.layers.AugMix) for layer in model._flatten_layers())
    for training in (False, True, *((True, True) if draws else ())):
        try:
            y = tf.function(model)(x, training=training)
        except Exception as error:
            return _words(error, 10**5)  # a graph's traceback comes before Keras's words
        for (computed, _), (declared, _) in zip(_outputs(y), _outputs(model.outputs)) if shapes else ():
            if len(computed) != len(declared) or any(
                None not in (a, b) and a != b for a, b in zip(computed[1:], declared[1:])
            ):
                return f"the output has shape {computed} instead of {declared}"
    return ""


def _words(error: BaseException, most: int = 400) -> str:
    return f"{type(error).__name__}: {str(error)[:most]}"


def _outputs(y: Any) -> list[tuple[tuple[int | None, ...], str]]:
    return [(tuple(t.shape), keras.backend.standardize_dtype(t.dtype)) for t in keras.tree.flatten(y)]


def _weights(layer: Any) -> list[tuple[str, tuple[int, ...], str, bool]]:
    trainable = {id(weight) for weight in layer.trainable_weights}
    return [
        (weight.name, tuple(weight.shape), keras.backend.standardize_dtype(weight.dtype), id(weight) in trainable)
        for weight in layer.weights
    ]


def is_application(entry: Any) -> bool:
    """Whether a layer entry names a model of `keras.applications`."""
    return (
        isinstance(entry, dict) and entry.get("type", "")[:1].isupper() and hasattr(keras.applications, entry["type"])
    )


def construct_application(entry: dict[str, Any], input_shape: tuple[int | None, ...]) -> Any:
    """A model of `keras.applications` without downloaded weights, for the shape that arrives."""
    arguments = {key: plain(value) for key, value in entry.items() if key not in ("type", "weights", "trainable")}
    made = getattr(keras.applications, entry["type"])(**{"input_shape": input_shape, "weights": None, **arguments})
    made.trainable = entry.get("trainable", True)
    return made


def construct(entry: Any) -> Any:
    """A Keras layer from a bare name or a table with a type."""
    if isinstance(entry, str):
        entry = {"type": entry}
    arguments = {key: plain(_named(key, value)) for key, value in entry.items() if key != "type"}
    if entry["type"] == "Sequential":
        trainable = arguments.pop("trainable", True)
        made = keras.Sequential(**arguments)
        made.trainable = trainable
        return made
    for key in _TUPLES.get(entry["type"], ()):
        if isinstance(arguments.get(key), list):
            arguments[key] = tuple(arguments[key])
    return getattr(keras.layers, entry["type"])(**arguments)


def _named(key: str, value: Any) -> Any:
    """A bare name where a layer stands inside another, in its long form."""
    if key in ("layer", "backward_layer", "cell") and isinstance(value, str) and value != "none":
        return {"type": value}
    if key in ("layers", "cells", "cell") and isinstance(value, list):
        return [{"type": item} if isinstance(item, str) else item for item in value]
    return value


# Arguments that Keras takes as a tuple only; a document has but lists.
_TUPLES = {"TextVectorization": ("ngrams",)}

_FAMILIES = ("layers", "initializers", "regularizers", "constraints", "activations")


def plain(value: Any) -> Any:
    """A value of a document as the Python value that Keras takes."""
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        name = value["type"]
        if name == "Sequential" or isinstance(getattr(keras.layers, name, None), type):
            return construct(value)
        for family in _FAMILIES:
            found = getattr(getattr(keras, family), name, None)
            if isinstance(found, type):
                return found(**{key: plain(item) for key, item in value.items() if key != "type"})
        raise LookupError(name)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if value == "none" else value
