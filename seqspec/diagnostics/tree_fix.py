"""How a finding can be fixed, in terms of the expanded document; the report turns it into edits of the text."""

from __future__ import annotations

from typing import Any, NamedTuple

from seqspec.diagnostics.snippet import Setting, render_value

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
    """How to fix a finding; a safe fix never changes the meaning of a valid spec.

    Without a `title`, the fix is called after its first change.
    """

    title: str
    changes: tuple[Change, ...]
    safe: bool = False

    def describe(self, format: str) -> str:
        """The title for a document in a format, such as `set activation = "relu"`."""
        if self.title:
            return self.title
        action, path, value = self.changes[0]
        if action == "set" and path[-1] == "type":
            return f"use {value}"
        if action == "set" and isinstance(path[-1], str):
            return f"set {Setting(path[-1], value).render(format)}"
        return f"remove {path[-1]}" if action == "remove" else f"use {render_value(value, format)}"


def assign(value: object, *paths: Path) -> TreeFix:
    """A fix that sets one value, at each path."""
    return TreeFix("", tuple(set_value(path, value) for path in paths))


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
