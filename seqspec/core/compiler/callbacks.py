"""Converts `[fit]` to arguments of `Model.fit`."""

from __future__ import annotations

from typing import Any

from seqspec.core.compiler.objects import Loader, allow_none, make
from seqspec.core.document.training import Fit


def build_callbacks(stage: Fit, load: Loader = allow_none) -> list[object]:
    """Creates the callbacks of one stage; callbacks have state, so each call creates new ones."""
    return [make(callback, load) for callback in stage.callbacks or ()]


def fit_arguments(stage: Fit, load: Loader = allow_none) -> dict[str, Any]:
    """The arguments of `Model.fit` for one stage, except the data."""
    arguments = {key: value for key, value in stage.fit_arguments().items() if key != "callbacks"}
    return {**arguments, "callbacks": build_callbacks(stage, load)}
