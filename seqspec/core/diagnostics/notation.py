"""Notations: how the settings, values and tables that helps and messages mention are written in a kind of document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.message import Message, Number, join

if TYPE_CHECKING:
    from seqspec.core.diagnostics.message import Renderable

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Notation:
    """The notation of a kind of document; a base class whose methods are those of TOML and JSON.

    Attributes:
        comment_gap: The space between the code of a line and a comment after it.
    """

    comment_gap = " "

    def setting(self, key: str, value: object) -> str:
        """A key with its value, such as `units = 10`."""
        raise NotImplementedError

    def table(self, path: Sequence[str]) -> str:
        """A table of the document, such as `[model]`."""
        raise NotImplementedError

    def none(self) -> str:
        """The value None."""
        raise NotImplementedError

    def value(self, value: object) -> str:
        """A value, on one line; `...` is a placeholder."""
        if value is ...:
            return "..."
        if isinstance(value, Number):
            return Message(value)
        if isinstance(value, tuple) and hasattr(value, "render"):
            text: str = value.render(self)
            return text
        if isinstance(value, Mapping):
            return self.mapping(value)
        if isinstance(value, (list, tuple)):
            return Message("[", join(", ", map(self.value, value)), "]")
        if isinstance(value, int) and not isinstance(value, bool):
            return Message(value)
        return self.scalar(value)

    def mapping(self, value: Mapping[object, object]) -> str:
        """A table as a value."""
        pairs = ", ".join(self.item(key, item) for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"

    def scalar(self, value: object) -> str:
        """A string, number, boolean or None."""
        return self.none() if value is None else quoted(value)

    def item(self, key: object, value: object) -> str:
        """An entry of a table; the key `...` represents further entries."""
        return "..." if key is ... else self.setting(str(key), value)

    def input_shape(self, shape: Sequence[object], settings: Mapping[str, object]) -> str:
        """The input of the model, such as `input = [28, 28, 1]`."""
        return self.setting("input", {"shape": [*shape], **settings} if settings else [*shape])

    def header_hint(self, text: str) -> str:
        """A text about the headers of TOML, where there are headers."""
        return ""

    def alternative(self, spec: Renderable | Message, program: str) -> str:
        """Of a text about specs and its equivalent for programs, the one that applies."""
        return spec.render(self)

    def message(self, message: str) -> str:
        """A message; of specs it is the same in all notations, that of TOML."""
        return message


class _Toml(Notation):
    def setting(self, key: str, value: object) -> str:
        return Message(f"{toml_key(key)} = ", self.value(value))

    def table(self, path: Sequence[str]) -> str:
        return f"[{'.'.join(map(toml_key, path))}]"

    def none(self) -> str:
        return '"none"'

    def header_hint(self, text: str) -> str:
        return text


class _Json(Notation):
    def setting(self, key: str, value: object) -> str:
        return Message(f"{quoted(key)}: ", self.value(value))

    def table(self, path: Sequence[str]) -> str:
        return " in ".join(quoted(key) for key in reversed(path))

    def none(self) -> str:
        return "null"


_CALLS = {
    "compile": "compile()",
    "fit": "fit()",
    "model": "the model",
    "train": "the training data",
    "validation": "validation_data",
    "test": "the test data",
}
"""The equivalents of tables in a Keras program."""


class _Python(Notation):
    comment_gap = "  "

    def setting(self, key: str, value: object) -> str:
        return Message(f"{key}=", self.value(value))

    def table(self, path: Sequence[str]) -> str:
        return _CALLS.get(path[-1], path[-1])

    def none(self) -> str:
        return "None"

    def mapping(self, value: Mapping[object, object]) -> str:
        if "type" not in value:
            pairs = ("..." if key is ... else f"{quoted(key)}: {self.value(item)}" for key, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        name = "..." if value["type"] is ... else str(value["type"])
        return f"{name}({', '.join(self.item(key, item) for key, item in value.items() if key != 'type')})"

    def scalar(self, value: object) -> str:
        return quoted(value) if isinstance(value, str) else repr(value)

    def input_shape(self, shape: Sequence[object], settings: Mapping[str, object]) -> str:
        sizes = join(", ", (size if isinstance(size, str) else self.value(size) for size in shape))
        tuple_end = ",)" if len(shape) == 1 and shape[0] is not ... else ")"
        settings_text = [self.item(key, value) for key, value in settings.items()]
        return Message("Input(", join(", ", [Message("shape=(", sizes, tuple_end), *settings_text]), ")")

    def alternative(self, spec: Renderable | Message, program: str) -> str:
        return program

    def message(self, message: str) -> str:
        return message.render(self) if isinstance(message, Message) else message


TOML: Notation = _Toml()
JSON: Notation = _Json()
PYTHON: Notation = _Python()
"""The notation of Keras programs, and of what Keras objects in memory are called."""
_BY_FORMAT = {"toml": TOML, "json": JSON, "python": PYTHON}


def notation_of(notation: Notation | str) -> Notation:
    """A notation, which a plugin may name by its format: `"toml"`, `"json"` or `"python"`."""
    return _BY_FORMAT.get(notation, TOML) if isinstance(notation, str) else notation


def quoted(value: object) -> str:
    """A string literal that is valid in JSON and TOML: unlike JSON, TOML requires DEL to be escaped."""
    import json

    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_key(key: str) -> str:
    """A key of TOML, with quotes if necessary."""
    return key if _BARE_KEY.fullmatch(key) else quoted(key)
