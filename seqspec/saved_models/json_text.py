"""Parses JSON in files within bounds, so that a malicious text causes an error instead of a crash."""

from __future__ import annotations

import json
from typing import Any

from seqspec.core.frontends.keras_json.wrapped_values import has_many_layers
from seqspec.core.syntax.limits import LIMITS, Limits
from seqspec.saved_models.saved_model import SavedModelError

MAX_BYTES = 1 << 27
_DEPTH = 200


def parse_json(text: str | bytes, what: str, limits: Limits = LIMITS) -> Any:
    """The object of a JSON text; raises `SavedModelError` if it is not one."""
    if len(text) > MAX_BYTES:
        raise SavedModelError("unsafe-file", f"{what} is larger than {MAX_BYTES:,} bytes")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SavedModelError("not-a-model", f"{what} is not valid JSON: {error}") from error
    if not isinstance(tree, dict):
        raise SavedModelError("not-a-model", f"{what} is not a JSON object")
    if _deep(tree):
        raise SavedModelError("unsafe-file", f"{what} is nested deeper than {_DEPTH} levels")
    if has_many_layers(tree, limits.layers):
        raise SavedModelError(
            "unsafe-file",
            f"the model has more than {limits.layers:,} layers",
            "raise limits.layers in seqspec.toml to read it",
        )
    return tree


def _deep(tree: Any) -> bool:
    level = [tree]
    for _ in range(_DEPTH):
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
