"""Formats values for insertion into a text: on one line, in the style of the text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seqspec.core.syntax.edit.trees import CannotEdit
from seqspec.core.syntax.formatter.literals import UnrepresentableValue, json_literal_of, toml_key, toml_literal_of

_JSON_COLON = re.compile(r'"[ \t]*:([ \t]?)')


class RawLiteral:
    """A value whose text is written verbatim."""

    def __init__(self, text: str) -> None:
        self.text = text


class Style:
    """How a text writes tables on one line: whether with spaces inside `{ }`, and after the colon of JSON."""

    def __init__(self, text: str, format: str) -> None:
        self.format = format
        self.padded = "{ " in text or ('{"' not in text if format == "json" else re.search(r"\{\w", text) is None)
        colon = _JSON_COLON.search(text)
        self._colon = ": " if colon is None or colon[1] else ":"
        self._comma = ", " if self._colon == ": " or format == "toml" else ","

    def key(self, key: str) -> str:
        """A key."""
        if any("\ud800" <= c <= "\udfff" for c in key):
            raise CannotEdit("a key with a lone surrogate")
        return toml_key(key) if self.format == "toml" else json_literal_of(key)

    def pair(self, key: str, value: object) -> str:
        """A key and its value."""
        return f"{self.key(key)}{' = ' if self.format == 'toml' else self._colon}{self.value(value)}"

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
            return toml_literal_of(value) if self.format == "toml" else json_literal_of(value)
        except UnrepresentableValue as error:
            raise CannotEdit(f"{error} cannot be represented") from None

    def in_place_of(self, old: str, value: object) -> str:
        """The literal of a value that replaces another literal, whose quotes it keeps."""
        quoted = self.format == "toml" and old[:1] == "'" and old[:3] != "'''"
        if quoted and isinstance(value, str) and "'" not in value and value.isprintable():
            return f"'{value}'"
        return self.value(value)


def representable(value: object, format: str) -> object:
    """A value that the format can represent: TOML has no null, which becomes `"none"`."""
    if isinstance(value, Mapping):
        return {key: representable(item, format) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [representable(item, format) for item in value]
    return "none" if value is None and format == "toml" else value
