"""Creates Keras layers from declared layers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard
from urllib.error import URLError

import keras

from seqspec.core.analysis.layer_report import layer_names
from seqspec.core.catalog.activations.base import ActivationFunction
from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.layer_inference import sublayer_inputs
from seqspec.core.catalog.layers.sequential import Sequential
from seqspec.core.compiler.keras_objects import Loader, activation, allow_none, available, construct, imported, make
from seqspec.core.diagnostics.errors import BuildError, DownloadError
from seqspec.core.diagnostics.violation import Path
from seqspec.core.document.custom_layer import CustomLayer
from seqspec.core.shapes.tensor import TensorSpec, public

if TYPE_CHECKING:
    from seqspec.core.catalog.applications.application import Application


@dataclass(eq=False)
class LayerBuilder:
    """Creates the layers of one model.

    Args:
        env: The inference context of the document.
        download: Whether base models get the pretrained weights of the document; otherwise they are randomly
            initialized.
        load: Loads custom classes.
    """

    env: InferenceContext
    download: bool = True
    load: Loader = allow_none

    def build(self, layer: Layer, name: str, incoming: TensorSpec | None) -> keras.Layer:
        """The Keras layer with this name; `incoming` is the input shape for a base model inside."""
        if _is_application(layer):
            return self._application(layer, name, incoming)
        arguments = self._arguments(layer, incoming)
        if isinstance(layer, CustomLayer):
            custom = layer.definition
            instance = self.load(custom)
            arguments = _serializable(instance, arguments) | layer.class_arguments
            return construct(instance, {**arguments, "name": name}, custom.name)
        if isinstance(layer, Sequential):
            return self._sequential(arguments, name)
        kind = type(layer).__name__
        instance = available(keras.layers, kind) if layer.keras_class is None else imported(layer.keras_class)
        return construct(instance, {**_serializable(instance, arguments), "name": name}, kind)

    def _sequential(self, arguments: dict[str, object], name: str) -> keras.Sequential:
        # A frozen Sequential is frozen after its creation, because its constructor does not propagate the flag.
        trainable = arguments.pop("trainable", True)
        model = construct(keras.Sequential, {**arguments, "name": name}, "Sequential")
        model.trainable = trainable
        return model

    def _application(self, layer: Application, name: str, incoming: TensorSpec | None) -> keras.Layer:
        arguments = {key: make(value, self.load) for key, value in given_arguments(layer).items()}
        trainable = arguments.pop("trainable", True)
        arguments["name"] = name
        if arguments.get("input_shape") is not None:
            arguments["input_shape"] = tuple(arguments["input_shape"])
        elif incoming is not None:
            arguments["input_shape"] = public(incoming.sample)
        if not self.download:
            arguments["weights"] = None
        kind = type(layer).__name__
        try:
            model = construct(available(keras.applications, kind), arguments, kind)
        except BuildError as error:
            # Keras raises a bare Exception for connection errors.
            failed = error.__cause__ and error.__cause__.__context__
            if not isinstance(failed, URLError):
                raise
            raise DownloadError(
                f'could not download the weights of layer "{name}" ({kind}): {failed.reason}; '
                "set weights to a file, or leave them out: --weights none, or download=False in Python"
            ) from error
        model.trainable = trainable
        return model

    def _arguments(self, layer: Layer, incoming: TensorSpec | None) -> dict[str, object]:
        arguments: dict[str, object] = {}
        inputs: Mapping[Path, TensorSpec] | None = None
        for key, value in given_arguments(layer).items():
            if key in ("name", "class_arguments"):
                continue
            if isinstance(value, Layer):
                inputs = sublayer_inputs(layer, incoming, self.env) if inputs is None else inputs
                arguments[key] = self.build(value, layer_names([value])[0], inputs.get((key,)))
            elif isinstance(value, list) and value and all(isinstance(entry, Layer) for entry in value):
                inputs = sublayer_inputs(layer, incoming, self.env) if inputs is None else inputs
                arguments[key] = [
                    self.build(entry, name, inputs.get((key, index)))
                    for index, (entry, name) in enumerate(zip(value, layer_names(value)))
                ]
            elif isinstance(value, ActivationFunction):
                arguments[key] = activation(value, layer.dtype)
            else:
                arguments[key] = make(value, self.load)
        return arguments


def _is_application(layer: Layer) -> TypeGuard[Application]:
    # A layer of this class has imported it; for other models the import would be slow.
    module = sys.modules.get("seqspec.core.catalog.applications.application")
    return module is not None and isinstance(layer, module.Application)


def _serializable(instance: object, arguments: dict[str, object]) -> dict[str, object]:
    """The arguments of a class in a form that it can save: without its own `get_config`, only plain data."""
    if getattr(instance, "get_config", None) is not keras.layers.Layer.get_config:
        return arguments
    return {
        key: keras.regularizers.serialize(value) if isinstance(value, keras.Regularizer) else value
        for key, value in arguments.items()
    }
