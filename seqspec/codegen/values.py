"""Values of Python as they are written in a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqspec.codegen.layout import Expression, Group, Item, sequence
from seqspec.language.numbers import read_fraction
from seqspec.shapes.dims import Dim


def literal(value: Any, spelling: Any = None) -> Expression:
    """A plain value: text, a number, a list, a table.

    Args:
        value: The value as Keras gets it.
        spelling: The same as the document has it: a fraction stays one, and one number that Keras takes for several
            axes stays one number. None where it is not known.
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
        return sequence([literal(*pair) for pair in paired(value, spelling)], "()")
    if isinstance(value, list):
        return sequence([literal(*pair) for pair in paired(value, spelling)])
    if isinstance(value, Mapping):
        words = entries(spelling)
        return table({key: literal(item, words.get(key)) for key, item in value.items()})
    # What only Python can hold, for a class of the author's own.
    return repr(value)


def _is_fraction(spelling: object, value: float) -> bool:
    # Longer numbers are not the same for Python, which divides them as they are and not as floats.
    return isinstance(spelling, str) and len(spelling) <= 15 and read_fraction(spelling) == value


def entries(spelling: object) -> Mapping[str, Any]:
    """The entries of a table as the document has them; none where it has a word or a call in its place."""
    return spelling if isinstance(spelling, Mapping) else {}


def paired(values: Any, spelling: Any) -> list[tuple[Any, Any]]:
    """Each element with its spelling, None where that is not known."""
    known = isinstance(spelling, (list, tuple)) and len(spelling) == len(values)
    return list(zip(values, spelling if known else [None] * len(values)))


def table(values: Mapping[Any, Expression]) -> Group:
    """A dictionary."""
    return Group("{", [Item(value, f"{literal(key)}: ") for key, value in values.items()], "}")


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
    """A string in double quotes, in single ones where that saves backslashes."""
    quote = '"' if value.count('"') <= value.count("'") else "'"
    # Both kinds of quotes inside make `repr` write a backslash before single ones and nothing else of quotes.
    body = repr(value + "'\"")[1:-1][: -len("\\'\"")].replace("\\'", "'")
    return quote + body.replace(quote, f"\\{quote}") + quote
