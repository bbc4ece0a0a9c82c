"""Values that Keras's JSON wraps, and numbers that a save to float32 has blurred."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from seqspec.core.catalog.field_kind import kind_of_field
from seqspec.core.diagnostics.message import TableName, fmt
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.outputs import Quantize

Config = Mapping[str, object]
"""A serialized object or its arguments, as JSON data."""

INPUT = "InputLayer"
"""The class of the entry that declares the input."""

_POLICIES = ("DTypePolicy", "FloatDTypePolicy", "Policy", "PolicyV1")
_MODES: tuple[str, ...] = kind_of_field(Quantize.model_fields["mode"]).choices
_UNDECLARABLE = ("__bytes__", "__typespec__", "__ellipsis__", "slice", "type")


def has_many_layers(tree: object, limit: int) -> bool:
    """Whether a serialized model has more layers than this, counted before they are read."""
    count, pending = 0, [tree]
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            # In the oldest files the configuration of a model is the list of its layers.
            listed = [value.get("layers"), value.get("config")]
            count += sum(len(layers) for layers in listed if isinstance(layers, list))
        if count > limit:
            return True
        inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        pending += [child for child in inside if isinstance(child, (Mapping, list))]
    return False


def class_of(raw: object) -> str | None:
    """The class that a serialized object names."""
    name = raw.get("class_name") if isinstance(raw, Mapping) else None
    # Keras 2 also prefixes the names of its own classes, once they are registered.
    return name.removeprefix("Custom>").removeprefix("keras>") if isinstance(name, str) else None


class Quantized(NamedTuple):
    """How Keras has quantized a layer.

    Attributes:
        mode: The mode as in `[quantize]`.
        source: The dtype policy that the layer had before.
    """

    mode: str
    source: str


def quantized(dtype: object) -> Quantized | None:
    """How a layer with this dtype policy is quantized; None if it is not, or in a mode that a spec cannot declare.

    The policy is a table, or in older files a name such as `"int8_from_float32"`.
    """
    mode: object
    source: object
    if isinstance(dtype, str):
        mode, _, source = dtype.partition("_from_")
    else:
        config = dtype.get("config") if isinstance(dtype, Mapping) else None
        if not isinstance(config, Mapping):
            return None
        mode, source = config.get("mode"), config.get("source_name")
    if not isinstance(mode, str) or not isinstance(source, str):
        return None
    plain = mode.partition("/")[0]  # "int4/128" has the size of the blocks.
    return Quantized(plain, source) if plain in _MODES else None


def unwrap(raw: Any, path: Path) -> object:
    """A value without its wrapper: tuples, tensors, dtype policies, functions; raises for values that contain code.

    A class with a config is returned unchanged.
    """
    if isinstance(raw, float):
        return shorten_float32(raw)
    name = class_of(raw)
    if name is None and isinstance(raw, Mapping) and _is_bytecode(raw):
        raise Violation("unsupported-class", "a spec cannot contain a lambda", path=path)
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
    if name.endswith("DTypePolicy") and (wrapped := quantized(raw)) is not None:
        return wrapped.source
    if name == "DTypePolicyMap" or name.endswith("DTypePolicy"):
        raise Violation(
            "bad-value",
            f"{name} belongs to a quantized model; a spec describes the model before quantization",
            path=(*path, "class_name"),
            help=fmt("save the model before quantize(), and add {} to the spec", TableName(("quantize",))),
        )
    if name == "__lambda__":
        raise Violation("unsupported-class", "a spec cannot contain a lambda", path=(*path, "class_name"))
    if name in _UNDECLARABLE:
        raise Violation(
            "bad-value", f"{name} contains a value that cannot be declared in a spec", path=(*path, "class_name")
        )
    return raw


def _is_bytecode(raw: Mapping[str, object]) -> bool:
    """Whether a value is a lambda as serialized by `Model.to_json`: code, defaults and closure."""
    value = raw.get("value")
    return set(raw) == {"value"} and isinstance(value, list) and len(value) == 3 and isinstance(value[0], (str, list))


def _function(raw: Mapping[str, object], config: object, path: Path) -> str:
    if isinstance(config, Mapping):
        config = config.get("name")
    if not isinstance(config, str) or ">" in config or not config.isidentifier():
        shown = config if isinstance(config, str) else "this"
        raise Violation(
            "unsupported-class",
            f"{shown} is a custom function; a spec contains no code",
            path=(*path, "config") if "config" in raw else path,
            help=fmt("declare a custom class for it under {}", TableName(("custom",))),
        )
    return config


def shorten_float32(value: float) -> float:
    """The intended number for a value that was saved as float32: 0.001 for 0.0010000000474974513."""
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
    """`"1/255"` for the reciprocal of an integer that has many digits as a decimal."""
    if not 1e-6 < abs(value) < 1 or len(repr(value)) < 12:
        return None
    whole = round(1 / value)
    return f"{'-' if whole < 0 else ''}1/{abs(whole)}" if 1 / whole == value else None
