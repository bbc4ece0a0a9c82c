"""Every change of a variable, attribute, list or model, so that branches can be tried, undone and joined."""

from __future__ import annotations

from typing import Any

from seqspec.importers.python.values import (
    MISSING,
    BuiltinMethod,
    Class,
    Dict,
    Either,
    Function,
    Instance,
    KerasCall,
    List,
    Method,
    Model,
    Unknown,
)

MAX_STATES = 16
"""Ways to make one model that are followed."""

_KEPT_APART = (Model, Function, Class, Method, BuiltinMethod, KerasCall, Instance)
"""Values of which each alternative is followed."""


class Journal:
    """Writes values and remembers what was there before."""

    def __init__(self) -> None:
        self._open: list[dict[tuple[int, object], tuple[object, object, object]]] = []

    def set_item(self, holder: dict[Any, Any], key: Any, value: Any) -> None:
        """A variable or attribute gets a value."""
        if self._open:
            self._open[-1].setdefault((id(holder), key), (holder, key, holder.get(key, MISSING)))
        if value is MISSING:
            holder.pop(key, None)
        else:
            holder[key] = value

    def set_attribute(self, holder: object, name: str, value: object) -> None:
        """A slot of a list, dict or model gets a value."""
        if self._open:
            self._open[-1].setdefault((id(holder), name), (holder, name, getattr(holder, name)))
        setattr(holder, name, value)

    def begin(self) -> None:
        """Starts to remember."""
        self._open.append({})

    def undo(self) -> list[tuple[object, object, object, object]]:
        """Undoes what was written since `begin`; returns each location with its value before and after."""
        changes = []
        for holder, key, before in reversed(self._open.pop().values()):
            changes.append((holder, key, before, _get(holder, key)))
            _put(holder, key, before)
        return changes

    def keep(self) -> list[tuple[Any, Any, Any, Any]]:
        """Keeps what was written since `begin`; returns each location with its value before and after."""
        own = self._open.pop()
        changes = []
        for place, (holder, key, before) in own.items():
            changes.append((holder, key, before, _get(holder, key)))
            if self._open:
                self._open[-1].setdefault(place, (holder, key, before))
        return changes

    def write(self, holder: Any, key: Any, value: Any) -> None:
        """A variable, attribute or slot gets a value."""
        if isinstance(holder, dict):
            self.set_item(holder, key, value)
        else:
            self.set_attribute(holder, key, value)

    def join(self, first: list[tuple[Any, Any, Any, Any]], second: list[tuple[Any, Any, Any, Any]]) -> None:
        """Writes what is known after either of two branches, of which both have been undone."""
        places: dict[tuple[int, Any], list[Any]] = {}
        for index, changes in enumerate((first, second)):
            for holder, key, before, after in changes:
                entry = places.setdefault((id(holder), key), [holder, key, before, before])
                entry[2 + index] = after
        for holder, key, one, other in places.values():
            if key == "items" and isinstance(one, tuple) and len(one) != len(other):
                self.set_attribute(holder, "lost", Unknown(text="a list that is filled under an unknown condition"))
            else:
                self.write(holder, key, joined(one, other, key))


def joined(one: object, other: object, name: object) -> object:
    """What is known of a value that is one of two."""
    if one is other:
        return one
    if one is MISSING:
        return other
    if other is MISSING:
        return one
    if name == "states" and isinstance(one, tuple) and isinstance(other, tuple):
        states = {state.key(): state for state in (*one, *other)}
        return tuple(states.values())[:MAX_STATES]
    if name in ("items", "lost") and not isinstance(one, (str, int, float)):
        return _joined_content(one, other)
    if type(one) is type(other) and isinstance(one, (int, float, str, bool, tuple)) and _same(one, other):
        return one
    values = [
        *(one.values if isinstance(one, Either) else [one]),
        *(other.values if isinstance(other, Either) else [other]),
    ]
    if any(isinstance(value, _KEPT_APART) for value in values):
        return Either(list({id(value): value for value in values}.values())[:MAX_STATES])
    choices: list[object] = []
    for value in values:
        choices += value.choices if isinstance(value, Unknown) else [value]
    known = all(not isinstance(value, Unknown) or value.choices for value in values)
    return Unknown(text=str(name), choices=choices[:MAX_STATES] if known else ())


def _joined_content(one: object, other: object) -> object:
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: joined(one.get(key, MISSING), other.get(key, MISSING), key) for key in {**one, **other}}
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return tuple(joined(a, b, "item") for a, b in zip(one, other))
    if one is None or other is None:
        return one if other is None else other
    return one


def _same(one: object, other: object) -> bool:
    try:
        return bool(one == other)
    except Exception:
        # An object of the program may compare in any way.
        return False


def lose(journal: Journal, holder: object, why: Unknown) -> None:
    """Forgets the content of a list or dict."""
    if isinstance(holder, (List, Dict)):
        journal.set_attribute(holder, "lost", why)


def _get(holder: Any, key: Any) -> object:
    return holder.get(key, MISSING) if isinstance(holder, dict) else getattr(holder, key)


def _put(holder: Any, key: Any, value: Any) -> None:
    if not isinstance(holder, dict):
        setattr(holder, key, value)
    elif value is MISSING:
        holder.pop(key, None)
    else:
        holder[key] = value
