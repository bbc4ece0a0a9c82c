"""Quoting of values in messages."""

from seqspec.diagnostics.message import Message, join


def quote_value(value: object, *, typed: bool = True) -> str:
    """A value as messages show it, shortened; strings are marked as such if `typed`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'{"a string: " if typed else ""}"{shorten(value)}"'
    if isinstance(value, dict):
        if not value:
            return "an empty table"
        return f"a table with the key{'s' if len(value) > 1 else ''} {shorten(', '.join(map(str, value)))}"
    if isinstance(value, (list, tuple)):
        return shorten(Message("[", join(", ", map(_item, value[:8])), ", …]" if len(value) > 8 else "]"))
    return shorten(Message(value))


def _item(value: object) -> object:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool) or value is None:
        return quote_value(value)
    if isinstance(value, dict):
        return "{…}"
    return "[…]" if isinstance(value, list) else value


def shorten(text: str, limit: int = 60) -> str:
    """The text, cut to `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
