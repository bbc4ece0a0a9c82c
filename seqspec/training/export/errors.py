"""Why a model is not exported."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.training.errors import ExitStatus, RunError


class ExportError(RunError):
    """A model was not exported; nothing was written.

    `operations` are the operations that the format does not have, where that is the reason.
    """

    status = ExitStatus.FAILED

    def __init__(self, message: str, operations: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.operations = tuple(operations)


class MissingPackage(ExportError):
    """A package that writes or runs a format is not installed; `package` is its name for pip."""

    def __init__(self, message: str, package: str) -> None:
        super().__init__(message)
        self.package = package
