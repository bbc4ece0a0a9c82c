"""Every change of a variable, attribute, list or model, so that branches can be tried, undone and joined."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from seqspec.programs.values.abstract_values import (
    MISSING,
    BuiltinMethod,
    Class,
    Dict,
    Either,
    FunctionValue,
    Instance,
    KerasCall,
    List,
    Method,
    ModelValue,
    Partial,
    Ref,
    Unknown,
)
from seqspec.programs.values.tensors import SymbolicTensor

MAX_STATES = 16
"""Maximum number of alternative states of one model."""

_ALTERNATIVE_TYPES = (
    ModelValue,
    FunctionValue,
    Class,
    Method,
    BuiltinMethod,
    KerasCall,
    Instance,
    Partial,
    Ref,
    SymbolicTensor,
)
"""Types of values whose alternatives are followed separately."""


class Change(NamedTuple):
    """A variable or attribute that a branch has changed: a dict and its key, or an object and its attribute."""

    holder: object
    key: object
    before: object
    after: object


Key = TypeVar("Key")


class Journal:
    """Writes values and records the previous ones."""

    def __init__(self) -> None:
        self._open: list[dict[tuple[int, object], tuple[object, object, object]]] = []

    def set_item(self, holder: dict[Key, object], key: Key, value: object) -> None:
        """Sets a variable, or an attribute of an instance."""
        if self._open:
            self._open[-1].setdefault((id(holder), key), (holder, key, holder.get(key, MISSING)))
        _put(holder, key, value)

    def set_attribute(self, holder: object, name: str, value: object) -> None:
        """Sets an attribute of a list, dict or model."""
        if self._open:
            self._open[-1].setdefault((id(holder), name), (holder, name, getattr(holder, name)))
        setattr(holder, name, value)

    def begin(self) -> None:
        """Starts a new recording, which may be nested."""
        self._open.append({})

    def undo(self) -> list[Change]:
        """Reverts all writes since `begin`; returns each location with its value before and after."""
        changes = []
        for holder, key, before in reversed(self._open.pop().values()):
            changes.append(Change(holder, key, before, _get(holder, key)))
            _put(holder, key, before)
        return changes

    def keep(self) -> list[Change]:
        """Ends the recording without reverting; returns each location with its value before and after."""
        recorded = self._open.pop()
        changes = []
        for place, (holder, key, before) in recorded.items():
            changes.append(Change(holder, key, before, _get(holder, key)))
            if self._open:
                self._open[-1].setdefault(place, (holder, key, before))
        return changes

    def write(self, holder: object, key: object, value: object) -> None:
        """Sets a variable or an attribute."""
        if isinstance(holder, dict):
            self.set_item(holder, key, value)
        else:
            self.set_attribute(holder, str(key), value)

    def merge(self, first: list[Change], second: list[Change]) -> None:
        """Writes the joined values of two branches, both of which have been undone."""
        others = {(id(change.holder), change.key): change for change in second}
        joins: list[tuple[object, object, object, object]] = []
        for holder, key, before, after in first:
            change = others.pop((id(holder), key), None)
            joins.append((holder, key, after, before if change is None else change.after))
        joins += [(holder, key, before, after) for holder, key, before, after in others.values()]
        for holder, key, one, other in joins:
            if key == "items" and isinstance(one, tuple) and isinstance(other, tuple) and len(one) != len(other):
                self.set_attribute(holder, "unknown", Unknown(text="a list that is filled under an unknown condition"))
            else:
                self.write(holder, key, merge_branches(one, other, key))


def merge_branches(one: object, other: object, name: object) -> object:
    """The abstract value of something that is one of two values."""
    if one is other:
        return one
    if one is MISSING:
        return other
    if other is MISSING:
        return one
    if isinstance(one, Ref) and one == other:
        return one
    if name == "states" and isinstance(one, tuple) and isinstance(other, tuple):
        states = {state.key(): state for state in (*one, *other)}
        return tuple(states.values())[:MAX_STATES]
    if name in ("items", "unknown") and not isinstance(one, (str, int, float)):
        return _merge_items(one, other)
    if is_same(one, other):
        return one
    values = [
        *(one.values if isinstance(one, Either) else [one]),
        *(other.values if isinstance(other, Either) else [other]),
    ]
    if any(isinstance(value, _ALTERNATIVE_TYPES) for value in values):
        return Either(list({id(value): value for value in values}.values())[:MAX_STATES])
    choices: list[object] = []
    for value in values:
        choices += value.choices if isinstance(value, Unknown) else [value]
    known = all(not isinstance(value, Unknown) or value.choices for value in values)
    return Unknown(text=str(name), choices=choices[:MAX_STATES] if known else ())


def _merge_items(one: object, other: object) -> object:
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: merge_branches(one.get(key, MISSING), other.get(key, MISSING), key) for key in {**one, **other}}
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return tuple(merge_branches(a, b, "item") for a, b in zip(one, other))
    if one is None or other is None:
        return one if other is None else other
    return one


def is_same(one: object, other: object) -> bool:
    """Whether two values are the same object, or equal numbers, strings or tuples."""
    if one is other:
        return True
    if type(one) is not type(other) or not isinstance(one, (int, float, str, bool, tuple)):
        return False
    try:
        return bool(one == other)
    except Exception:
        # An object of the program may define its own comparison.
        return False


MUTATING_METHODS = frozenset("append extend insert pop remove clear update setdefault".split())
"""The methods that change a list or dict."""


def forget_items(journal: Journal, holder: object, why: Unknown) -> None:
    """Forgets the content of a list or dict."""
    if isinstance(holder, (List, Dict)):
        journal.set_attribute(holder, "unknown", why)
    if isinstance(holder, List) and holder.element is not None:
        journal.set_attribute(holder, "element", None)


def _get(holder: object, key: object) -> object:
    return holder.get(key, MISSING) if isinstance(holder, dict) else getattr(holder, str(key))


def _put(holder: object, key: object, value: object) -> None:
    if not isinstance(holder, dict):
        setattr(holder, str(key), value)
    elif value is MISSING:
        holder.pop(key, None)
    else:
        holder[key] = value
