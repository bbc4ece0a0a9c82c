"""Base models inside saved models: a Functional model that equals one of `keras.applications` becomes that layer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec

from seqspec.core.catalog.index import layer_class
from seqspec.core.frontends.keras_json.chain import FUNCTIONAL, application_named, as_sequential
from seqspec.core.frontends.keras_json.wrapped_values import INPUT, class_of


def with_base_models(tree: Mapping[str, object], without_modules: bool = False) -> Mapping[str, object]:
    """A model that Keras 3 has serialized, its base models as layers; unchanged where none is recognized.

    Keras is imported where a layer has the name of a model of `keras.applications`; it is not required.

    Args:
        tree: The model; one that an older Keras has serialized is recognized by its layers without `module`.
        without_modules: Whether Keras 3 has left out `module`, as in HDF5 files.
    """
    raw = as_sequential(tree)
    config = raw.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else None
    if class_of(raw) != "Sequential" or not isinstance(config, Mapping) or not isinstance(layers, list):
        return tree
    if not all(isinstance(layer, Mapping) for layer in layers):
        return tree
    shape = None
    if layers and class_of(layers[0]) == INPUT and isinstance(layers[0].get("config"), Mapping):
        shape = layers[0]["config"].get("batch_shape")
    serialized = [layer if without_modules or "module" in layer else {} for layer in layers]
    applications = [_application_layer(layer, shape) for layer in serialized]
    if not any(applications):
        return tree
    return {**raw, "config": {**config, "layers": [new or layer for new, layer in zip(applications, layers)]}}


def _application_layer(layer: Mapping[str, object], model_shape: object) -> Mapping[str, object] | None:
    """The layer that a base model is; `model_shape` is the batch shape of the input of the whole model."""
    config = layer.get("config")
    if class_of(layer) not in FUNCTIONAL or not isinstance(config, Mapping):
        return None
    kind = application_named(str(config.get("name")))
    known = None if kind is None else layer_class(kind)
    if kind is None or known is None or class_of(as_sequential(layer)) == "Sequential" or find_spec("keras") is None:
        return None
    from seqspec.core.compiler.quiet_backend import import_keras

    import_keras()
    from seqspec.core.compiler.known_applications import find_application

    # What is not as Keras writes it is not recognized.
    with suppress(ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
        arguments = find_application(kind, tuple(known.model_fields), layer)
        if arguments is not None:
            shape = arguments.pop("input_shape")
            if not isinstance(model_shape, list) or model_shape[1:] != shape:
                arguments["input_shape"] = ["?" if size is None else size for size in shape]
            return {"module": "keras.applications", "class_name": kind, "config": {**arguments, "weights": "none"}}
    return None
