"""The inference model: a copy of a model with the same weights, in float32, without what only training needs."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqspec.core.api.catalog import Convolution, layer_class
from seqspec.core.api.shapes import FLOATS, POLICIES, policy
from seqspec.training.errors import ExportError
from seqspec.training.export.base import Exportable
from seqspec.training.records import JsonObject

_WITH_TABLES = ("TextVectorization", "StringLookup", "IntegerLookup", "Discretization")
"""Layers whose vocabulary or boundaries are not weights; the copy shares them with the model."""
_NORMALIZED = "SpectralNormalization"
"""The wrapper of a layer whose kernel it normalizes in training."""
_FIXED_INSIDE = (_NORMALIZED, "Functional")
"""Layers whose inner layers are not replaced: one needs their kernel, the other their connections."""
_FLOAT = "float32"
_WITHOUT_ARRAYS = "bfloat16"
"""The dtype of which NumPy has no arrays, nor have most runtimes."""


def inference_model(
    model: keras.Model,
    *,
    batch_size: int | None = None,
    unroll: Collection[str] = (),
    quantize: Mapping[str, object] | None = None,
    custom_objects: Mapping[str, object] | None = None,
    keep_layers: bool = False,
) -> Exportable:
    """A copy of a model for export; the model itself is not changed.

    Args:
        model: A built `keras.Sequential`.
        batch_size: A fixed batch size; None keeps that of the model, which is usually unknown.
        unroll: Names of recurrent layers to unroll.
        quantize: The arguments of `Model.quantize`, applied to the copy.
        custom_objects: Classes that the layers were loaded with.
        keep_layers: Whether augmentation layers are kept, as in a model that Keras loads again.

    Raises:
        ExportError: The model cannot be copied, or Keras cannot quantize it.
    """
    batch = _batch_size(model, batch_size)
    source = model.inputs[0]
    notes, kept = [], []
    for layer in model.layers:
        if not keep_layers and _is_left_out(layer):
            notes.append(f"{layer.name} ({type(layer).__name__}) only changes training images and is left out")
        else:
            kept.append(layer)
    # A layer that is left out has rounded its input too.
    replaced = () if keep_layers else _replaced_policies(model.layers)
    if replaced:
        notes.append(f"computed in float32 instead of {', '.join(replaced)}, with the same weights")
    dtype = source.dtype
    if dtype == _WITHOUT_ARRAYS and not keep_layers:
        notes.append(f"inputs are float32 instead of {dtype}, of which few runtimes accept arrays")
        dtype, replaced = _FLOAT, (*replaced, dtype)
    shape = (batch, *source.shape[1:])
    kept = kept or [keras.layers.Identity()]
    try:
        with keras.saving.custom_object_scope(dict(custom_objects or {})):
            copies = [_copy(layer, unroll, keep_layers) for layer in kept]
        exported = keras.Sequential([keras.Input(batch_shape=shape, dtype=dtype, name="input"), *copies])
        for original, copied in zip(kept, copies):
            if copied is not original:
                copied.set_weights(original.get_weights())
        _finalize(copies, constants=not keep_layers)
    except (ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise ExportError(f"the model cannot be copied: {str(error).strip().splitlines()[0][:300]}")
    if quantize is not None:
        _quantize(exported, quantize)
    signature = tf.TensorSpec(shape, tf.as_dtype(dtype), name="input")
    function = tf.function(lambda x: exported(x, training=False), input_signature=[signature])
    if not keep_layers:
        _trace(function)
    return Exportable(exported, function, signature, notes, replaced)


def _trace(function: tf.Function) -> None:
    """Raises `ExportError` for a model that Keras computes for batches of known sizes alone."""
    try:
        function.get_concrete_function()
    except Exception as error:
        # Layers raise errors of many kinds; Keras prints its own words in bold.
        words = str(error).rpartition("\x1b[1m")[2].partition("\x1b[0m")[0].split("\n\n")[-1].split()
        sizes = ", ".join("?" if size is None else str(size) for size in function.input_signature[0].shape)
        raise ExportError(f"Keras cannot compute the model for inputs of the shape ({sizes}): {' '.join(words)[:300]}")


def _batch_size(model: keras.Model, wanted: int | None) -> int | None:
    """The batch size of the copy; raises `ExportError` for a model whose input cannot be exported."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ExportError("only models with one input tensor and one output tensor can be exported")
    source = model.inputs[0]
    if getattr(source, "sparse", False) or getattr(source, "ragged", False):
        raise ExportError("models with a sparse or ragged input cannot be exported")
    batch: int | None = wanted if wanted is not None else source.shape[0]
    if source.shape[0] not in (None, batch):
        raise ExportError(f"batch_size = {batch}, but the input of the model has the batch size {source.shape[0]}")
    return batch


