"""The error for a saved model that cannot be imported."""

from __future__ import annotations

from typing import Any, Literal

from seqspec.core.diagnostics.install_hints import install_command
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


def numpy() -> Any:
    """The module `numpy`; raises `SavedModelError` if it is not installed."""
    try:
        import numpy
    except ImportError:
        raise _missing("NumPy") from None
    return numpy


def h5py() -> Any:
    """The module `h5py`; raises `SavedModelError` if it is not installed."""
    try:
        import h5py
    except ImportError:
        raise _missing("h5py") from None
    return h5py


def _missing(package: str) -> SavedModelError:
    return SavedModelError("missing-package", f"reading saved models requires {package}", install_command("import"))
