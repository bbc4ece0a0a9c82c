"""Messages that keep their numbers as data, so that messages for several values can be merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from string import Formatter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

if TYPE_CHECKING:
    from seqspec.core.diagnostics.notation import Notation


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
