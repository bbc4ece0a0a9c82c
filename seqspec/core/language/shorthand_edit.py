"""Edits a shorthand: sets, removes or renames an argument, in `"adam(1e-3)"` as well as in `"adam"`."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.language.shorthand import Call, read_call


def with_argument(text: str, key: str, value: object, names: Sequence[str]) -> str | None:
    """The shorthand with an argument set; None if the value has no literal.

    `names` are the arguments of the class in Keras's order. Raises `Violation` for a text that is not a shorthand.
    """
    spelling = literal(value)
    if spelling is None:
        return None
    call = read_call(text)
    value_range = call.place_of(key, names)
    if value_range is not None:
        return f"{text[: value_range[0]]}{spelling}{text[value_range[1] :]}"
    if call.arguments:
        end = call.arguments[-1].value_at[1]
        return f"{text[:end]}, {key}={spelling}{text[end:]}"
    return f"{call.name}({key}={spelling})"


def without_argument(text: str, key: str, names: Sequence[str]) -> str | None:
    """The shorthand without an argument; None if positional arguments after it would be shifted."""
    call = read_call(text)
    value_range = call.place_of(key, names)
    index = next((n for n, given in enumerate(call.arguments) if given.value_at == value_range), None)
    if index is None:
        return None
    rest = [given for n, given in enumerate(call.arguments) if n != index]
    if any(given.name is None for given in rest[index:]):
        return None
    inner = ", ".join(text[(given.name_at if given.name else given.value_at)[0] : given.value_at[1]] for given in rest)
    return f"{call.name}({inner})"


def with_name(text: str, key: str, new: str) -> str | None:
    """The shorthand with a renamed keyword; None if the argument is not given by keyword."""
    for given in read_call(text).arguments:
        if given.name == key:
            return f"{text[: given.name_at[0]]}{new}{text[given.name_at[1] :]}"
    return None


def table_form(call: Call, class_name: str, names: Sequence[str]) -> dict[str, object]:
    """The equivalent table."""
    tree, _ = call.bind(class_name, names)
    return {"type": class_name, **tree}


def literal(value: object) -> str | None:
    """A value as a shorthand writes it; None for a table."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value == "none":
        return "none"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, (list, tuple)):
        spellings = [literal(item) for item in value]
        return (
            None if None in spellings else f"[{', '.join(spelling for spelling in spellings if spelling is not None)}]"
        )
    return None
