"""Classes of the author's own, imported only from modules that the caller has allowed."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from typing import Any

from seqspec.compiler.errors import BuildError
from seqspec.compiler.objects import Loader, allow_none


def loader(allowed: Collection[str]) -> Loader:
    """The loader that imports from the modules in `allowed`, by their full names, and from no others."""

    def load(declared: Any) -> Any:
        if declared.module not in allowed:
            return allow_none(declared)
        return imported(declared.target, f"[custom.{declared.name}]")

    return load


def imported(target: str, who: str = "the layer") -> Any:
    """The class of `"module:Class"`; raises `BuildError` in the name of who needs it."""
    module, _, name = target.partition(":")
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        raise BuildError(f"{who} cannot import {module}: {error}") from error
    except AttributeError as error:
        raise BuildError(f"{who} cannot find {name} in {module}") from error
