"""Formats values for insertion into a text: on one line, in the style of the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seqspec.core.syntax.edit.trees import CannotEdit
from seqspec.core.syntax.formatter.literals import UnrepresentableValue


class RawLiteral:
    """A value whose text is written verbatim."""

    def __init__(self, text: str) -> None:
        self.text = text


class Style:
    """How a text writes values on one line.

    Args:
        key: Returns a key, with quotes if necessary.
        literal: Returns the literal of a scalar.
        separator: The text between a key and its value.
        comma: The text between two entries.
        padded: Whether there are spaces inside `{ }`.
    """

    def __init__(
        self,
        key: Callable[[str], str],
        literal: Callable[[object], str],
        separator: str,
        comma: str,
        *,
        padded: bool,
    ) -> None:
        self.padded = padded
        self._key = key
        self._literal = literal
        self._separator = separator
        self._comma = comma

    def key(self, key: str) -> str:
        """A key."""
        if any("\ud800" <= c <= "\udfff" for c in key):
            raise CannotEdit("a key with a lone surrogate")
        return self._key(key)

    def pair(self, key: str, value: object) -> str:
        """A key and its value."""
        return f"{self.key(key)}{self._separator}{self.value(value)}"

    def value(self, value: object) -> str:
        """A value."""
        if isinstance(value, RawLiteral):
            return value.text
        if isinstance(value, Mapping):
            pad = " " if self.padded else ""
            inner = self._comma.join(self.pair(key, item) for key, item in value.items())
            return f"{{{pad}{inner}{pad}}}" if inner else "{}"
        if isinstance(value, (list, tuple)):
            return f"[{self._comma.join(map(self.value, value))}]"
        try:
            return self._literal(value)
        except UnrepresentableValue as error:
            raise CannotEdit(f"{error} cannot be represented") from None

    def in_place_of(self, old: str, value: object) -> str:
        """The literal of a value that replaces another literal, whose quotes it keeps."""
        quoted = old[:1] == "'" and old[:3] != "'''"
        if quoted and isinstance(value, str) and "'" not in value and value.isprintable():
            return f"'{value}'"
        return self.value(value)
