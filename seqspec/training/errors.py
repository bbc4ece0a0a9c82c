"""What ends a run or an export: errors, each with an exit status of the command line, and stops."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from seqspec.core.api.diagnostics import Diagnostic, Violation


class ExitStatus(IntEnum):
    """The exit codes of the commands that train, evaluate, predict and export."""

    DONE = 0
    INVALID_SPEC = 1
    USAGE = 2
    INVALID_DATA = 3
    FAILED = 4
    INTERRUPTED = 130


class RunError(Exception):
    """Base class of the errors of training; `status` is the exit code of the command."""

    status: ClassVar[ExitStatus] = ExitStatus.USAGE


class DataError(RunError):
    """The data cannot be used.

    Attributes:
        violations: Why, at paths of the expanded spec.
        diagnostics: The same with their locations in the spec as written.
    """

    status = ExitStatus.INVALID_DATA

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = list(violations)
        self.diagnostics: list[Diagnostic] = []
        super().__init__("\n".join(_text(violation) for violation in violations))

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions of a worker are pickled, which by default keeps only the message.
        return type(self), (self.violations,), {"diagnostics": self.diagnostics}


class PlacementError(DataError):
    """The spec cannot be trained with this backend, engine or number of devices; nothing was imported or started."""

    status = ExitStatus.INVALID_SPEC


class TrainingError(RunError):
    """Training started and failed, for example because the loss is not finite.

    Attributes:
        checkpoint: The last valid checkpoint; None if there is none.
    """

    status = ExitStatus.FAILED

    def __init__(self, message: str, checkpoint: str | None = None) -> None:
        super().__init__(message)
        self.checkpoint = checkpoint


class SearchError(TrainingError):
    """No trial of a search was trained, or the best one could not be evaluated."""


class DiskFull(RunError):
    """A file cannot be written because the disk is full; an existing file is unchanged."""

    status = ExitStatus.FAILED

    NUMBERS = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def unwritten(name: object, error: OSError) -> RunError:
    """The error for a file or folder that cannot be written."""
    kind = DiskFull if error.errno in DiskFull.NUMBERS else RunError
    return kind(f"{name}: {(error.strerror or str(error)).lower()}")


class ResumeError(RunError):
    """A run cannot be resumed; `changed` names what differs."""

    status = ExitStatus.INVALID_SPEC

    def __init__(self, message: str, changed: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.changed = list(changed)


class ChangedDataError(RunError):
    """The data that a run was trained on changed since; `changed` names what differs."""

    status = ExitStatus.INVALID_DATA

    def __init__(self, run: object, changed: Sequence[str], help: str | None = None) -> None:
        hint = "" if help is None else f"; {help}"
        super().__init__(f"the data of {run} changed since the run was trained: {', '.join(changed)}{hint}")
        self.changed = list(changed)


class Interrupted(RunError):
    """Training was interrupted; the run can be resumed."""

    status = ExitStatus.INTERRUPTED


def reason_of(error: BaseException) -> str:
    """Why something failed, in one line: the file and its problem, or the first line that says a reason."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror.lower()}" if error.filename else error.strerror.lower()
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if lines[0] == "Graph execution error:":
        # TensorFlow names the operation and its stack before the reason.
        stack = [index for index, line in enumerate(lines) if line.startswith(("Detected at", "File ", "<stack"))]
        lines = lines[max(stack, default=0) + 1 :] or lines
    return lines[0][:500]


def _text(violation: Violation) -> str:
    hint = violation.help or violation.label
    return violation.message + (f" ({hint})" if hint else "")


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


StopReason = Literal["interrupted", "pruned"]
"""The state of a run that is stopped: one that can be resumed, or a trial of a search that ends early."""


class Stopped(Exception):
    """A training ends because its stop was set."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason = reason


class StopToken:
    """Whether a training is to end: checked after each batch and each epoch.

    Attributes:
        reason: Why; None while it goes on.
    """

    def __init__(self) -> None:
        self.reason: StopReason | None = None

    def check(self) -> None:
        """Raises `Stopped` where the training is to end."""
        if self.reason is not None:
            raise Stopped(self.reason)
