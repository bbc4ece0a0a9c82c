"""Generates plain values as Python literals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from seqspec.core.codegen.layout import BracketGroup, Expression, Item, sequence
from seqspec.core.language.numbers import read_fraction
from seqspec.core.shapes.tensor import Dim


def literal(value: object, spelling: object = None) -> Expression:
    """A plain value: string, number, list or table.

    Args:
        value: The value for Keras.
        spelling: The value as written: a fraction is kept, and so is a single number for several axes. None if unknown.
    """
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, Dim):
        return "None"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, (int, float)):
        return fraction(spelling) if _is_fraction(spelling, value) else number(value)
    if isinstance(value, tuple):
        if type(spelling) is int and set(value) == {spelling}:
            return number(spelling)
        return sequence([literal(*pair) for pair in with_spellings(value, spelling)], "()")
    if isinstance(value, list):
        return sequence([literal(*pair) for pair in with_spellings(value, spelling)])
    if isinstance(value, Mapping):
        spellings = entries(spelling)
        return table({key: literal(item, spellings.get(key)) for key, item in value.items()})
    # Values that only Python can represent, for a custom class.
    return repr(value)


def _is_fraction(spelling: object, value: float) -> TypeGuard[str]:
    # Larger integers would differ: Python divides them exactly, not as floats.
    return isinstance(spelling, str) and len(spelling) <= 15 and read_fraction(spelling) == value


def entries(spelling: object) -> Mapping[str, object]:
    """The entries of a table as written; empty if it is written as a name or shorthand."""
    return spelling if isinstance(spelling, Mapping) else {}


def with_spellings(values: Sequence[object], spelling: object) -> list[tuple[object, object]]:
    """Each element with its spelling; None if unknown."""
    if isinstance(spelling, (list, tuple)) and len(spelling) == len(values):
        return list(zip(values, spelling))
    return [(value, None) for value in values]


def table(values: Mapping[Any, Expression]) -> BracketGroup:
    """A dictionary."""
    return BracketGroup("{", [Item(value, f"{literal(key)}: ") for key, value in values.items()], "}")


def number(value: float) -> str:
    """A number in Python's shortest spelling: `0.001`, `1e-5`."""
    mantissa, mark, exponent = repr(value).partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa


def fraction(spelling: str) -> str:
    """`"1/255"` as a division."""
    above, below = (part.strip().removeprefix("+") for part in spelling.split("/"))
    return f"{_numeral(above)} / {_numeral(below)}"


def _numeral(digits: str) -> str:
    whole, dot, rest = digits.partition(".")
    sign = "-" if whole[:1] == "-" else ""
    return f"{sign}{whole.removeprefix('-').lstrip('0') or '0'}{dot}{rest}"


def text(value: str) -> str:
    """A string in double quotes, or in single quotes if that avoids backslashes."""
    quote = '"' if value.count('"') <= value.count("'") else "'"
    # With both kinds of quotes, `repr` escapes only the single ones.
    body = repr(value + "'\"")[1:-1][: -len("\\'\"")].replace("\\'", "'")
    return quote + body.replace(quote, f"\\{quote}") + quote
