"""How a finding can be fixed, in terms of the expanded document; the report turns it into edits of the text."""

from __future__ import annotations

from typing import Any, NamedTuple

Path = tuple[str | int, ...]


class Change(NamedTuple):
    """One change of a tree of tables and lists.

    `action` is `"set"` (the value at `path` is replaced, or its key added to the table above), `"remove"` (the key or
    the item at `path` goes away), `"insert"` (`value` becomes an item before the one at `path`, whose last part is an
    index; the list's length appends) or `"rename"` (the key at `path` is called `value`).
    """

    action: str
    path: Path
    value: Any = None


class TreeFix(NamedTuple):
    """How to fix a finding; a safe fix never changes the meaning of a valid spec."""

    message: str
    changes: tuple[Change, ...]
    safe: bool = False


def set_value(path: Path, value: object) -> Change:
    """Sets or adds the value at a path."""
    return Change("set", path, value)


def remove(path: Path) -> Change:
    """Removes the key or item at a path."""
    return Change("remove", path)


def insert(path: Path, value: object) -> Change:
    """Inserts an item before the one at a path."""
    return Change("insert", path, value)


def rename(path: Path, key: str) -> Change:
    """Renames the key at a path."""
    return Change("rename", path, key)
