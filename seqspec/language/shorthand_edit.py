"""Changes of a shorthand: an argument set, left out or called otherwise, in `"adam(1e-3)"` as well as in `"adam"`."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.language.shorthand import Call, read_call


def with_argument(text: str, key: str, value: object, names: Sequence[str]) -> str | None:
    """The shorthand with an argument of another value, or one more; None where no literal says the value.

    `names` are the arguments of the class in Keras's order. Raises `Violation` for a text that is not a shorthand.
    """
    word = _literal(value)
    if word is None:
        return None
    call = read_call(text)
    place = call.place_of(key, names)
    if place is not None:
        return f"{text[: place[0]]}{word}{text[place[1] :]}"
    if call.arguments:
        end = call.arguments[-1].value_at[1]
        return f"{text[:end]}, {key}={word}{text[end:]}"
    return f"{call.name}({key}={word})"


def without_argument(text: str, key: str, names: Sequence[str]) -> str | None:
    """The shorthand without an argument; None where those after it would become others."""
    call = read_call(text)
    place = call.place_of(key, names)
    index = next((n for n, given in enumerate(call.arguments) if given.value_at == place), None)
    if index is None:
        return None
    rest = [given for n, given in enumerate(call.arguments) if n != index]
    if any(given.name is None for given in rest[index:]):
        return None
    inner = ", ".join(text[(given.name_at if given.name else given.value_at)[0] : given.value_at[1]] for given in rest)
    return f"{call.name}({inner})"


def with_name(text: str, key: str, new: str) -> str | None:
    """The shorthand with an argument called otherwise; None where it is not given by name."""
    for given in read_call(text).arguments:
        if given.name == key:
            return f"{text[: given.name_at[0]]}{new}{text[given.name_at[1] :]}"
    return None


def long_form(call: Call, class_name: str, names: Sequence[str]) -> dict[str, object]:
    """The table that says the same."""
    tree, _ = call.bind(class_name, names)
    return {"type": class_name, **tree}


def _literal(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value == "none":
        return "none"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, (list, tuple)):
        words = [_literal(item) for item in value]
        return None if None in words else f"[{', '.join(word for word in words if word is not None)}]"
    return None
