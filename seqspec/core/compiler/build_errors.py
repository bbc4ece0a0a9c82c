"""The errors of builds."""

from __future__ import annotations

from seqspec.core.diagnostics.errors import MissingPackageError


class BuildError(Exception):
    """A valid spec that cannot be built here: an older Keras, a failed download, a class that is not allowed."""


class MissingKerasError(BuildError, MissingPackageError):
    """Keras is not installed."""


class DownloadError(BuildError):
    """The weights of a base model cannot be downloaded."""
