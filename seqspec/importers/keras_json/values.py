"""Values that Keras's JSON wraps, and numbers that a save to float32 has blurred."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from seqspec.diagnostics.snippet import Help, TableName
from seqspec.diagnostics.violation import Path, Violation

_POLICIES = ("DTypePolicy", "FloatDTypePolicy", "Policy", "PolicyV1")
_MADE = ("__bytes__", "__typespec__", "__ellipsis__", "slice", "type")


def class_of(raw: object) -> str | None:
    """The class that a serialized object names."""
    name = raw.get("class_name") if isinstance(raw, Mapping) else None
    # Keras 2 marks its own classes too, once they have been registered.
    return name.removeprefix("Custom>").removeprefix("keras>") if isinstance(name, str) else None


def unwrapped(raw: Any, path: Path) -> object:
    """A value without its wrapper: tuples, tensors, dtype policies, functions; raises for what holds code.

    A class with a config stays as it is.
    """
    if isinstance(raw, float):
        return short(raw)
    name = class_of(raw)
    if name is None:
        return raw
    config = raw.get("config", raw)
    if name in ("__tuple__", "TensorShape"):
        return raw.get("items", config.get("value") if isinstance(config, Mapping) else config)
    if name in ("__tensor__", "__numpy__"):
        return config.get("value") if isinstance(config, Mapping) else config
    if name in _POLICIES and isinstance(config, Mapping):
        return config.get("name")
    if name == "SeedGenerator" and isinstance(config, Mapping):
        return config.get("seed")
    if name in ("function", "Function"):
        return _function(raw, config, path)
    if name == "DTypePolicyMap" or name.endswith("DTypePolicy"):
        raise Violation(
            "bad-value",
            f"{name} belongs to a quantized model; a spec describes the model before quantization",
            path=(*path, "class_name"),
            help=Help("save the model before quantize(), and add ", TableName(("quantize",)), " to the spec"),
        )
    if name == "__lambda__":
        raise Violation("unsupported-class", "a spec cannot contain a lambda", path=(*path, "class_name"))
    if name in _MADE:
        raise Violation(
            "bad-value", f"{name} contains a value that cannot be declared in a spec", path=(*path, "class_name")
        )
    return raw


def _function(raw: Mapping[str, object], config: object, path: Path) -> str:
    if isinstance(config, Mapping):
        config = config.get("name")
    if not isinstance(config, str) or ">" in config or not config.isidentifier():
        shown = config if isinstance(config, str) else "this"
        raise Violation(
            "unsupported-class",
            f"{shown} is a custom function; a spec contains no code",
            path=(*path, "config") if "config" in raw else path,
            help=Help("declare a custom class for it under ", TableName(("custom",))),
        )
    return config


def short(value: float) -> float:
    """The number that was meant where a save kept its float32 neighbour: 0.0010000000474974513 is 0.001."""
    try:
        if len(repr(value)) < 12 or struct.unpack("f", struct.pack("f", value))[0] != value:
            return value
    except OverflowError:
        return value
    for digits in range(1, 9):
        rounded = float(f"{value:.{digits}g}")
        if struct.unpack("f", struct.pack("f", rounded))[0] == value:
            return rounded
    return value


def as_fraction(value: float) -> str | None:
    """`"1/255"` for a number that is one over a whole one and long to write."""
    if not 1e-6 < abs(value) < 1 or len(repr(value)) < 12:
        return None
    whole = round(1 / value)
    return f"{'-' if whole < 0 else ''}1/{abs(whole)}" if 1 / whole == value else None
