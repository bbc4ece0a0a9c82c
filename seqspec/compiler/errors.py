"""What can go wrong when a checked document is built."""

from __future__ import annotations


class BuildError(Exception):
    """A valid spec that cannot be built here: an older Keras, a failed download, a class that is not allowed."""
