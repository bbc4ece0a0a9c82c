"""Creates Keras objects from declarations: initializers, losses, optimizers, ..., and classes of allowed modules."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import keras

from seqspec.core.catalog.activations.base import ActivationFunction
from seqspec.core.catalog.keras_object import KerasObject, family_of, given_arguments
from seqspec.core.catalog.objects import Named
from seqspec.core.diagnostics.errors import BuildError
from seqspec.core.document.custom_use import CustomObject
from seqspec.core.language.names import snake_case
from seqspec.core.shapes.tensor import Dim

if TYPE_CHECKING:
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


def module_folders(result: Check) -> list[str]:
    """The folders that are searched for custom modules after installed ones."""
    file = result.document.file
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
