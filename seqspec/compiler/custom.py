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
        module, _, name = declared.target.partition(":")
        try:
            return getattr(import_module(module), name)
        except ImportError as error:
            raise BuildError(f"[custom.{declared.name}] cannot import {module}: {error}") from error
        except AttributeError as error:
            raise BuildError(f"[custom.{declared.name}] finds no {name} in {module}") from error

    return load
