"""Markers in the annotations of fields: what Pydantic's own types do not say about a value."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic.fields import FieldInfo

M = TypeVar("M")


class Expects:
    """Says in messages what a value has to be, where the type alone says it badly: `Expects("a file name")`."""

    def __init__(self, text: str) -> None:
        self.text = text


class Absent:
    """Marks a field whose None stands for a table that is absent, which no spec can write."""


class Since:
    """The Keras version that introduced an argument, where it is later than the oldest supported one."""

    def __init__(self, version: str) -> None:
        self.version = version


class ShapeNeutral:
    """Marks a value that changes no shape: where it is wrong, the check of the layers goes on without it.

    With `neutral = False` a type that is neutral by itself, such as a string, changes shapes after all.
    """

    def __init__(self, neutral: bool = True) -> None:
        self.neutral = neutral


class Offers:
    """Words that an editor offers for a value which may also be another one."""

    def __init__(self, *words: str) -> None:
        self.words = words


NEUTRAL = ShapeNeutral()
SHAPING = ShapeNeutral(False)


def field_type(field: FieldInfo) -> Any:
    """The whole annotation of a field, with the metadata that Pydantic keeps beside it."""
    metadata = field.metadata
    return Annotated[field.annotation, *metadata] if metadata else field.annotation


def unwrap(annotation: object) -> tuple[Any, list[Any]]:
    """The type without `Annotated`, and all of its metadata, the outermost last."""
    metadata: list[object] = []
    while get_origin(annotation) is Annotated:
        annotation, *own = get_args(annotation)
        metadata[:0] = own
    return annotation, metadata


def all_marks(annotation: object) -> Iterator[object]:
    """Every marker in an annotation, those of the types inside it too."""
    kind, metadata = unwrap(annotation)
    yield from metadata
    for inner in get_args(kind):
        if get_origin(kind) is not Literal:
            yield from all_marks(inner)


def for_rank(annotation: object, rank: int) -> Any:
    """The annotation with every marker that depends on the number of spatial axes bound to it."""
    kind, metadata = unwrap(annotation)
    if is_union(kind):
        kind = Union[tuple(for_rank(one, rank) for one in get_args(kind))]  # noqa: UP007 (a computed union)
    bound = [mark.for_rank(rank) if hasattr(mark, "for_rank") else mark for mark in metadata]
    return Annotated[kind, *bound] if bound else kind


def is_union(annotation: object) -> bool:
    """Whether it is a union of types, optional ones included."""
    return get_origin(annotation) in (Union, UnionType)


def without_none(annotation: object) -> tuple[object, list[object], bool]:
    """The type without `Annotated` and without None, its metadata, and whether a spec can write None.

    A type that says in its own words what it accepts says that of None too.
    """
    kind, metadata = unwrap(annotation)
    own_words = marker(metadata, Expects) is not None or marker(metadata, Absent) is not None
    if not is_union(kind) or type(None) not in get_args(kind):
        return kind, metadata, False
    rest = [one for one in get_args(kind) if one is not type(None)]
    if len(rest) > 1:
        return Union[tuple(rest)], metadata, not own_words  # noqa: UP007 (a union of a computed list of types)
    inner, own = unwrap(rest[0])
    return inner, [*own, *metadata], not own_words


def marker(metadata: Sequence[object], kind: type[M]) -> M | None:
    """The outermost marker of a kind."""
    return next((one for one in reversed(metadata) if isinstance(one, kind)), None)
