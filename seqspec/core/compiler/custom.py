"""Imports custom classes from allowed modules."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from seqspec.core.compiler.keras_objects import Loader, allow_none
from seqspec.core.diagnostics.errors import BuildError

if TYPE_CHECKING:
    from seqspec.core.analysis.analyze import AnalysisResult
    from seqspec.core.document.custom import CustomClass


def module_folders(result: AnalysisResult) -> list[str]:
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
        found: Callable[..., object] = getattr(import_module(module), name)
        return found
    except ImportError as error:
        raise BuildError(f"{who} cannot import {module}: {error}") from error
    except AttributeError as error:
        raise BuildError(f"{who} cannot find {name} in {module}") from error
