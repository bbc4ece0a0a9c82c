"""Accessors for the parts of a message."""

from seqspec.core.diagnostics.message import Number


def numbers(message):
    """The numbers that a message shows, in order."""
    return [part.value for part in message.parts if isinstance(part, Number)]
