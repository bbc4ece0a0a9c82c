"""Quoting of values in messages."""

from collections.abc import Sequence

from seqspec.core.diagnostics.message import Message, join
from seqspec.core.diagnostics.snippet import A_TABLE, SpecOrProgram

TRUE = SpecOrProgram(Message("true"), "True")
FALSE = SpecOrProgram(Message("false"), "False")
NULL = SpecOrProgram(Message("null"), "None")


def quote_value(value: object, *, typed: bool = True) -> str:
    """A value for a message, shortened; with `typed`, strings are marked as such."""
    if isinstance(value, bool):
        return Message(TRUE if value else FALSE)
    if value is None:
        return Message(NULL)
    if isinstance(value, str):
        return f'{"a string: " if typed else ""}"{shorten(value)}"'
    if isinstance(value, dict):
        if not value:
            return Message(SpecOrProgram(Message("an empty table"), "an empty dict"))
        keys = f" with the key{'s' if len(value) > 1 else ''} {shorten(', '.join(map(str, value)))}"
        return Message(A_TABLE, keys)
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


def shorten_list(names: Sequence[str], limit: int = 5) -> str:
    """The first names, with an ellipsis if there are more."""
    return ", ".join([*names[:limit], "…"] if len(names) > limit else names)


def quote_json(value: object) -> str:
    """A value as short JSON."""
    import json

    return shorten(json.dumps(value, ensure_ascii=False, default=str), 80)
