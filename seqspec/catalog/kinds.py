"""The kinds of values that arguments take. Each kind says what it accepts, reads a value, and explains a wrong one.

`read` returns the value as Keras wants it or raises a `Problem` whose message goes on from the argument's name: "needs
a whole number, got the string "32"". Types are strict: `true` is no `1`, `"32"` is no `32`; a whole number is read
where a float is expected, never the reverse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from seqspec.diagnostics.violation import UNSET, Violation, Violations
from seqspec.language.names import nearest
from seqspec.language.numbers import read_fraction


class Kind:
    """The values that an argument takes.

    `neutral` says that a wrong value of this kind changes no shape, so that the rest of the stack can still be checked.
    """

    neutral = False

    def read(self, value: Any) -> Any:
        """The value as Keras wants it; raises `Problem`."""
        raise NotImplementedError

    def describe(self) -> str:
        """What it takes, as words that go on from "needs"."""
        raise NotImplementedError

    def for_rank(self, rank: int) -> Kind:
        """The same kind bound to the number of spatial axes of a class."""
        return self

    def refuse(self, value: Any, recovered_value: Any = UNSET) -> Violation:
        """The problem for a value of the wrong type."""
        help = None
        if isinstance(recovered_value, (bool, int, float)):
            plain = str(recovered_value).lower()
            help = f"write {value.strip()} without quotes" if isinstance(value, str) else f"write {plain}"
        return Violation(
            "wrong-type",
            f"needs {self.describe()}, got {show_value(value)}",
            help=help,
            recovered_value=recovered_value,
        )


def show_value(value: Any) -> str:
    """A value as a message names it, with its type where that is the point, and never long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'the string "{shorten(value)}"'
    if isinstance(value, dict):
        return f"a table with {shorten(', '.join(map(str, value)) or 'no keys')}"
    if isinstance(value, (list, tuple)):
        return shorten("[" + ", ".join(_item(item) for item in value[:8]) + (", …]" if len(value) > 8 else "]"))
    return shorten(str(value))


def _item(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool) or value is None:
        return show_value(value)
    if isinstance(value, dict):
        return "{…}"
    return "[…]" if isinstance(value, list) else str(value)


