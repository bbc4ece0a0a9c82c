"""Helps with pieces of a document as data, which are rendered in the format of the document.

    Help("write ", Setting("vars", {"width": 32}))

is `write vars = { width = 32 }` in TOML, `write "vars": { "width": 32 }` in JSON, and `write vars={"width": 32}` in
Python source. `...` is a placeholder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from seqspec.core.diagnostics.message import Message, Number, join

FORMATS = ("toml", "json", "python")

_CALLS = {
    "compile": "compile()",
    "fit": "fit()",
    "model": "the model",
    "train": "the training data",
    "validation": "validation_data",
}
"""The equivalents of tables in a Keras program."""

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
    """A value without a key, such as an entry of a list."""

    value: Any

    def render(self, format: str) -> str:
        """The value in a format."""
        return render_value(self.value, format)


class TableName(NamedTuple):
    """A table of the document, by its path."""

    path: tuple[str, ...]

    def render(self, format: str) -> str:
        """The table in a format: `[blocks.NAME]`, `"NAME" in "blocks"`."""
        if format == "toml":
            return f"[{'.'.join(map(_toml_key, self.path))}]"
        if format == "python":
            return _CALLS.get(self.path[-1], self.path[-1])
        return " in ".join(_quoted(key) for key in reversed(self.path))


class InputShape(NamedTuple):
    """The input of the model: its shape without the batch size, and other settings."""

    shape: Sequence[Any]
    settings: Mapping[str, Any] = MappingProxyType({})

    def render(self, format: str) -> str:
        """`input = [28, 28, 1]`, `"input": [28, 28, 1]` or `Input(shape=(28, 28, 1))`."""
        if format != "python":
            table = {"shape": [*self.shape], **self.settings}
            return Setting("input", table if self.settings else table["shape"]).render(format)
        sizes = join(", ", (size if isinstance(size, str) else render_value(size, format) for size in self.shape))
        shape = Message("shape=(", sizes, ",)" if len(self.shape) == 1 and self.shape[0] is not ... else ")")
        return Message(
            "Input(", join(", ", [shape, *(_item(key, value, format) for key, value in self.settings.items())]), ")"
        )


class Written(NamedTuple):
    """A literal such as `1e-4` that is the same in each format."""

    text: str


class TomlOnly(NamedTuple):
    """Text that only applies to TOML, such as about headers."""

    words: str

    def render(self, format: str) -> str:
        """The text for TOML, else nothing."""
        return self.words if format == "toml" else ""


class InSpec(NamedTuple):
    """A part of a help about a document, and what a Keras program says in its place."""

    help: Help
    program: str = ""

    def render(self, format: str) -> str:
        """The part in a format."""
        return self.program if format == "python" else self.help.render(format)


class Help:
    """A help composed of text and pieces of a document."""

    __slots__ = ("parts",)

    def __init__(self, *parts: str | Setting | Value | TableName | TomlOnly | InSpec | InputShape) -> None:
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
        """The help in a format; TOML for an unknown format."""
        known_format = format if format in FORMATS else "toml"
        return Message(*(part.render(known_format) if hasattr(part, "render") else part for part in self.parts))


NONE = InSpec(Help('"none"'), "None")
"""No value, where Keras accepts None."""

TRUE_OR_FALSE = InSpec(Help("true or false"), "True or False")
QUANTIZING = InSpec(Help("the table ", TableName(("quantize",))), "model.quantize()")
OWN_CLASS = InSpec(Help("declare a custom class under ", TableName(("custom",))), "use a class of your own")
A_TABLE = InSpec(Help("a table"), "a dict")


def joined(separator: str, helps: Iterable[str | Help]) -> Help:
    """Several helps as one."""
    result = Help()
    for index, help in enumerate(helps):
        result += (separator if index else "") + (help if isinstance(help, Help) else Help(help))
    return result


def render_help(help: str | Help | None, format: str) -> str | None:
    """A help in a format; plain text is the same in all."""
    return help.render(format) if isinstance(help, Help) else help


def render_value(value: object, format: str) -> str:
    """A value in a format, on one line."""
    if value is ...:
        return "..."
    if isinstance(value, Written):
        return value.text
    if isinstance(value, Number):
        return Message(value)
    if isinstance(value, InSpec):
        return value.render(format)
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
    """A key-value pair; the key `...` represents further keys."""
    return "..." if key is ... else Setting(str(key), value).render(format)


def _quoted(value: object) -> str:
    """A string literal that is valid in JSON and TOML: unlike JSON, TOML requires DEL to be escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _quoted(key)
