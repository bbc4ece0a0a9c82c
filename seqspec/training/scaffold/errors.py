"""The errors of `seqspec new --data`."""

from seqspec.core.syntax.limits import require_regular
from seqspec.training.errors import ExitStatus, RunError, reason_of


class ScaffoldError(RunError):
    """A spec cannot be written for the data with these options; the message says what to do."""

    status = ExitStatus.USAGE


def require_file(path: str) -> None:
    """Raises `ScaffoldError` for a device or a pipe, which would block whoever opens it, and for a link to nothing."""
    try:
        require_regular(path)
    except OSError as error:
        raise ScaffoldError(reason_of(error))
