"""The stop of a training: a token that is asked after each batch and each epoch."""

from __future__ import annotations

from typing import Literal

StopReason = Literal["interrupted", "pruned"]
"""The state of a run that is stopped: one that can be resumed, or a trial of a search that ends early."""


class Stopped(Exception):
    """A training ends because its stop was set."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason = reason


class Stop:
    """Whether a training is to end.

    Attributes:
        reason: Why; None while it goes on.
    """

    def __init__(self) -> None:
        self.reason: StopReason | None = None

    def ask(self) -> None:
        """Raises `Stopped` where the training is to end."""
        if self.reason is not None:
            raise Stopped(self.reason)
