"""Messages as data: numbers that can be merged, and pieces of documents in the notation of their document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from string import Formatter
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, Self


class Number(NamedTuple):
    """A number with its format."""

    value: float
    format: str = ""

    def __str__(self) -> str:
        return format(self.value, self.format)


class Renderable(Protocol):
    """A piece of a document, such as a setting, whose text depends on the notation of the document."""

    def render(self, notation: Notation = ...) -> str:
        """The text in a notation, by default TOML."""


class Message(str):
    """A text composed of strings, numbers and pieces of a document, and of objects whose text is such a message.

        Message("expected ", 3, " channels, got ", x)

    The text itself has the pieces in TOML.

    Attributes:
        parts: The strings, numbers and pieces, in order.
    """

    parts: tuple[str | Number | Renderable, ...]

    def __new__(cls, *parts: object) -> Self:
        flat: list[str | Number | Renderable] = []
        for part in parts:
            flat += _parts(part)
        message = super().__new__(cls, "".join(map(_text, flat)))
        message.parts = tuple(flat)
        return message

    def render(self, notation: Notation) -> Message:
        """The message with its pieces in a notation."""
        if all(isinstance(part, (str, Number)) for part in self.parts):
            return self
        return Message(*(part if isinstance(part, (str, Number)) else part.render(notation) for part in self.parts))

    def __add__(self, other: str) -> Message:
        return Message(self, other)

    def __radd__(self, other: str) -> Message:
        return Message(other, self)

    def __reduce__(self) -> tuple[object, ...]:
        return Message, self.parts


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


def fmt(template: str, *values: Any) -> Message:
    """A message as `str.format` makes it, whose values stay data: `fmt("expected {} channels, got {}", 3, x)`."""
    pieces = list(Formatter().parse(template))
    if sum(place is not None for _, place, _, _ in pieces) != len(values):
        raise TypeError(f"{len(values)} values for {template!r}")
    rest = iter(values)
    parts: list[object] = []
    for text, place, spec, _ in pieces:
        if text:
            parts.append(text)
        if place is not None:
            value = next(rest)
            parts.append(Number(value, spec) if spec else value)
    return Message(*parts)


def counted(count: int, noun: str) -> Message:
    """`1 document`, `2,000 documents`."""
    return Message(Number(count, ","), f" {noun}" if count == 1 else f" {noun}s")


class Declared(Message):
    """The label of the place where something is declared: `Declared("labels")` is "labels declared here".

    Attributes:
        subject: What is declared; empty where the place alone says it.
    """

    subject: str

    def __new__(cls, subject: str = "") -> Self:
        message = super().__new__(cls, f"{subject} declared here".lstrip())
        message.subject = subject
        return message

    def __getnewargs__(self) -> tuple[str]:
        return (self.subject,)

    @property
    def measured(self) -> Message:
        """The label where the value is not written, but measured in the training data."""
        return Message(f"{self.subject} measured in the data".lstrip())


def join(separator: str, items: Iterable[object]) -> Message:
    """The texts of the items with the separator between them."""
    parts: list[object] = []
    for item in items:
        parts += [separator, item] if parts else [item]
    return Message(*parts)


def alternatives(options: Sequence[str]) -> str:
    """`a, b or c`."""
    return fmt("{} or {}", join(", ", options[:-1]), options[-1]) if len(options) > 1 else options[0]


def common_message(
    messages: Sequence[str | None],
    names: Mapping[tuple[float, ...], str],
    *,
    unnamed: str | None = "?",
    fewest: int = 3,
) -> str | None:
    """The common text of most messages, at least `fewest` of them; None if their words differ.

    Args:
        messages: One message per sample of the unknown values.
        names: The names of the unknown values, by their numbers in all samples.
        unnamed: The text for a differing number without a name; None to return no message in this case.
        fewest: The minimum number of messages with the same words.
    """
    present = [message for message in messages if message is not None]
    if len(present) < len(messages):
        return None
    if len(set(present)) == 1:
        return present[0]
    parts = [_parts(message) for message in present]
    templates = [tuple(None if isinstance(part, Number) else part for part in sequence) for sequence in parts]
    usual, count = Counter(templates).most_common(1)[0]
    if count < fewest:
        return None
    samples = [index for index, sequence in enumerate(templates) if sequence == usual]
    short = {tuple(values[index] for index in samples): name for values, name in names.items()}
    shown: list[object] = []
    for same in zip(*(parts[index] for index in samples)):
        values = tuple(part.value for part in same if isinstance(part, Number))
        text = same[0] if len(set(map(str, same))) == 1 else short.get(values, unnamed)
        if text is None:
            return None
        shown.append(text)
    return Message(*shown)


def _text(part: str | Number | Renderable) -> str:
    return str(part) if isinstance(part, (str, Number)) else part.render()


def _parts(value: object) -> Sequence[str | Number | Renderable]:
    if isinstance(value, Number):
        return [value]
    if not isinstance(value, str) and hasattr(value, "render"):
        return [value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [Number(value)]
    text = value if isinstance(value, str) else str(value)
    return text.parts if isinstance(text, Message) else [text]


def short(number: float) -> str:
    """A number with at most six digits; also handles very large integers."""
    try:
        return f"{number:g}"
    except OverflowError:
        return f"1e{len(str(abs(number))) - 1}" if number > 0 else f"-1e{len(str(abs(number))) - 1}"


def quoted(value: object) -> str:
    """A string literal that is valid in JSON and TOML: unlike JSON, TOML requires DEL to be escaped."""
    import json

    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


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


def toml_key(key: str) -> str:
    """A key of TOML, with quotes if necessary."""
    return key if _BARE_KEY.fullmatch(key) else quoted(key)


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
