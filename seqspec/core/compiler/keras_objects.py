"""Creates Keras layers and objects from declarations, and classes of allowed modules."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard, TypeVar
from urllib.error import URLError

import keras

from seqspec.core.analysis.layer_report import layer_names
from seqspec.core.catalog.activations.base import ActivationFunction
from seqspec.core.catalog.keras_object import KerasObject, family_of, given_arguments
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.layer_inference import sublayer_inputs
from seqspec.core.catalog.layers.sequential import Sequential
from seqspec.core.catalog.objects import Named
from seqspec.core.diagnostics.errors import BuildError, DownloadError
from seqspec.core.diagnostics.violation import Path
from seqspec.core.document.custom import CustomLayer, CustomObject
from seqspec.core.language.keys import snake_case
from seqspec.core.shapes.tensor import Dim, TensorSpec, public

if TYPE_CHECKING:
    from seqspec.core.catalog.applications.application import Application
    from seqspec.core.check.check import Check
    from seqspec.core.document.custom import CustomClass


T = TypeVar("T")

Loader = Callable[["CustomClass"], Callable[..., object]]
"""Loads the Python class of a `CustomClass`; raises `BuildError` if the caller does not allow its module."""

_HOMES = {
    "initializers": keras.initializers,
    "regularizers": keras.regularizers,
    "constraints": keras.constraints,
    "schedules": keras.optimizers.schedules,
    "optimizers": keras.optimizers,
    "losses": keras.losses,
    "metrics": keras.metrics,
    "callbacks": keras.callbacks,
}


def allow_none(declared: CustomClass) -> NoReturn:
    """The loader for callers that allow no custom classes."""
    raise BuildError(
        f"[custom.{declared.name}] imports {declared.target}, which is not allowed: "
        f"--allow-custom {declared.module}, or allow_custom=[{declared.module!r}] in Python"
    )


def make(value: object, load: Loader = allow_none) -> Any:
    """The Keras object of a declaration; lists and tables are converted recursively."""
    if isinstance(value, Named):
        return value.identifier
    if isinstance(value, CustomObject):
        return _custom(value, load)
    if isinstance(value, ActivationFunction):
        return activation(value)
    if isinstance(value, KerasObject):
        arguments = {name: make(entry, load) for name, entry in given_arguments(value).items()}
        return construct(keras_class(value), arguments, type(value).__name__)
    if isinstance(value, Dim):
        return None
    if isinstance(value, list):
        return [make(entry, load) for entry in value]
    if isinstance(value, tuple):
        return tuple(make(entry, load) for entry in value)
    if isinstance(value, dict):
        return {key: make(entry, load) for key, entry in value.items()}
    return value


def activation(function: ActivationFunction, dtype: object = None) -> object:
    """The name of an activation, or a layer for an activation with arguments.

    `dtype` is the policy of its layer, which the activation shares.
    """
    arguments = given_arguments(function)
    if not arguments:
        return type(function).__name__
    assert function.layer is not None
    return getattr(keras.layers, function.layer)(**arguments, name=snake_case(function.layer), dtype=dtype)


def keras_class(declaration: KerasObject) -> Callable[..., object]:
    """The class of the installed Keras for a declaration."""
    name = type(declaration).__name__
    return available(_HOMES[family_of(declaration)], name)


def available(home: object, name: str) -> Callable[..., Any]:
    """A class of the installed Keras; raises `BuildError` if this Keras is too old."""
    attribute: Callable[..., Any] | None = getattr(home, name, None)
    if attribute is None:
        raise BuildError(f"Keras {keras.__version__} has no {name}; it requires a newer Keras")
    return attribute


def construct(constructor: Callable[..., T], arguments: Mapping[str, object], name: str) -> T:
    """Calls a Keras constructor; its errors become a `BuildError` with the name of the class."""
    try:
        return constructor(**arguments)
    except Exception as error:
        # Keras raises errors of any kind for its arguments.
        raise BuildError(f"Keras {keras.__version__} rejected {name}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300]


def _custom(use: CustomObject, load: Loader) -> object:
    return construct(load(use.definition), dict(use.arguments), use.definition.name)


def module_folders(check: Check) -> list[str]:
    """The folders that are searched for custom modules after installed ones."""
    file = check.document.file
    beside = os.path.dirname(os.path.abspath(file)) if file is not None else os.getcwd()
    return list(dict.fromkeys((beside, os.getcwd())))


def loader(allowed: Collection[str], folders: Sequence[str] = ()) -> Loader:
    """The loader that imports from the modules in `allowed`, by their full names, and from no others.

    Modules that are not installed are searched in `folders`.
    """

    def load(declared: CustomClass) -> Callable[..., object]:
        if declared.module not in allowed:
            return allow_none(declared)
        with _importable(declared.module, folders):
            return imported(declared.target, f"[custom.{declared.name}]")

    return load


@contextmanager
def _importable(module: str, folders: Sequence[str]) -> Iterator[None]:
    """Makes a module importable from the folders, unless a module with its name is installed."""
    before = list(sys.path)
    try:
        installed = find_spec(module.partition(".")[0]) is not None
    except (ImportError, ValueError):
        installed = False
    if not installed:
        sys.path += [folder for folder in folders if folder not in sys.path]
    try:
        yield
    finally:
        sys.path[:] = before


def imported(target: str, who: str = "the layer") -> Callable[..., object]:
    """Imports the class `"module:Class"`; raises `BuildError`, whose message names `who`."""
    module, _, name = target.partition(":")
    try:
        imported_object: Callable[..., object] = getattr(import_module(module), name)
        return imported_object
    except ImportError as error:
        raise BuildError(f"{who} cannot import {module}: {error}") from error
    except AttributeError as error:
        raise BuildError(f"{who} cannot find {name} in {module}") from error


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
