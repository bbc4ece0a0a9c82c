"""What can go wrong when a checked document is built."""

from __future__ import annotations


class BuildError(Exception):
    """A document that checks and cannot be built here: an older Keras, a download that fails, a class not allowed."""
