"""The errors of `seqspec new --data`."""

from seqspec.training.errors import ExitStatus, RunError


class ScaffoldError(RunError):
    """A spec cannot be written for the data with these options; the message says what to do."""

    status = ExitStatus.USAGE
