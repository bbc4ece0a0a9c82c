"""What a run reports while it works, as data; the command line and Python decide how to show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Report = Callable[[str, Mapping[str, Any]], None]
"""Gets the name of an event (plan, stage, epoch, evaluation, export, saved, done, warning) and its fields."""


def silent(event: str, fields: Mapping[str, object]) -> None:
    """Shows nothing."""
