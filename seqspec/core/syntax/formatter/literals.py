"""The literals of scalar values in both formats."""

from __future__ import annotations

import json
import re
from typing import Any

from seqspec.core.diagnostics.notation import quoted

WIDTH = 120

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class UnrepresentableValue(ValueError):
    """A value cannot be written in a format."""


def toml_literal(value: object, literal: str) -> str:
    """The literal of a value in a TOML document: as written, but with double quotes unless these require escapes."""
    if isinstance(value, str) and literal[:3] not in ('"""', "'''"):
        plain = f'"{value}"'
        return plain if quoted(value) == plain else literal
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
        return quoted(value)
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
