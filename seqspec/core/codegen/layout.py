"""Python expressions and their layout, as by `ruff format`: on one line if they fit, else one element per line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

WIDTH = 88
"""The maximum line length, the default of `ruff format` and Black."""

_INDENT = "    "


@dataclass(eq=False, slots=True)
class Item:
    """One element of a group.

    Args:
        value: The element.
        prefix: Its prefix: `units=`, `"loss": `.
        comment: A comment on the line above.
        remark: A comment after it, or above it if the line would be too long.
    """

    value: str | BracketGroup
    prefix: str = ""
    comment: str = ""
    remark: str = ""


@dataclass(eq=False, slots=True)
class BracketGroup:
    """Elements in brackets: a call, a list, a tuple, a dictionary.

    Args:
        opening: The opening text, such as `layers.Dense(`.
        items: The elements.
        closing: The closing bracket.
        tall: Whether every element is always on its own line.
    """

    opening: str
    items: Sequence[Item]
    closing: str
    tall: bool = False


Expression = str | BracketGroup
"""A Python token, or a group of expressions in brackets."""


def call(name: str, arguments: Sequence[Item]) -> BracketGroup:
    """`name(...)`."""
    return BracketGroup(f"{name}(", arguments, ")")


def sequence(values: Sequence[Expression], brackets: str = "[]", tall: bool = False) -> BracketGroup:
    """A list, or a tuple with the brackets `()`."""
    return BracketGroup(brackets[0], [Item(value) for value in values], brackets[1], tall)


def comment(message: str) -> str:
    """A comment; text from the document stays on its line."""
    seen = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in message)
    return f"# {seen}".rstrip()


def flat(expr: Expression) -> str | None:
    """The expression on one line; None if it has comments or is `tall`."""
    if isinstance(expr, str):
        return expr
    joined = None if expr.tall else _joined(expr.items)
    if joined is None:
        return None
    single = "," if expr.opening == "(" and len(expr.items) == 1 else ""
    return f"{expr.opening}{joined}{single}{expr.closing}"


def _joined(items: Sequence[Item]) -> str | None:
    parts = []
    for item in items:
        value = flat(item.value)
        if value is None or item.comment or item.remark:
            return None
        parts.append(item.prefix + value)
    return ", ".join(parts)


def lines(expr: Expression, lead: str = "", trail: str = "", depth: int = 0) -> Iterator[str]:
    """The lines of an expression between `lead` and `trail`, indented by `depth` levels."""
    margin = _INDENT * depth
    whole = flat(expr)
    if whole is not None and (isinstance(expr, str) or fits(f"{margin}{lead}{whole}{trail}") or not expr.items):
        yield f"{margin}{lead}{whole}{trail}"
        return
    assert isinstance(expr, BracketGroup)
    yield f"{margin}{lead}{expr.opening}"
    is_call = expr.opening[-1] == "(" != expr.opening
    joined = _joined(expr.items) if is_call and depth and not expr.tall else None
    if joined is not None and fits(f"{margin}{_INDENT}{joined}"):
        # The arguments of a nested call stay on one line if they fit.
        yield f"{margin}{_INDENT}{joined}"
        yield f"{margin}{expr.closing}{trail}"
        return
    comma = "" if is_call and len(expr.items) == 1 else ","
    for item in expr.items:
        if item.comment:
            yield f"{margin}{_INDENT}{comment(item.comment)}"
        written = list(lines(item.value, item.prefix, comma, depth + 1))
        if item.remark and len(written) == 1 and fits(f"{written[0]}  {comment(item.remark)}"):
            written[0] += f"  {comment(item.remark)}"
        elif item.remark:
            yield f"{margin}{_INDENT}{comment(item.remark)}"
        yield from written
    yield f"{margin}{expr.closing}{trail}"


def fits(line: str) -> bool:
    """Whether a line is no longer than the width."""
    if line.isascii():
        return len(line) <= WIDTH
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in line) <= WIDTH
