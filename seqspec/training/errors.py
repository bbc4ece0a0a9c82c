"""What can end a run before or during training, each with the exit status of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqspec.diagnostics.diagnostic import Diagnostic
    from seqspec.diagnostics.violation import Violation

DONE, REFUSED, USAGE, DATA_REFUSED, FAILED, INTERRUPTED = 0, 1, 2, 3, 4, 130


class RunError(Exception):
    """Base class of the errors of training; `status` is the exit code of the command."""

    status = USAGE


class DataError(RunError):
    """The data cannot be used.

    Attributes:
        violations: Why, at paths of the expanded spec.
        diagnostics: The same with their locations in the spec as written.
    """

    status = DATA_REFUSED

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = list(violations)
        self.diagnostics: list[Diagnostic] = []
        super().__init__("\n".join(_text(violation) for violation in violations))

    def __reduce__(self) -> tuple[Any, ...]:
        # By itself, an exception is made again of its text: those of a worker pass to the command.
        return type(self), (self.violations,), {"diagnostics": self.diagnostics}


class PlacementError(DataError):
    """The spec cannot be trained with this backend, engine or number of devices; nothing was imported or started."""

    status = REFUSED


class TrainingError(RunError):
    """Training started and failed, for example because the loss is not finite.

    Attributes:
        checkpoint: The last valid checkpoint; None if there is none.
    """

    status = FAILED

    def __init__(self, message: str, checkpoint: str | None = None) -> None:
        super().__init__(message)
        self.checkpoint = checkpoint


class ResumeError(RunError):
    """A run cannot be resumed; `changed` names what differs."""

    status = REFUSED

    def __init__(self, message: str, changed: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.changed = list(changed)


class Interrupted(RunError):
    """Training was interrupted; the run can be resumed."""

    status = INTERRUPTED


def _text(violation: Violation) -> str:
    hint = violation.help or violation.label
    return violation.message + (f" ({hint})" if hint else "")
