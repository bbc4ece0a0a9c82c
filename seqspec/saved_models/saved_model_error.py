"""The error for a saved model that cannot be imported."""

from __future__ import annotations

from typing import Any, Literal

from seqspec.core.diagnostics.install_hints import MissingPackageError, install_command
from seqspec.core.diagnostics.snippet import Help

Reason = Literal[
    "not-a-model",
    "architecture-missing",
    "input-shape",
    "layout",
    "weights-missing",
    "weights-left-over",
    "weights-shape",
    "unsafe-file",
    "holds-code",
    "removed-from-keras",
    "missing-package",
    "predictions-differ",
    "unverifiable",
]


class SavedModelError(Exception):
    """A file that is not imported.

    Attributes:
        reason: The kind of the error.
        message: What is wrong.
        help: How to fix it, if known.
    """

    def __init__(self, reason: Reason, message: str, help: str | Help | None = None) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.message = message
        self.help = help


class MissingReaderError(SavedModelError, MissingPackageError):
    """A package that reads saved models is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__("missing-package", f"reading saved models requires {package}", install_command("import"))

    def __str__(self) -> str:
        return f"{self.message}: {self.help}"


def numpy() -> Any:
    """The module `numpy`; raises `SavedModelError` if it is not installed."""
    try:
        import numpy
    except ImportError:
        raise MissingReaderError("NumPy") from None
    return numpy


def h5py() -> Any:
    """The module `h5py`; raises `SavedModelError` if it is not installed."""
    try:
        import h5py
    except ImportError:
        raise MissingReaderError("h5py") from None
    return h5py
