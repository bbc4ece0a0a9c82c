"""The types of argument values, as annotated types for Pydantic.

All of them are strict: `true` is not 1 and `"32"` is not 32; an integer is accepted where a float is expected, but not
the reverse. A type that Pydantic cannot express is read by a function that returns the value as Keras expects it or
raises `Violation`.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, PlainValidator
from pydantic_core import CoreSchema, core_schema

from seqspec.core.catalog.markers import NEUTRAL, Expects
from seqspec.core.catalog.validation import validator
from seqspec.core.diagnostics.message import fmt, quote_value
from seqspec.core.diagnostics.violation import UNSET, Violation
from seqspec.core.language.numbers import read_fraction

T = TypeVar("T")


def _none_word(value: object) -> object:
    return None if type(value) is str and value == "none" else value


def _fraction(value: object) -> object:
    if type(value) is not str:
        return value
    fraction = read_fraction(value)
    return value if fraction is None else fraction


def _lower(value: object) -> object:
    return value.lower() if type(value) is str else value


FRACTION = BeforeValidator(_fraction)
"""Reads `"1/255"`."""

ANY_CASE = BeforeValidator(_lower)
"""For strings that Keras converts to lower case."""

Maybe = Annotated[T | None, BeforeValidator(_none_word)]
"""An optional value: `"none"`, in JSON also `null`."""

PositiveInt = Annotated[int, Ge(1)]
NonNegativeInt = Annotated[int, Ge(0)]
Number = Annotated[int | float, FRACTION]
"""A number, spelled as an integer or a float, or as a fraction."""

NonNegativeNumber = Annotated[Number, Ge(0)]
PositiveNumber = Annotated[Number, Gt(0)]
UnitInterval = Annotated[Number, Ge(0), Le(1)]
"""A number from 0 to 1."""

NeutralNumber = Annotated[Number, NEUTRAL]
NeutralBool = Annotated[bool, NEUTRAL]
NeutralInt = Annotated[int, NEUTRAL]


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Violation("bad-value", fmt("must be a number, got {}", quote_value(value)))


Float = Annotated[Number, AfterValidator(_float)]
"""A number that Keras accepts only as a float."""

NameText = Annotated[str, Expects("a name")]
Name = Maybe[NameText]


def _without_slash(value: str) -> str:
    if "/" in value:
        raise Violation("bad-value", fmt("must not contain a slash, got {}", quote_value(value)))
    return value


PlainName = Maybe[Annotated[str, AfterValidator(_without_slash), Expects("a name")]]
"""A name without slashes, which Keras rejects."""

DataFormat = Maybe[Annotated[Literal["channels_last", "channels_first"], ANY_CASE]]
Padding = Annotated[Literal["valid", "same"], ANY_CASE]
Seed64 = Annotated[int, Ge(-(2**63)), Le(2**63 - 1)]


def _nested_numbers(value: object) -> object:
    """A number, or numbers in nested lists, as NumPy reads an array."""
    if type(value) is int or (type(value) is float and isfinite(value)):
        return value
    from seqspec.core.catalog.validation import validate, validate_items

    if isinstance(value, (list, tuple)):
        return validate_items(NestedNumbers, value)
    if isinstance(value, dict):
        from seqspec.core.catalog.validation import wrong_type

        raise wrong_type("a number or a list of numbers", value)
    return validate(Number, value)


class NumberArray:
    """Marks a number, or numbers in nested lists; with `flags`, also true and false."""

    def __init__(self, flags: bool = False) -> None:
        self.flags = flags


NestedNumbers = Annotated[
    Any, PlainValidator(_nested_numbers), Expects("a number or a list of numbers"), NumberArray(), NEUTRAL
]


class PerAxis:
    """Marks sizes of windows: one integer for all spatial axes, or one per axis; read as a tuple of `rank` integers."""

    def __init__(self, minimum: int = 1, rank: int = 0) -> None:
        self.minimum = minimum
        self.rank = rank

    def for_rank(self, rank: int) -> "PerAxis":
        """The marker for a class with this number of spatial axes."""
        return self if self.rank else PerAxis(self.minimum, rank)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        size = core_schema.int_schema(ge=self.minimum)
        shape = core_schema.union_schema([size, core_schema.list_schema(size)])
        return core_schema.no_info_plain_validator_function(self.read, json_schema_input_schema=shape)

    @property
    def text(self) -> str:
        """The description of accepted values."""
        number = {0: "non-negative integer", 1: "positive integer"}.get(self.minimum, "integer")
        article = "an" if number == "integer" else "a"
        return f"{article} {number}" if self.rank == 1 else f"{article} {number} or a list of {self.rank} {number}s"

    def read(self, value: object) -> tuple[int, ...]:
        """One size for each spatial axis; raises `Violation`."""
        if type(value) is int:
            if value < self.minimum:
                raise Violation("bad-value", f"must be {self.text}, got {value}")
            return (value,) * self.rank
        if isinstance(value, (list, tuple)):
            if all(type(item) is int for item in value):
                if len(value) == self.rank and min(value, default=0) >= self.minimum:
                    return tuple(value)
                raise Violation("bad-value", fmt("must be {}, got {}", self.text, quote_value(value)))
            wrong = next(index for index, item in enumerate(value) if type(item) is not int)
            raise Violation("wrong-type", fmt("must be {}, got {}", self.text, quote_value(value)), path=(wrong,))
        from seqspec.core.catalog.validation import wrong_type

        raise wrong_type(self.text, value, self._recovered(value))

    def _recovered(self, value: object) -> object:
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
            value = int(value)
        elif isinstance(value, float) and value.is_integer():
            value = int(value)
        else:
            return UNSET
        return (value,) * self.rank if value >= self.minimum else UNSET


PerAxisInt = Annotated[int | Sequence[int], PerAxis()]
PerAxisNonNegativeInt = Annotated[int | Sequence[int], PerAxis(minimum=0)]


def read_by(function: Callable[[object], object], expects: str, *marks: object) -> tuple[object, ...]:
    """The metadata of a type that a function reads: `Annotated[X, *read_by(f, "a file name")]`."""
    return (PlainValidator(validator(function)), Expects(expects), *marks)
