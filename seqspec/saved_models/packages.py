"""NumPy and h5py, which are imported when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from seqspec.core.api.diagnostics import MissingPackageError, install_command
from seqspec.saved_models.saved_model import SavedModelError

__all__ = ["MissingReaderError", "h5py", "np"]


class MissingReaderError(SavedModelError, MissingPackageError):
    """A package that reads saved models is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__("missing-package", f"reading saved models requires {package}", install_command("import"))

    def __str__(self) -> str:
        return f"{self.message}: {self.help}"


class _Package:
    """A package whose attributes are looked up on use; raises `MissingReaderError` if it is not installed."""

    def __init__(self, module: str, title: str) -> None:
        self._module = module
        self._title = title

    def __getattr__(self, name: str) -> object:
        try:
            return getattr(import_module(self._module), name)
        except ImportError:
            raise MissingReaderError(self._title) from None


if TYPE_CHECKING:
    import h5py
    import numpy as np
else:
    np, h5py = _Package("numpy", "NumPy"), _Package("h5py", "h5py")
