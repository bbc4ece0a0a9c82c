"""The differences between two validated values; short and long forms, and explicit defaults, are equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from seqspec.core.catalog.keras_object import KerasObject, given_argument, given_arguments
from seqspec.core.catalog.markers import field_type
from seqspec.core.catalog.objects import Named
from seqspec.core.catalog.plain import tree_of
from seqspec.core.catalog.validation import validate
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.syntax.formatter.nodes import equal_trees


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: object = _Absent()
"""The value of a side that does not have it."""


class Difference(NamedTuple):
    """One changed value: its path, and the old and new value as plain data."""

    path: str
    old: object
    new: object


def differences(old: object, new: object, path: str = "") -> Iterator[Difference]:
    """The differences between two values, as deep as both sides have the same structure."""
    if old is ABSENT or new is ABSENT:
        if old is not new:
            yield from _only_one(old, new, path)
    elif _are_equivalent(old, new):
        return
    elif isinstance(old, KerasObject) and type(old) is type(new) and not isinstance(old, Named):
        if _extra(old) is not None or _extra(new) is not None:
            yield from differences(_extra(old), _extra(new), path)
        for key in dict.fromkeys((*given_arguments(old), *given_arguments(new))):
            if key != "class_arguments":
                written = type(old).model_fields[key].alias or key
                yield from differences(_effective(old, key), _effective(new, key), _join(path, written))
    elif isinstance(old, dict) and isinstance(new, dict) and _tag(old) == _tag(new):
        for key in dict.fromkeys((*old, *new)):
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), _join(path, str(key)))
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)) and not _are_scalars(old, new):
        yield from _lists(list(old), list(new), path)
    elif not equal_trees(_plain(old), _plain(new)):
        yield Difference(path, _plain(old), _plain(new))


def _only_one(old: object, new: object, path: str) -> Iterator[Difference]:
    there = new if old is ABSENT else old
    # An added or removed table of the document is reported key by key.
    inner = tree_of(there) if not path and isinstance(there, (KerasObject, dict)) else None
    if not inner:
        yield Difference(path, _plain(old), _plain(new))
        return
    for key, value in inner.items():
        yield Difference(key, _plain(value) if new is ABSENT else ABSENT, _plain(value) if old is ABSENT else ABSENT)


def _lists(old: Sequence[object], new: Sequence[object], path: str) -> Iterator[Difference]:
    """Compares entries one by one; if their number changed, only those between the equal ends."""
    start, end = 0, 0
    if len(old) != len(new):
        shorter = min(len(old), len(new))
        while start < shorter and _equal(old[start], new[start]):
            start += 1
        while end < shorter - start and _equal(old[-1 - end], new[-1 - end]):
            end += 1
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if len(left) == len(right):
        for index, (a, b) in enumerate(zip(left, right), start):
            yield from differences(a, b, f"{path}[{index}]")
        return
    # Only added and removed entries are reported, not the entries that they shift.
    for index, entry in enumerate(left, start):
        if not any(_equal(entry, other) for other in right):
            yield Difference(f"{path}[{index}]", _plain(entry), ABSENT)
    for index, entry in enumerate(right, start):
        if not any(_equal(entry, other) for other in left):
            yield Difference(f"{path}[{index}]", ABSENT, _plain(entry))


def _equal(old: object, new: object) -> bool:
    return next(differences(old, new, "."), None) is None


def _are_scalars(old: Iterable[object], new: Iterable[object]) -> bool:
    """Whether lists contain only scalars, so that they are compared as a whole."""
    return not any(isinstance(entry, (str, dict, list, tuple, KerasObject)) for entry in (*old, *new))


def _are_equivalent(old: object, new: object) -> bool:
    for a, b in ((old, new), (new, old)):
        if isinstance(a, Named) and not isinstance(b, Named) and isinstance(b, KerasObject):
            return a.stands_for is type(b) and not any(differences(type(b).read({}, []), b))
    return False


def _effective(declaration: KerasObject, key: str) -> object:
    """The effective value of an argument, which may be its default."""
    field = type(declaration).model_fields[key]
    default = ABSENT if field.is_required() else field.default
    if key in declaration.model_fields_set:
        value = given_arguments(declaration)[key]
        return ABSENT if value is None and default is None else value
    if default is None or default is ABSENT:
        return ABSENT
    with suppress(Violation, Violations, TypeError):
        return validate(field_type(field), list(default) if isinstance(default, tuple) else default)
    return default


def _extra(declaration: KerasObject) -> object:
    """The arguments of a custom class."""
    return given_argument(declaration, "class_arguments")


def _tag(table: Mapping[object, object]) -> object:
    return table.get("type"), table.get("custom")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path and path != "." else key


def _plain(value: object) -> object:
    return ABSENT if value is ABSENT else tree_of(value)
