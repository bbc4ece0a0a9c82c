"""How messages quote values."""

from typing import Any


def quote_value(value: Any) -> str:
    """A value as a message names it, with its type where that is the point, and never long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'the string "{shorten(value)}"'
    if isinstance(value, dict):
        return f"a table with {shorten(', '.join(map(str, value)) or 'no keys')}"
    if isinstance(value, (list, tuple)):
        return shorten("[" + ", ".join(_item(item) for item in value[:8]) + (", …]" if len(value) > 8 else "]"))
    return shorten(str(value))


def _item(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool) or value is None:
        return quote_value(value)
    if isinstance(value, dict):
        return "{…}"
    return "[…]" if isinstance(value, list) else str(value)


def shorten(text: str, limit: int = 60) -> str:
    """The text, cut where a message would drown in it."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
