"""The table `[fit]` to the arguments of `Model.fit`."""

from __future__ import annotations

from typing import Any

from seqspec.compiler.objects import Loader, allow_none, make
from seqspec.document.training import Fit


def build_callbacks(stage: Fit, load: Loader = allow_none) -> list[Any]:
    """The callbacks of one stage, new ones at every call: a callback keeps the state of one training."""
    return [make(callback, load) for callback in stage.callbacks or ()]


def fit_arguments(stage: Fit, load: Loader = allow_none) -> dict[str, Any]:
    """What one stage passes to `Model.fit`, beside the data."""
    arguments = {key: value for key, value in stage.fit_arguments().items() if key != "callbacks"}
    return {**arguments, "callbacks": build_callbacks(stage, load)}
