"""What a help says to write, as data: pieces of a document that are rendered in the format of the document.

    Help("write ", Setting("vars", {"width": 32}))

is `write vars = { width = 32 }` in TOML, `write "vars": { "width": 32 }` in JSON, and `write vars={"width": 32}` in
Python source. `...` stands for what the author has to fill in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from seqspec.diagnostics.message import Message, join

FORMATS = ("toml", "json", "python")

_CALLS = {"compile": "compile()", "fit": "fit()", "model": "the model"}
"""What a Keras program has instead of a table."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Setting(NamedTuple):
    """A key with its value."""

    key: str
    value: Any

    def render(self, format: str) -> str:
        """The pair in a format."""
        value = render_value(self.value, format)
        if format == "json":
            return Message(f"{_quoted(self.key)}: ", value)
        return Message(f"{self.key}=" if format == "python" else f"{_toml_key(self.key)} = ", value)


class Value(NamedTuple):
    """A value alone, such as an entry of a list."""

    value: Any

    def render(self, format: str) -> str:
        """The value in a format."""
        return render_value(self.value, format)


class TableName(NamedTuple):
    """A table of the document by the keys that lead to it."""

    path: tuple[str, ...]

    def render(self, format: str) -> str:
        """The table in a format: `[blocks.NAME]`, `"NAME" in "blocks"`."""
        if format == "toml":
            return f"[{'.'.join(map(_toml_key, self.path))}]"
        if format == "python":
            return _CALLS.get(self.path[-1], self.path[-1])
        return " in ".join(_quoted(key) for key in reversed(self.path))


class Written(NamedTuple):
    """A value as it is to be written, such as `1e-4`: the same in each format."""

    text: str


class TomlOnly(NamedTuple):
    """Words that only mean something in TOML, such as what is said of headers."""

    words: str

    def render(self, format: str) -> str:
        """The words in TOML, else nothing."""
        return self.words if format == "toml" else ""


class Help:
    """A help whose parts are words and pieces of a document."""

    __slots__ = ("parts",)

    def __init__(self, *parts: str | Setting | Value | TableName | TomlOnly) -> None:
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Help) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(str(self))

    def __add__(self, other: str | Help) -> Help:
        return Help(*self.parts, *(other.parts if isinstance(other, Help) else (other,)))

    def __radd__(self, other: str) -> Help:
        return Help(other, *self.parts)

    def __repr__(self) -> str:
        return f"Help{self.parts!r}"

    def __str__(self) -> str:
        return self.render("toml")

    def render(self, format: str) -> str:
        """The help for a document in a format; any but JSON and Python reads TOML."""
        known = format if format in FORMATS else "toml"
        return Message(*(part if isinstance(part, str) else part.render(known) for part in self.parts))


def joined(separator: str, helps: Iterable[str | Help]) -> Help:
    """Several helps as one."""
    made = Help()
    for index, help in enumerate(helps):
        made += (separator if index else "") + (help if isinstance(help, Help) else Help(help))
    return made


def render_help(help: str | Help | None, format: str) -> str | None:
    """A help in a format; one that is only words is the same in each."""
    return help.render(format) if isinstance(help, Help) else help


def render_value(value: object, format: str) -> str:
    """A value on one line as a format writes it."""
    if value is ...:
        return "..."
    if isinstance(value, Written):
        return value.text
    if isinstance(value, Mapping):
        if format == "python" and "type" not in value:
            inner = ", ".join(
                "..." if key is ... else f"{_quoted(key)}: {render_value(item, format)}" for key, item in value.items()
            )
            return f"{{{inner}}}"
        if format == "python":
            arguments = {key: item for key, item in value.items() if key != "type"}
            name = "..." if value["type"] is ... else str(value["type"])
            return f"{name}({', '.join(_item(key, item, format) for key, item in arguments.items())})"
        pairs = ", ".join(_item(key, item, format) for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return Message("[", join(", ", (render_value(item, format) for item in value)), "]")
    if isinstance(value, int) and not isinstance(value, bool):
        return Message(value)
    if format == "python":
        return _quoted(value) if isinstance(value, str) else repr(value)
    if value is None:
        return '"none"' if format == "toml" else "null"
    return _quoted(value)


def _item(key: object, value: object, format: str) -> str:
    """A pair of a table; `...` as a key means further keys."""
    return "..." if key is ... else Setting(str(key), value).render(format)


def _quoted(value: object) -> str:
    """A scalar as both JSON and TOML write it; of the control characters JSON leaves DEL alone, and TOML does not."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _quoted(key)
