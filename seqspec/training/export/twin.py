"""The inference twin: a copy of a model with the same weights, in float32, without what only training needs."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqspec.catalog.index import layer_class
from seqspec.training.export.base import Exportable
from seqspec.training.export.errors import ExportError

_WITH_TABLES = ("TextVectorization", "StringLookup", "IntegerLookup", "Discretization")
"""Layers whose vocabulary or boundaries are not among their weights: they are shared, not copied."""


def inference_twin(
    model: Any,
    *,
    batch_size: int | None = None,
    unroll: Collection[str] = (),
    quantize: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    keep_layers: bool = False,
) -> Exportable:
    """A copy of a model for export; the model itself is not changed.

    Args:
        model: A built `keras.Sequential`.
        batch_size: A fixed batch size; None keeps that of the model, which is mostly any.
        unroll: Names of recurrent layers to unroll.
        quantize: The arguments of `Model.quantize`, applied to the copy.
        custom_objects: Classes that the layers were loaded with.
        keep_layers: Whether augmentation stays, as in a model that Keras loads again.

    Raises:
        ExportError: The model cannot be copied, or Keras cannot quantize it.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ExportError("only models with one input tensor and one output tensor can be exported")
    source = model.inputs[0]
    if getattr(source, "sparse", False) or getattr(source, "ragged", False):
        raise ExportError("models with a sparse or ragged input cannot be exported")
    batch = batch_size if batch_size is not None else source.shape[0]
    if source.shape[0] not in (None, batch):
        raise ExportError(f"batch_size = {batch}, but the input of the model has the batch size {source.shape[0]}")
    notes, kept = [], []
    for layer in model.layers:
        if not keep_layers and _is_left_out(layer):
            notes.append(f"{layer.name} ({type(layer).__name__}) only changes training images and is left out")
        else:
            kept.append(layer)
    names = {layer.dtype_policy.name for layer in _inner_layers(kept)}
    if any(name not in ("float32", "string") and "from" not in name and "int" not in name for name in names):
        shown = ", ".join(sorted(name for name in names if name not in ("float32", "string")))
        notes.append(f"computed in float32 instead of {shown}, with the same weights")
    shape = (batch, *source.shape[1:])
    kept = kept or [keras.layers.Identity()]
    try:
        with keras.saving.custom_object_scope(dict(custom_objects or {})):
            copies = [_copy(layer, unroll, keep_layers) for layer in kept]
        twin = keras.Sequential([keras.Input(batch_shape=shape, dtype=source.dtype, name="input"), *copies])
        for original, copied in zip(kept, copies):
            if copied is not original:
                copied.set_weights(original.get_weights())
        _finalize(copies, constants=not keep_layers)
    except (ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise ExportError(f"the model cannot be copied: {str(error).strip().splitlines()[0][:300]}")
    if quantize is not None:
        try:
            with warnings.catch_warnings():
                # Keras warns of each layer that it does not quantize, the input included.
                warnings.simplefilter("ignore")
                twin.quantize(**quantize)
        except (ValueError, TypeError, NotImplementedError) as error:
            raise ExportError(f"Keras cannot quantize the model: {str(error).strip().splitlines()[0][:300]}")
    signature = tf.TensorSpec(shape, tf.as_dtype(source.dtype), name="input")
    function = tf.function(lambda x: twin(x, training=False), input_signature=[signature])
    return Exportable(twin, function, signature, notes)


def _is_left_out(layer: Any) -> bool:
    """Whether a layer passes on its input in inference; one that declares another shape is kept."""
    declared = layer_class(type(layer).__name__)
    if declared is None or not declared.exports.left_out or type(layer).__module__.split(".")[0] != "keras":
        return False
    # Keras surprise: in inference RandomCrop of Keras 3.15 returns its input, although it declares the cropped size.
    shape = [1 if size is None else size for size in layer.input.shape]
    x = np.zeros(shape, layer.input.dtype)
    return tuple(layer(x, training=False).shape) == tuple(shape)


def _copy(layer: Any, unroll: Collection[str], as_it_is: bool) -> Any:
    if as_it_is:
        return type(layer).from_config(layer.get_config())
    if any(type(each).__name__ in _WITH_TABLES for each in _inner_layers([layer])):
        return layer
    config = _in_float32(layer.get_config())
    _adjust(config, layer.name in unroll)
    return type(layer).from_config(config)


def _in_float32(tree: object) -> Any:
    """A configuration with every floating-point dtype policy replaced by float32."""
    if isinstance(tree, Mapping):
        if tree.get("class_name") == "DTypePolicy" and _is_float(tree["config"].get("name")):
            return {**tree, "config": {**tree["config"], "name": "float32"}}
        return {
            key: "float32" if key == "dtype" and _is_float(value) else _in_float32(value) for key, value in tree.items()
        }
    if isinstance(tree, (list, tuple)):
        return [_in_float32(value) for value in tree]
    return tree


def _is_float(name: object) -> bool:
    return isinstance(name, str) and (name.startswith(("float", "bfloat", "mixed_")) and "from" not in name)


def _adjust(tree: object, unroll: bool) -> None:
    """Recurrent layers compute without cuDNN, which only GPUs have, and are unrolled where that is wanted."""
    if isinstance(tree, dict):
        if "use_cudnn" in tree:
            tree["use_cudnn"] = False
        if unroll and "unroll" in tree:
            tree["unroll"] = True
        for value in tree.values():
            _adjust(value, unroll)
    elif isinstance(tree, list):
        for value in tree:
            _adjust(value, unroll)


def _finalize(layers: object, constants: bool) -> None:
    for layer in _inner_layers(layers):
        if type(layer).__name__ == "Normalization":
            if layer.input_mean is None:
                layer.finalize_state()
            # Keras surprise: as tensors, mean and variance become inputs of an ONNX graph.
            if constants:
                layer.mean, layer.variance = np.asarray(layer.mean), np.asarray(layer.variance)


def _inner_layers(layers: Any) -> list[Any]:
    return [inner for layer in layers for inner in layer._flatten_layers()]
