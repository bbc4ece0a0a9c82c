"""Expressions of Python and their layout: a line where they fit, else an element a line, as `ruff format` leaves it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

WIDTH = 88
"""Columns of a line, the width of `ruff format` and Black where nobody sets another."""

_INDENT = "    "


class Item:
    """One element of a group.

    Args:
        value: The element.
        prefix: What stands before it: `units=`, `"loss": `.
        comment: A remark on the line above.
        remark: A remark behind it, or above where the line would grow too long.
    """

    __slots__ = ("value", "prefix", "comment", "remark")

    def __init__(self, value: str | Group, prefix: str = "", comment: str = "", remark: str = "") -> None:
        self.value = value
        self.prefix = prefix
        self.comment = comment
        self.remark = remark


class Group:
    """Elements in brackets: a call, a list, a tuple, a dictionary.

    Args:
        opening: What it begins with, such as `layers.Dense(`.
        items: The elements.
        closing: The bracket that ends it.
        tall: Whether every element stands on a line of its own in any case.
    """

    __slots__ = ("opening", "items", "closing", "tall")

    def __init__(self, opening: str, items: Sequence[Item], closing: str, tall: bool = False) -> None:
        self.opening = opening
        self.items = items
        self.closing = closing
        self.tall = tall


Expression = str | Group
"""A word of Python, or a group of expressions in brackets."""


def call(name: str, arguments: Sequence[Item]) -> Group:
    """`name(...)`."""
    return Group(f"{name}(", arguments, ")")


def sequence(values: Sequence[Expression], brackets: str = "[]") -> Group:
    """A list, or a tuple with the brackets `()`."""
    return Group(brackets[0], [Item(value) for value in values], brackets[1])


def flat(expr: Expression) -> str | None:
    """The expression on one line; None where it has remarks or wants to be tall."""
    if isinstance(expr, str):
        return expr
    if expr.tall:
        return None
    words = []
    for item in expr.items:
        value = flat(item.value)
        if value is None or item.comment or item.remark:
            return None
        words.append(item.prefix + value)
    single = "," if expr.opening == "(" and len(words) == 1 else ""
    return f"{expr.opening}{', '.join(words)}{single}{expr.closing}"


def lines(expr: Expression, lead: str = "", trail: str = "", depth: int = 0) -> Iterator[str]:
    """The lines of an expression between `lead` and `trail`, `depth` levels to the right."""
    margin = _INDENT * depth
    whole = flat(expr)
    if whole is not None and (isinstance(expr, str) or fits(f"{margin}{lead}{whole}{trail}") or not expr.items):
        yield f"{margin}{lead}{whole}{trail}"
        return
    assert isinstance(expr, Group)
    yield f"{margin}{lead}{expr.opening}"
    inner = flat(Group("[", expr.items, "]")) if depth and expr.opening[-1] == "(" != expr.opening else None
    if inner is not None and not expr.tall and fits(f"{margin}{_INDENT}{inner[1:-1]}"):
        # The arguments of a call within another expression keep together where they fit on one line.
        yield f"{margin}{_INDENT}{inner[1:-1]}"
        yield f"{margin}{expr.closing}{trail}"
        return
    for item in expr.items:
        if item.comment:
            yield f"{margin}{_INDENT}# {item.comment}"
        written = list(lines(item.value, item.prefix, ",", depth + 1))
        if item.remark and len(written) == 1 and fits(f"{written[0]}  # {item.remark}"):
            written[0] += f"  # {item.remark}"
        elif item.remark:
            yield f"{margin}{_INDENT}# {item.remark}"
        yield from written
    yield f"{margin}{expr.closing}{trail}"


def fits(line: str) -> bool:
    """Whether a line is no longer than the width."""
    if line.isascii():
        return len(line) <= WIDTH
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in line) <= WIDTH
