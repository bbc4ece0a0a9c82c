"""Helps with pieces of a document as data, which are rendered in the notation of the document.

    Message("write ", Setting("vars", {"width": 32}))

is `write vars = { width = 32 }` in TOML, `write "vars": { "width": 32 }` in JSON, and `write vars={"width": 32}` in
Python source. `...` is a placeholder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from seqspec.core.diagnostics.message import Message
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
QUANTIZING = SpecOrProgram(Message("the table ", TableName(("quantize",))), "model.quantize()")
OWN_CLASS = SpecOrProgram(Message("declare a custom class under ", TableName(("custom",))), "use a class of your own")
A_TABLE = SpecOrProgram(Message("a table"), "a dict")


def render_help(help: str | None, notation: Notation) -> str | None:
    """A help in a notation; plain text is the same in all."""
    return help.render(notation) if isinstance(help, Message) else help
