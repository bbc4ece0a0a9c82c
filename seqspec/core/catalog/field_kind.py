"""What the annotation of a field says about its values, derived once.

Reading and its messages, descriptions, schemas, completion and repairs ask the `FieldKind`; only this module looks into
annotations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from functools import cached_property, lru_cache
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Len, Lt, MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from seqspec.core.catalog.markers import (
    READING,
    Absent,
    Expects,
    Offers,
    ShapeNeutral,
    field_type,
    is_union,
    marker,
    unwrap,
)
from seqspec.core.diagnostics.message import (
    A_TABLE,
    NONE,
    TRUE_OR_FALSE,
    Message,
    alternatives,
    counted,
    fmt,
    join,
    quote_value,
)

M = TypeVar("M")

_STRICT = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)


class Form(Enum):
    """The form of a type, without its markers."""

    CHOICE = auto()
    NUMBER = auto()
    """An integer or a float."""
    INTEGER = auto()
    BOOLEAN = auto()
    STRING = auto()
    LIST = auto()
    MAPPING = auto()
    """A table whose keys are names."""
    TABLE = auto()
    """A table whose keys are the fields of a class."""
    UNION = auto()
    ANY = auto()
    OTHER = auto()


_PLAIN: dict[object, Form] = {
    int: Form.INTEGER,
    float: Form.NUMBER,
    bool: Form.BOOLEAN,
    str: Form.STRING,
    Any: Form.ANY,
}


class FieldKind:
    """The values of a field.

    Attributes:
        type: The type without `Annotated` and None.
        marks: Its markers and validators, the outermost last.
        optional: Whether a spec can express None; for a type with its own description, that includes None.
        form: The form of `type`.
        choices: The values of a `CHOICE`.
        parts: The members of a `UNION`; the item of a `LIST` or `MAPPING`.
    """

    def __init__(self, annotation: object) -> None:
        self.annotation: Any = annotation
        self.marks: Sequence[object]
        self.type, self.marks, self.optional = _without_none(annotation)
        self.choices: tuple[Any, ...] = ()
        self.parts: tuple[FieldKind, ...] = ()
        self.form = _PLAIN.get(self.type, Form.OTHER)
        origin, arguments = get_origin(self.type), get_args(self.type)
        if origin is Literal:
            self.form, self.choices = Form.CHOICE, arguments
        elif is_union(self.type):
            self.form = Form.NUMBER if set(arguments) == {int, float} else Form.UNION
            self.parts = tuple(map(kind_of, arguments)) if self.form is Form.UNION else ()
        elif origin in (list, Sequence, dict):
            self.form = Form.MAPPING if origin is dict else Form.LIST
            self.parts = (kind_of(arguments[-1]),)
        elif isinstance(self.type, type) and issubclass(self.type, BaseModel):
            self.form = Form.TABLE

    def mark(self, kind: type[M]) -> M | None:
        """The outermost marker of a class."""
        return marker(self.marks, kind)

    @cached_property
    def present(self) -> FieldKind:
        """The same values without None."""
        return kind_of(Annotated[self.type, *self.marks] if self.marks else self.type)

    @property
    def item(self) -> FieldKind:
        """The kind of the entries of a list or mapping."""
        return self.parts[0]

    @cached_property
    def is_read_by_function(self) -> bool:
        """Whether a function reads the values, not Pydantic."""
        return any(isinstance(mark, PlainValidator) or hasattr(mark, "read") for mark in self.marks)

    @property
    def is_wrapped(self) -> bool:
        """Whether a validator wraps the type, so that its parts do not describe it fully."""
        return any(isinstance(mark, (AfterValidator, PlainValidator)) for mark in self.marks)

    @cached_property
    def is_shape_neutral(self) -> bool:
        """Whether an invalid value does not affect shapes, so that the rest can still be checked."""
        mark = self.mark(ShapeNeutral)
        if mark is not None:
            return mark.neutral
        if self.parts:
            return all(part.is_shape_neutral for part in self.parts)
        return self.form in (Form.STRING, Form.ANY)

    @cached_property
    def bounds(self) -> tuple[Ge | Gt | None, Le | Lt | None]:
        """The lower and the upper bound of a number."""
        return self.mark(Ge) or self.mark(Gt), self.mark(Le) or self.mark(Lt)

    @cached_property
    def lengths(self) -> tuple[int, int | None]:
        """The smallest and the largest length of a list."""
        for mark in reversed(self.marks):
            if isinstance(mark, Len):
                return mark.min_length, mark.max_length
            if isinstance(mark, MinLen):
                return mark.min_length, None
            if isinstance(mark, MaxLen):
                return 0, mark.max_length
        return 0, None

    def words(self) -> Iterator[object]:
        """The strings, or other values, that the type names, at any depth."""
        for mark in self.marks:
            if isinstance(mark, Offers):
                yield from mark.strings
        yield from self.choices
        for part in self.parts:
            yield from part.words()

    @cached_property
    def adapter(self) -> TypeAdapter[object]:
        """Pydantic's validator of the values."""
        kind, _ = unwrap(self.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return TypeAdapter(self.annotation)
        return TypeAdapter(self.annotation, config=_STRICT)

    def accepts(self, value: object) -> bool:
        """Whether it is a valid value."""
        try:
            self.adapter.validate_python(value, context=READING)
        except ValidationError:
            return False
        return True

    @cached_property
    def text(self) -> str:
        """The description of the values, which follows "must be"."""
        if self.optional:
            return fmt("{}, or {}", self.present.text, NONE)
        for mark in reversed(self.marks):
            text = getattr(mark, "text", None)
            if isinstance(text, str):
                return text
        return self._text_of_form()

    def _text_of_form(self) -> str:
        match self.form:
            case Form.CHOICE:
                return alternatives([quote_value(value, typed=False) for value in self.choices])
            case Form.NUMBER:
                return self._bounded("a number", "{:g}")
            case Form.INTEGER:
                return self._bounded("an integer", "{}")
            case Form.BOOLEAN:
                return Message(TRUE_OR_FALSE)
            case Form.STRING:
                return "a string"
            case Form.UNION:
                return join(", or ", dict.fromkeys(part.text for part in self.parts))
            case Form.LIST:
                least, most = self.lengths
                if least and least == most:
                    return fmt("a list of {} elements, each {}", least, self.item.text)
                bound = f" of at least {counted(least, 'element')}" if least else ""
                return fmt("a list{}, each {}", bound, self.item.text)
            case Form.MAPPING:
                return fmt("{} with values that are each {}", A_TABLE, self.item.text)
            case Form.TABLE:
                return Message(A_TABLE)
        return "any value"

    def _bounded(self, noun: str, shown: str) -> str:
        low, high = self.bounds
        if low is not None and high is not None:
            excluded = [shown.format(_limit(bound)) for bound in (low, high) if isinstance(bound, (Gt, Lt))]
            ending = f", excluding {' and '.join(excluded)}" if excluded else ""
            return f"{noun} from {shown.format(_limit(low))} to {shown.format(_limit(high))}{ending}"
        if self.form is Form.INTEGER and low in (Ge(0), Ge(1)):
            return "a non-negative integer" if low == Ge(0) else "a positive integer"
        bound = low or high
        return noun if bound is None else f"{noun} {_SIGNS[type(bound)]} {shown.format(_limit(bound))}"


_SIGNS = {Ge: ">=", Gt: ">", Le: "<=", Lt: "<"}


def _limit(bound: Ge | Gt | Le | Lt) -> object:
    match bound:
        case Ge(ge=limit) | Gt(gt=limit) | Le(le=limit) | Lt(lt=limit):
            return limit


def _without_none(annotation: object) -> tuple[Any, list[object], bool]:
    """The type without `Annotated` and None, its metadata, and whether a spec can express None."""
    kind, metadata = unwrap(annotation)
    is_described = marker(metadata, Expects) is not None or marker(metadata, Absent) is not None
    if not is_union(kind) or NoneType not in get_args(kind):
        return kind, metadata, False
    rest = [member for member in get_args(kind) if member is not NoneType]
    if len(rest) > 1:
        return Union[tuple(rest)], metadata, not is_described  # noqa: UP007 (a union of a computed list of types)
    inner, own_metadata = unwrap(rest[0])
    return inner, [*own_metadata, *metadata], not is_described


@lru_cache(maxsize=4096)
def kind_of(annotation: Any) -> FieldKind:
    """The kind of the values of a type."""
    return FieldKind(annotation)


def kind_of_field(field: FieldInfo) -> FieldKind:
    """The kind of the values of a field."""
    return kind_of(field_type(field))