def _quantize(exported: keras.Model, arguments: Mapping[str, object]) -> None:
    try:
        with warnings.catch_warnings():
            # Keras warns of each layer that it does not quantize, the input included.
            warnings.simplefilter("ignore")
            exported.quantize(**arguments)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise ExportError(f"Keras cannot quantize the model: {str(error).strip().splitlines()[0][:300]}")


def _is_left_out(layer: keras.Layer) -> bool:
    """Whether a layer returns its input unchanged at inference; one that declares another shape or casts is kept."""
    dtype = _cast_dtype(layer)
    return dtype is not None and _is_same_number(layer.input.dtype, dtype)


def _cast_dtype(layer: keras.Layer) -> str | None:
    """The dtype that a layer only casts its input to at inference; None for a layer that does more."""
    if not _only_trains(layer):
        return None
    # Keras surprise: in inference RandomCrop of Keras 3.15 returns its input, although it declares the cropped size.
    shape = [1 if size is None else size for size in layer.input.shape]
    # As `Model.predict` computes it: called without a graph, MixUp and others do not cast.
    y = tf.function(layer)(np.zeros(shape, layer.input.dtype), training=False)
    if tuple(y.shape) != tuple(shape):
        return None
    dtype: str = keras.backend.standardize_dtype(y.dtype)
    return _FLOAT if dtype in FLOATS else dtype


def _only_trains(layer: keras.Layer) -> bool:
    """Whether a layer of Keras, or all those inside it, only augment in training."""
    if type(layer).__module__.split(".")[0] != "keras":
        return False
    if isinstance(layer, keras.Sequential):
        return bool(layer.layers) and all(map(_only_trains, layer.layers))
    if isinstance(layer, keras.layers.TimeDistributed):
        return _only_trains(layer.layer)
    declared = layer_class(type(layer).__name__)
    return declared is not None and declared.exports.left_out


def _is_same_number(before: str, after: str) -> bool:
    """Whether the copy, which computes in float32, has the same values without the cast."""
    return after == before or {after, before} <= FLOATS


def _copy(layer: keras.Layer, unroll: Collection[str], unchanged: bool) -> keras.Layer:
    if unchanged:
        return type(layer).from_config(layer.get_config())
    if any(type(inner_layer).__name__ in _WITH_TABLES for inner_layer in _inner_layers([layer])):
        return layer
    dtype = _cast_dtype(layer)
    if dtype is not None:
        return keras.layers.Rescaling(1, dtype=dtype, name=layer.name)
    if type(layer) is keras.Sequential and any(map(_is_left_out, layer.layers)):
        kept = [_copy(inner, unroll, unchanged) for inner in layer.layers if not _is_left_out(inner)]
        return keras.Sequential(kept, name=layer.name)
    config = _in_float32(layer.get_config())
    _adjust(config, layer.name in unroll)
    module, name = type(layer).__module__, type(layer).__name__
    if module.split(".")[0] == "keras" and _is_channels_first_convolution(name, config):
        return _between_permutes(type(layer), config)
    return type(layer).from_config(config if name in _FIXED_INSIDE else _channels_last(config))


def _replaced_policies(layers: Sequence[keras.Layer]) -> tuple[str, ...]:
    """The names of the dtype policies that the copy replaces, in alphabetical order."""
    policies = [layer.dtype_policy for layer in _inner_layers(layers)]
    return tuple(sorted({given.name for given in policies if _float32_policy(given).name != given.name}))