def shorten(text: str, limit: int = 60) -> str:
    """The text, cut where a message would drown in it."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Integer(Kind):
    """A whole number, with its least and greatest value."""

    def __init__(self, minimum: int | None = None, maximum: int | None = None) -> None:
        self.minimum = minimum
        self.maximum = maximum

    def read(self, value: Any) -> int:
        if type(value) is int:
            if (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum):
                return value
            raise Violation("bad-value", f"needs {self.describe()}, got {shorten(str(value))}")
        raise self.refuse(value, self._meant(value))

    def _meant(self, value: Any) -> Any:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        elif isinstance(value, str) and value.strip().lstrip("+-").isdecimal() and len(value) < 20:
            value = int(value)
        else:
            return UNSET
        string_range = (self.minimum is None or value >= self.minimum) and (
            self.maximum is None or value <= self.maximum
        )
        return value if string_range else UNSET

    def describe(self) -> str:
        if self.maximum is not None and self.minimum is not None:
            return f"a whole number from {self.minimum} to {self.maximum}"
        if self.minimum == 1:
            return "a positive whole number"
        if self.minimum is not None:
            return f"a whole number of at least {self.minimum}"
        return "a whole number" if self.maximum is None else f"a whole number of at most {self.maximum}"


class Number(Kind):
    """A number that need not be whole; fractions such as `"1/255"` are read.

    `above` and `below` exclude their bound, `minimum` and `maximum` include it.
    """

    def __init__(
        self,
        minimum: float | None = None,
        maximum: float | None = None,
        above: float | None = None,
        below: float | None = None,
        neutral: bool = False,
    ) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self.above = above
        self.below = below
        self.neutral = neutral

    def read(self, value: Any) -> Any:
        if type(value) is str:
            fraction = read_fraction(value)
            if fraction is None:
                raise self.refuse(value, _number_in(value))
            value = fraction
        elif type(value) is not float and type(value) is not int:
            raise self.refuse(value)
        if self._allows(value):
            return value
        raise Violation("bad-value", f"needs {self.describe()}, got {shorten(str(value))}")

    def _allows(self, value: float) -> bool:
        return (
            (self.minimum is None or value >= self.minimum)
            and (self.maximum is None or value <= self.maximum)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
            and (type(value) is int or math.isfinite(value))
        )

    def describe(self) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"a number from {self.minimum:g} to {self.maximum:g}"
        bounds = [
            words.format(bound)
            for words, bound in (
                ("at least {:g}", self.minimum),
                ("above {:g}", self.above),
                ("at most {:g}", self.maximum),
                ("below {:g}", self.below),
            )
            if bound is not None
        ]
        return "a number" + (" " + " and ".join(bounds) if bounds else "")


def _number_in(text: str) -> Any:
    try:
        value = float(text)
    except ValueError:
        return UNSET
    return value if math.isfinite(value) else UNSET


class Float(Number):
    """A number that Keras takes only as a float: a whole one is turned into it."""

    def read(self, value: Any) -> float:
        number = super().read(value)
        try:
            return float(number)
        except OverflowError:
            raise Violation("bad-value", f"needs {self.describe()}, got {shorten(str(value))}")


class Boolean(Kind):
    """`true` or `false`."""

    def __init__(self, neutral: bool = False) -> None:
        self.neutral = neutral

    def read(self, value: Any) -> bool:
        if value is True or value is False:
            return value
        meant = {"true": True, "false": False}.get(value.lower(), UNSET) if isinstance(value, str) else UNSET
        raise self.refuse(value, meant)

    def describe(self) -> str:
        return "true or false"


class Text(Kind):
    """A string."""

    def __init__(self, what: str = "a string", neutral: bool = True) -> None:
        self.what = what
        self.neutral = neutral

    def read(self, value: Any) -> str:
        if type(value) is str:
            return value
        raise self.refuse(value)

    def describe(self) -> str:
        return self.what


class Choice(Kind):
    """One of a few words. `folded` also reads other letter cases, where Keras lowers the word itself."""

    def __init__(self, *values: str, folded: bool = False, neutral: bool = False) -> None:
        self.values = values
        self.folded = folded
        self.neutral = neutral

    def read(self, value: Any) -> str:
        if type(value) is str:
            if value in self.values:
                return value
            if self.folded and value.lower() in self.values:
                return value.lower()
            near = nearest(value, self.values)
            raise Violation(
                "bad-value",
                f'"{shorten(value)}" is none of {self.describe()}',
                label=f'did you mean "{near}"?' if near else None,
                help=f'write "{near}"' if near else f"write one of {self.describe()}",
                recovered_value=near if near else UNSET,
                suggestion=near,
            )
        raise self.refuse(value)

    def describe(self) -> str:
        return " or ".join(f'"{value}"' for value in self.values)


class Optional(Kind):
    """Another kind, or nothing: `"none"`, in JSON `null` as well."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.neutral = kind.neutral

    def read(self, value: Any) -> Any:
        if value is None or value == "none":
            return None
        return self.kind.read(value)

    def describe(self) -> str:
        return f'{self.kind.describe()}, or "none"'

    def for_rank(self, rank: int) -> Kind:
        bound = self.kind.for_rank(rank)
        return self if bound is self.kind else Optional(bound)


class ListOf(Kind):
    """A list of values of one kind, as Keras's tuple or list."""

    def __init__(self, kind: Kind, least: int = 0, most: int | None = None) -> None:
        self.kind = kind
        self.least = least
        self.most = most
        self.neutral = kind.neutral

    def read(self, value: Any) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            violation = self.refuse(value)
            if type(value) in (int, float):
                violation.help = f"write [{shorten(str(value))}]"
            elif value is not None:
                violation.help = "write [ ... ] around it"
            raise violation
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            raise Violation("bad-value", f"needs {self.describe()}, got {show_value(value)} with {len(value)}")
        return read_each(self.kind, value)

    def describe(self) -> str:
        if self.least == self.most:
            return f"a list of {self.least}, each {self.kind.describe()}"
        count = f" of at least {self.least}" if self.least else ""
        return f"a list{count}, each {self.kind.describe()}"

    def for_rank(self, rank: int) -> Kind:
        bound = self.kind.for_rank(rank)
        return self if bound is self.kind else ListOf(bound, self.least, self.most)


