"""Markers in the annotations of fields for properties that Pydantic's types cannot express."""

from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from seqspec.core.language.keras import series

M = TypeVar("M")

READING = object()
"""The context of a validation by `KerasObject.read`, which collects the violations that validators raise."""


class Expects:
    """The description of accepted values in messages, instead of that of the type: `Expects("a file name")`."""

    def __init__(self, text: str) -> None:
        self.text = text


class Formerly:
    """The former names of a key of a table, which seqspec still accepts: `Formerly("rate")`."""

    def __init__(self, *names: str) -> None:
        self.names = names


class Absent:
    """Marks a field whose None is a missing table, which a spec cannot express as a value."""


class Since:
    """The Keras version that introduced an argument, if that is later than the oldest supported one."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.series = series(version)


class ValuesSince:
    """The Keras versions that introduced values of an argument, by value."""

    def __init__(self, versions: Mapping[str, str]) -> None:
        self.versions = versions
        self.series = {value: series(version) for value, version in versions.items()}


class ShapeNeutral:
    """Marks a value that does not affect shapes: if it is invalid, shape inference continues without it.

    With `neutral = False`, a value of a neutral type, such as a string, does affect shapes.
    """

    def __init__(self, neutral: bool = True) -> None:
        self.neutral = neutral


class InUnitOfInput:
    """Marks a number in the unit of the input of a layer, which cannot be meant as a percentage."""


class Offers:
    """Strings that editors suggest for a value that accepts others too."""

    def __init__(self, *strings: str) -> None:
        self.strings = strings


NEUTRAL = ShapeNeutral()
SHAPING = ShapeNeutral(False)


def field_type(field: FieldInfo) -> Any:
    """The annotation of a field, including the metadata that Pydantic stores separately."""
    metadata = field.metadata
    return Annotated[field.annotation, *metadata] if metadata else field.annotation


def unwrap(annotation: object) -> tuple[Any, list[Any]]:
    """The type without `Annotated`, and all of its metadata, the outermost last."""
    metadata: list[object] = []
    while get_origin(annotation) is Annotated:
        annotation, *own_metadata = get_args(annotation)
        metadata[:0] = own_metadata
    return annotation, metadata


def all_marks(annotation: object) -> Iterator[object]:
    """All markers in an annotation, including nested types."""
    yield from getattr(annotation, "__metadata__", ())
    for inner in getattr(annotation, "__args__", ()):
        yield from all_marks(inner)


def for_rank(annotation: object, rank: int) -> Any:
    """The annotation with markers bound to the number of spatial axes."""
    kind, metadata = unwrap(annotation)
    if is_union(kind):
        kind = Union[tuple(for_rank(member, rank) for member in get_args(kind))]  # noqa: UP007 (a computed union)
    bound = [mark.for_rank(rank) if hasattr(mark, "for_rank") else mark for mark in metadata]
    return Annotated[kind, *bound] if bound else kind


def is_union(annotation: object) -> bool:
    """Whether it is a union of types, optional ones included."""
    return get_origin(annotation) in (Union, UnionType)


def marker(metadata: Sequence[object], kind: type[M]) -> M | None:
    """The outermost marker of a kind."""
    return next((mark for mark in reversed(metadata) if isinstance(mark, kind)), None)
