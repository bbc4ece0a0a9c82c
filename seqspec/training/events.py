"""The events that a run reports, as data; the command line and Python callers decide how to show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

EventHandler = Callable[[str, Mapping[str, Any]], None]
"""Receives the name of an event (plan, stage, epoch, evaluation, export, saved, done, warning) and its fields."""


def silent(event: str, fields: Mapping[str, object]) -> None:
    """Ignores all events."""