def read_each(kind: Kind, values: Sequence[Any]) -> list[Any]:
    """Reads every element; raises all of their problems at once, each at its own place."""
    items: list[Any] = []
    violations: list[Violation] = []
    complete = True
    for index, value in enumerate(values):
        try:
            items.append(kind.read(value))
            continue
        except Violation as violation:
            violation.message = f"[{index}] {violation.message}"
            violations.append(violation.prefixed(index))
            recovered_value = violation.recovered_value
        except Violations as several:
            violations.extend(item.prefixed(index) for item in several.items)
            recovered_value = several.recovered_value
        items.append(recovered_value)
        complete = complete and recovered_value is not UNSET
    if violations:
        raise Violations(violations, items if complete else UNSET)
    return items


class TableOf(Kind):
    """A table from names to values of one kind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.neutral = kind.neutral

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.refuse(value)
        items: dict[str, Any] = {}
        violations: list[Violation] = []
        for key, entry in value.items():
            try:
                items[key] = self.kind.read(entry)
            except Violation as violation:
                violation.message = f"{shorten(key)} {violation.message}"
                violations.append(violation.prefixed(key))
            except Violations as several:
                violations.extend(item.prefixed(key) for item in several.items)
        if violations:
            raise Violations(violations)
        return items

    def describe(self) -> str:
        return f"a table, each value {self.kind.describe()}"


class Array(Kind):
    """A number or lists of numbers, nested as deep as the author likes, as NumPy reads an array."""

    neutral = True

    def __init__(self) -> None:
        self.number = Number()

    def read(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return read_each(self, value)
        if isinstance(value, dict):
            raise self.refuse(value)
        return self.number.read(value)

    def describe(self) -> str:
        return "a number or a list of them"


class Either(Kind):
    """The first of several kinds that takes the value."""

    def __init__(self, *kinds: Kind) -> None:
        self.kinds = kinds
        self.neutral = all(kind.neutral for kind in kinds)

    def read(self, value: Any) -> Any:
        closest: Violation | Violations | None = None
        for kind in self.kinds:
            try:
                return kind.read(value)
            except (Violation, Violations) as violation:
                # A kind that knew the type and refused the value says more than one that knew neither.
                specific = isinstance(violation, Violations) or violation.rule != "wrong-type"
                if specific and closest is None:
                    closest = violation
        if closest is not None:
            raise closest
        raise self.refuse(value)

    def describe(self) -> str:
        return ", or ".join(kind.describe() for kind in self.kinds)

    def for_rank(self, rank: int) -> Kind:
        bound = [kind.for_rank(rank) for kind in self.kinds]
        return self if all(a is b for a, b in zip(bound, self.kinds)) else Either(*bound)


class Window(Kind):
    """One whole number for all spatial axes, or one for each: kernel sizes, strides, pool sizes.

    Read as a tuple of `rank` numbers.
    """

    def __init__(self, rank: int = 0, minimum: int = 1) -> None:
        self.rank = rank
        self.minimum = minimum

    def read(self, value: Any) -> tuple[int, ...]:
        if type(value) is int:
            if value < self.minimum:
                raise Violation("bad-value", f"needs {self.describe()}, got {value}")
            return (value,) * self.rank
        if isinstance(value, (list, tuple)):
            if all(type(item) is int for item in value):
                if len(value) == self.rank and min(value, default=0) >= self.minimum:
                    return tuple(value)
                raise Violation("bad-value", f"needs {self.describe()}, got {show_value(value)}")
            wrong = next(index for index, item in enumerate(value) if type(item) is not int)
            raise Violation("wrong-type", f"needs {self.describe()}, got {show_value(value)}", path=(wrong,))
        raise self.refuse(value, self._meant(value))

    def _meant(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
            value = int(value)
        elif isinstance(value, float) and value.is_integer():
            value = int(value)
        else:
            return UNSET
        return (value,) * self.rank if value >= self.minimum else UNSET

    def describe(self) -> str:
        number = {0: "whole number of at least 0", 1: "positive whole number"}.get(self.minimum, "whole number")
        return f"a {number}" if self.rank == 1 else f"one {number} or {self.rank} of them"

    def for_rank(self, rank: int) -> Kind:
        return self if self.rank else Window(rank, self.minimum)


class Anything(Kind):
    """Any value of the language, passed on as it is."""

    neutral = True

    def read(self, value: Any) -> Any:
        return value

    def describe(self) -> str:
        return "any value"
