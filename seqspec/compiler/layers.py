"""Declared layers to Keras layers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.error import URLError

import keras

from seqspec.analysis.naming import layer_names
from seqspec.catalog.activations.base import Function
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.layer import Layer
from seqspec.catalog.layers.sequential import Sequential
from seqspec.compiler.custom import imported
from seqspec.compiler.errors import BuildError
from seqspec.compiler.objects import Loader, activation, allow_none, available, construct, make
from seqspec.diagnostics.violation import Path
from seqspec.document.custom_layer import CustomLayer
from seqspec.shapes.dims import public
from seqspec.shapes.tensor import TensorSpec

if TYPE_CHECKING:
    from seqspec.catalog.applications.application import Application


class LayerBuilder:
    """Makes the layers of one model.

    Args:
        env: The surroundings that the document was checked for.
        download: Whether base models get the start weights that the document names; else they start at random.
        load: How classes of the author's own are found.
    """

    def __init__(self, env: InferenceContext, download: bool = True, load: Loader = allow_none) -> None:
        self.env = env
        self.download = download
        self.load = load

    def build(self, layer: Layer, name: str, arriving: TensorSpec | None) -> Any:
        """The Keras layer with this name; `arriving` is needed where a base model is inside, for its input shape."""
        if _is_application(layer):
            return self._application(layer, name, arriving)
        arguments = self._arguments(layer, arriving)
        if isinstance(layer, CustomLayer):
            custom = layer.definition
            made = self.load(custom)
            arguments = _saved(made, arguments) | layer.class_arguments
            return construct(made, {**arguments, "name": name}, custom.name)
        if isinstance(layer, Sequential):
            return self._sequential(arguments, name)
        kind = type(layer).__name__
        made = available(keras.layers, kind) if layer.builds is None else imported(layer.builds)
        return construct(made, {**_saved(made, arguments), "name": name}, kind)

    def _sequential(self, arguments: dict[str, Any], name: str) -> Any:
        # A frozen Sequential is made first and frozen afterwards: its constructor does not hand the flag on.
        trainable = arguments.pop("trainable", True)
        made = construct(keras.Sequential, {**arguments, "name": name}, "Sequential")
        made.trainable = trainable
        return made

    def _application(self, layer: Application, name: str, arriving: TensorSpec | None) -> Any:
        arguments = {key: make(value, self.load) for key, value in given_arguments(layer).items()}
        trainable = arguments.pop("trainable", True)
        arguments["name"] = name
        if arguments.get("input_shape") is not None:
            arguments["input_shape"] = tuple(arguments["input_shape"])
        elif arriving is not None:
            arguments["input_shape"] = public(arriving.sample)
        if not self.download:
            arguments["weights"] = None
        kind = type(layer).__name__
        try:
            made = construct(available(keras.applications, kind), arguments, kind)
        except BuildError as error:
            # Keras raises a bare Exception while it handles the error of the connection.
            failed = error.__cause__ and error.__cause__.__context__
            if not isinstance(failed, URLError):
                raise
            raise BuildError(
                f'could not download the weights of layer "{name}" ({kind}): {failed.reason}; '
                "set weights to a file, or leave them out: --weights none, or download=False in Python"
            ) from error
        made.trainable = trainable
        return made

    def _arguments(self, layer: Layer, arriving: TensorSpec | None) -> dict[str, Any]:
        arguments: dict[str, object] = {}
        inside: Mapping[Path, TensorSpec] | None = None
        for key, value in given_arguments(layer).items():
            if key in ("name", "class_arguments"):
                continue
            if isinstance(value, Layer):
                inside = self._inside(layer, arriving) if inside is None else inside
                arguments[key] = self.build(value, layer_names([value])[0], inside.get((key,)))
            elif isinstance(value, list) and value and all(isinstance(entry, Layer) for entry in value):
                inside = self._inside(layer, arriving) if inside is None else inside
                arguments[key] = [
                    self.build(entry, name, inside.get((key, index)))
                    for index, (entry, name) in enumerate(zip(value, layer_names(value)))
                ]
            elif isinstance(value, Function):
                arguments[key] = activation(value, layer.dtype)
            else:
                arguments[key] = make(value, self.load)
        return arguments

    def _inside(self, layer: Layer, arriving: TensorSpec | None) -> Mapping[Path, TensorSpec]:
        """The input of each layer inside."""
        if arriving is None:
            return {}
        return {inner.path: inner.input for inner in layer.sublayers(layer.cast(arriving, self.env), self.env)}


def _is_application(layer: Layer) -> TypeGuard[Application]:
    # A layer of this class has imported it; for other models it would be the slowest import of all.
    module = sys.modules.get("seqspec.catalog.applications.application")
    return module is not None and isinstance(layer, module.Application)


def _saved(made: object, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a class as it can save them: without a `get_config` of its own it keeps only plain data."""
    if getattr(made, "get_config", None) is not keras.layers.Layer.get_config:
        return arguments
    return {
        key: keras.regularizers.serialize(value) if isinstance(value, keras.Regularizer) else value
        for key, value in arguments.items()
    }