def _in_float32(tree: Any) -> Any:
    """A configuration with every floating-point dtype policy replaced by one that computes in float32."""
    if isinstance(tree, Mapping):
        return {key: _dtype_in_float32(value) if key == "dtype" else _in_float32(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_in_float32(value) for value in tree]
    return tree


def _dtype_in_float32(value: object) -> object:
    """The value of `dtype` in a configuration: a policy, or the name of a dtype as of an input or an array."""
    if isinstance(value, str):
        return _FLOAT if value in POLICIES and policy(value).compute in FLOATS else value
    if isinstance(value, Mapping):
        return keras.dtype_policies.serialize(_float32_policy(keras.dtype_policies.get(value)))
    return value


def _float32_policy(given: keras.DTypePolicy) -> keras.DTypePolicy:
    """A policy that computes in float32 if this one computes in another floating-point dtype, or else this one."""
    if given.compute_dtype not in FLOATS or given.compute_dtype == given.variable_dtype == _FLOAT:
        return given
    config = given.get_config()
    # A quantized policy consists of a mode and the name of the policy before.
    source = "source_name" if "source_name" in config else "name"
    return type(given).from_config({**config, source: _FLOAT})


def _adjust(tree: object, unroll: bool) -> None:
    """Makes recurrent layers compute without cuDNN, which only GPUs have, and unrolls those requested.

    They lose their dropout: Keras computes its masks in inference too, which changes the variable of its seed. It also
    computes penalties of outputs, which tf2onnx does not convert.
    Upsampling by area becomes a repetition, the same for integer factors, which every format has.
    """
    if isinstance(tree, dict):
        if "activity_regularizer" in tree:
            tree["activity_regularizer"] = None
        if "size" in tree and tree.get("interpolation") == "area":
            tree["interpolation"] = "nearest"
        if "use_cudnn" in tree:
            tree["use_cudnn"] = False
        if "recurrent_dropout" in tree:
            tree["dropout"] = tree["recurrent_dropout"] = 0.0
        if unroll and "unroll" in tree:
            tree["unroll"] = True
        for value in tree.values():
            _adjust(value, unroll)
    elif isinstance(tree, list):
        for value in tree:
            _adjust(value, unroll)


def _channels_last(tree: Any) -> Any:
    """A configuration whose channels_first convolutions compute channels_last, between two layers that move the axis.

    Most runtimes have no channels_first convolution.
    """
    if isinstance(tree, (list, tuple)):
        return [_channels_last(value) for value in tree]
    if not isinstance(tree, Mapping):
        return tree
    if tree.get("module") == "keras.layers" and _is_channels_first_convolution(tree["class_name"], tree["config"]):
        layer = _between_permutes(getattr(keras.layers, tree["class_name"]), tree["config"])
        permuted: JsonObject = keras.saving.serialize_keras_object(layer)
        return permuted
    if tree.get("class_name") in _FIXED_INSIDE:
        return tree
    return {key: _channels_last(value) for key, value in tree.items()}


def _is_channels_first_convolution(name: str, config: Any) -> bool:
    if name == _NORMALIZED:
        return _is_channels_first_convolution(config["layer"]["class_name"], config["layer"]["config"])
    declared = layer_class(name)
    return declared is not None and issubclass(declared, Convolution) and config["data_format"] == "channels_first"


def _between_permutes(kind: type[keras.Layer], config: JsonObject) -> keras.Sequential:
    """A convolution that computes channels_last for channels_first inputs; its kernel has the same axes.

    Its activation comes last, since a softmax normalizes the last axis.
    """
    layer = kind.from_config(_changed(config, data_format="channels_last", activation=None))
    convolution, given = layer, kind.from_config(config)
    while type(convolution).__name__ == _NORMALIZED:
        convolution, given = convolution.layer, given.layer
    last = convolution.rank + 1
    return keras.Sequential(
        [
            keras.layers.Permute((*range(2, last + 1), 1), dtype=_FLOAT, name=f"{layer.name}_channels_last"),
            layer,
            keras.layers.Permute((last, *range(1, last)), dtype=_FLOAT, name=f"{layer.name}_channels_first"),
            keras.layers.Activation(given.activation, dtype=_FLOAT, name=f"{layer.name}_activation"),
        ],
        name=layer.name,
    )


def _changed(config: JsonObject, **arguments: object) -> JsonObject:
    """The configuration of a convolution, or of the normalization of its kernel, with other arguments."""
    inner = config.get("layer")
    if inner is None:
        return {**config, **arguments}
    # Keras would build the layer with the shape of its old input.
    unbuilt = {key: value for key, value in inner.items() if key != "build_config"}
    return {**config, "layer": {**unbuilt, "config": _changed(inner["config"], **arguments)}}


def _finalize(layers: Sequence[keras.Layer], constants: bool) -> None:
    for layer in _inner_layers(layers):
        if type(layer).__name__ == "Normalization":
            if layer.input_mean is None:
                layer.finalize_state()
            # Keras surprise: as tensors, mean and variance become inputs of an ONNX graph.
            if constants:
                layer.mean, layer.variance = np.asarray(layer.mean), np.asarray(layer.variance)


def _inner_layers(layers: Sequence[keras.Layer]) -> list[keras.Layer]:
    return [inner for layer in layers for inner in layer._flatten_layers()]
