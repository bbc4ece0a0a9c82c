"""JSON of results, which may contain numbers that JSON lacks: NaN and infinity are the strings that Protobuf uses."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping

_NAMES = {math.inf: "Infinity", -math.inf: "-Infinity"}
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""The numbers that JSON lacks, by the strings that stand for them."""


def to_json(
    data: object, *, indent: int | None = None, ascii_only: bool = True, default: Callable[[object], object] = str
) -> str:
    """Plain data as JSON that every parser reads; `default` converts other objects."""
    try:
        return json.dumps(data, indent=indent, ensure_ascii=ascii_only, default=default, allow_nan=False)
    except ValueError:
        # Only now, since copying the data costs more than writing it.
        return json.dumps(_finite(data, default), indent=indent, ensure_ascii=ascii_only, allow_nan=False)


def _finite(data: object, default: Callable[[object], object]) -> object:
    """The data with strings instead of NaN and infinity."""
    if isinstance(data, float):
        # float() since a NumPy float is a float too.
        return data if math.isfinite(data) else _NAMES.get(float(data), "NaN")
    if isinstance(data, Mapping):
        return {key: _finite(value, default) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_finite(value, default) for value in data]
    if data is None or isinstance(data, (str, bool, int)):
        return data
    return _finite(default(data), default)


def numbers(data: object) -> object:
    """The inverse for data without other strings of these names: the strings become numbers again."""
    if isinstance(data, str):
        return NON_FINITE.get(data, data)
    if isinstance(data, dict):
        return {key: numbers(value) for key, value in data.items()}
    if isinstance(data, list):
        return [numbers(value) for value in data]
    return data
