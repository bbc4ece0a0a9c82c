"""Python expressions: literals, their layout as by `ruff format`, and the names that they import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any, TypeGuard
from unicodedata import east_asian_width

from seqspec.core.language.numbers import read_fraction
from seqspec.core.shapes.tensor import Dim

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


_TAKEN = (
    "class_weight", "counts", "file", "json", "keras", "layer", "layers", "model", "os", "report",
    "x_test", "x_train", "x_val", "y_test", "y_train", "y_val",
)  # fmt: skip


class ProgramImports:
    """The names in use in one program; some are reserved from the start."""

    def __init__(self) -> None:
        self.layers = False
        """Whether the program uses `keras.layers`."""
        self._taken = set(_TAKEN)
        self._own: dict[str, str] = {}

    def of(self, target: str) -> str:
        """The name of the imported class `"module:Class"`."""
        imported = self._own.get(target)
        if imported is None:
            imported = self._own[target] = self.free(target.partition(":")[2])
        return imported

    def layer(self, class_name: str) -> str:
        """A class of `keras.layers`."""
        self.layers = True
        return f"layers.{class_name}"

    def free(self, name: str) -> str:
        """A free name for a variable or class, with a number appended if it is taken."""
        candidate, count = name, 1
        while candidate in self._taken or iskeyword(candidate):
            count += 1
            candidate = f"{name}_{count}"
        self._taken.add(candidate)
        return candidate

    def own(self) -> list[str]:
        """The import statements of custom classes."""
        modules: dict[str, list[str]] = {}
        renamed: dict[str, list[str]] = {}
        for target, name in self._own.items():
            module, _, origin = target.partition(":")
            if name == origin:
                modules.setdefault(module, []).append(name)
            else:
                renamed.setdefault(module, []).append(f"{origin} as {name}")
        written: list[str] = []
        for module in sorted(modules | renamed, key=str.lower):
            if module in modules:
                written += _from(module, sorted(modules[module], key=_order))
            for imported_names in sorted(renamed.get(module, ())):
                written += _from(module, [imported_names])
        return written


def _from(module: str, names: list[str]) -> list[str]:
    lead = f"from {module} import "
    line = lead + ", ".join(names)
    return (
        [line] if fits(line) else list(lines(BracketGroup("(", [Item(name) for name in names], ")", tall=True), lead))
    )


def _order(name: str) -> tuple[int, str, str]:
    """The order of isort: constants, classes, functions."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower(), name
