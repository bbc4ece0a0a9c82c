"""The literals of scalar values in both formats."""

from __future__ import annotations

import json
import re
from typing import Any

WIDTH = 120

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class UnrepresentableValue(ValueError):
    """A value cannot be written in a format."""


def toml_string(text: str) -> str:
    """The text as a basic string."""
    return '"' + "".join(_ESCAPES.get(c) or (c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in text) + '"'


def toml_key(key: str) -> str:
    """A key, bare if possible."""
    return key if _BARE.fullmatch(key) else toml_string(key)


def toml_literal(value: object, literal: str) -> str:
    """The literal of a value in a TOML document: as written, but with double quotes unless these require escapes."""
    if isinstance(value, str) and literal[:3] not in ('"""', "'''"):
        plain = f'"{value}"'
        return plain if toml_string(value) == plain else literal
    return literal


def toml_literal_of(value: Any, literal: str = "") -> str:
    """The TOML literal of a value from another format; a JSON number keeps its `literal`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return '"none"'
    if isinstance(value, str):
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise UnrepresentableValue("a lone surrogate")
        return toml_string(value)
    return literal or (str(value) if isinstance(value, int) else _float(value))


def _float(value: float) -> str:
    text = repr(float(value))
    return text if "." in text or "e" in text or not text.lstrip("-").isdecimal() else f"{text}.0"


def json_literal_of(value: object, literal: str = "") -> str:
    """The JSON literal of a value from another format; a TOML number keeps its `literal` if it is valid in JSON."""
    if isinstance(value, (bool, str)) or value is None:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        if _JSON_NUMBER.fullmatch(literal) and type(json.loads(literal)) is type(value):
            return literal
        if value != value or value in (float("inf"), float("-inf")):
            raise UnrepresentableValue(f"the number {value}")
        return json.dumps(value)
    raise UnrepresentableValue(f"the date or time {value}")
