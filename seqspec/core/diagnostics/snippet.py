"""Pieces of a document in messages, as data that is rendered in the notation of the document; quoted values.

    fmt("write {}", Setting("vars", {"width": 32}))

is `write vars = { width = 32 }` in TOML, `write "vars": { "width": 32 }` in JSON, and `write vars={"width": 32}` in
Python source. `...` is a placeholder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from seqspec.core.diagnostics.message import Message, fmt, join
from seqspec.core.diagnostics.notation import TOML, Notation, notation_of


class Setting(NamedTuple):
    """A key with its value."""

    key: str
    value: object

    def render(self, notation: Notation | str = TOML) -> str:
        """The pair in a notation."""
        return notation_of(notation).setting(self.key, self.value)


class Value(NamedTuple):
    """A value without a key, such as an entry of a list."""

    value: Any

    def render(self, notation: Notation | str = TOML) -> str:
        """The value in a notation."""
        return notation_of(notation).value(self.value)


class TableName(NamedTuple):
    """A table of the document, by its path."""

    path: tuple[str, ...]

    def render(self, notation: Notation | str = TOML) -> str:
        """The table in a notation: `[blocks.NAME]`, `"NAME" in "blocks"`."""
        return notation_of(notation).table(self.path)


class InputShape(NamedTuple):
    """The input of the model: its shape without the batch size, and other settings."""

    shape: Sequence[object]
    settings: Mapping[str, object] = MappingProxyType({})

    def render(self, notation: Notation = TOML) -> str:
        """`input = [28, 28, 1]`, `"input": [28, 28, 1]` or `Input(shape=(28, 28, 1))`."""
        return notation.input_shape(self.shape, self.settings)


class Verbatim(NamedTuple):
    """A literal such as `1e-4` that is the same in each notation."""

    text: str

    def render(self, notation: Notation = TOML) -> str:
        """The literal."""
        return self.text


class OnlyInToml(NamedTuple):
    """Text that only applies to TOML, such as about headers."""

    words: str

    def render(self, notation: Notation = TOML) -> str:
        """The text for TOML, else nothing."""
        return notation.header_hint(self.words)


class SpecOrProgram(NamedTuple):
    """A part of a help about a spec, and what a Keras program says in its place."""

    help: Message
    program: str = ""

    def render(self, notation: Notation = TOML) -> str:
        """The part in a notation."""
        return notation.alternative(self.help, self.program)


class Help(Message):
    """A message, as plugins write a help."""

    def render(self, notation: Notation | str = TOML) -> Message:
        """The help in a notation, or in that of a format."""
        return super().render(notation_of(notation))


NONE = SpecOrProgram(Message('"none"'), "None")
"""No value, where Keras accepts None."""

TRUE_OR_FALSE = SpecOrProgram(Message("true or false"), "True or False")
QUANTIZING = SpecOrProgram(fmt("the table {}", TableName(("quantize",))), "model.quantize()")
OWN_CLASS = SpecOrProgram(fmt("declare a custom class under {}", TableName(("custom",))), "use a class of your own")
A_TABLE = SpecOrProgram(Message("a table"), "a dict")


def render_help(help: str | None, notation: Notation) -> str | None:
    """A help in a notation; plain text is the same in all."""
    return help.render(notation) if isinstance(help, Message) else help


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


SHOWN = 5
"""How many names of a list are shown."""


def shorten_list(names: Sequence[str], limit: int = SHOWN) -> str:
    """The first names, with an ellipsis if there are more."""
    return ", ".join([*names[:limit], "…"] if len(names) > limit else names)


def quote_json(value: object) -> str:
    """A value as short JSON."""
    import json

    return shorten(json.dumps(value, ensure_ascii=False, default=str), 80)
