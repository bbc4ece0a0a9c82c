"""Text whose numbers are kept as data, so that what is found for several values can be said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Number(NamedTuple):
    """A number with the format in which it is shown."""

    value: float
    format: str = ""

    def __str__(self) -> str:
        return format(self.value, self.format)


class Message(str):
    """A text made of words and numbers, and of objects whose text is such a message.

        Message("expected ", 3, " channels, got ", x)

    Attributes:
        parts: The words and the numbers, in order.
    """

    parts: tuple[str | Number, ...]

    def __new__(cls, *parts: object) -> Message:
        flat: list[str | Number] = []
        for part in parts:
            flat += _parts(part)
        made = super().__new__(cls, "".join(map(str, flat)))
        made.parts = tuple(flat)
        return made

    def __add__(self, other: str) -> Message:
        return Message(self, other)

    def __radd__(self, other: str) -> Message:
        return Message(other, self)

    def __reduce__(self) -> tuple[object, ...]:
        return Message, self.parts


def join(separator: str, items: Iterable[object]) -> Message:
    """The texts of the items with the separator between them."""
    parts: list[object] = []
    for item in items:
        parts += [separator, item] if parts else [item]
    return Message(*parts)


def common_message(
    messages: Sequence[str | None],
    names: Mapping[tuple[float, ...], str],
    *,
    unnamed: str | None = "?",
    fewest: int = 3,
) -> str | None:
    """What most of the messages, at least `fewest` of them, have in common; None if they differ in words.

    Args:
        messages: One message for each sample of some unknown values.
        names: The names of these values by their numbers in all samples.
        unnamed: The text for a number that differs and has no name; None if there is no common message then.
        fewest: How many messages must have the same words.
    """
    known = [message for message in messages if message is not None]
    if len(known) < len(messages):
        return None
    if len(set(known)) == 1:
        return known[0]
    parts = [_parts(message) for message in known]
    words = [tuple(None if isinstance(part, Number) else part for part in each) for each in parts]
    usual, count = Counter(words).most_common(1)[0]
    if count < fewest:
        return None
    samples = [index for index, each in enumerate(words) if each == usual]
    short = {tuple(values[index] for index in samples): name for values, name in names.items()}
    shown: list[object] = []
    for same in zip(*(parts[index] for index in samples)):
        values = tuple(part.value for part in same if isinstance(part, Number))
        word = same[0] if len(set(map(str, same))) == 1 else short.get(values, unnamed)
        if word is None:
            return None
        shown.append(word)
    return Message(*shown)


def _parts(value: object) -> Sequence[str | Number]:
    if isinstance(value, Number):
        return [value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [Number(value)]
    text = value if isinstance(value, str) else str(value)
    return text.parts if isinstance(text, Message) else [text]
