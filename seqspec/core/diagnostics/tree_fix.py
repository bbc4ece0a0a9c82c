"""Fixes as edits of the expanded document; the report converts them to edits of the text."""

from __future__ import annotations

from typing import Any, NamedTuple

from seqspec.core.diagnostics.notation import Notation

Path = tuple[str | int, ...]


class TreeEdit(NamedTuple):
    """One edit of a tree of tables and lists.

    `action` is `"set"` (sets the value at `path`), `"remove"` (removes the key or item at `path`), `"insert"` (inserts
    `value` before the item at `path`; the length of the list as its index appends) or `"rename"` (renames the key at
    `path` to `value`).
    """

    action: str
    path: Path
    value: Any = None


class TreeFix(NamedTuple):
    """A fix of a finding; a safe fix never changes the meaning of a valid spec.

    Without a `title`, the first edit is the title.
    """

    title: str
    changes: tuple[TreeEdit, ...]
    safe: bool = False

    def describe(self, notation: Notation) -> str:
        """The title in the notation of a document, such as `set activation = "relu"`."""
        if self.title:
            return self.title
        action, path, value = self.changes[0]
        if action == "set" and path[-1] == "type":
            return f"use {value}"
        if action == "set" and isinstance(path[-1], str):
            return f"set {notation.setting(path[-1], value)}"
        return f"remove {path[-1]}" if action == "remove" else f"use {notation.value(value)}"


def fix_setting(value: object, *paths: Path) -> TreeFix:
    """A fix that sets one value, at each path."""
    return TreeFix("", tuple(set_value(path, value) for path in paths))


def set_value(path: Path, value: object) -> TreeEdit:
    """Sets or adds the value at a path."""
    return TreeEdit("set", path, value)


def remove(path: Path) -> TreeEdit:
    """Removes the key or item at a path."""
    return TreeEdit("remove", path)


def insert(path: Path, value: object) -> TreeEdit:
    """Inserts an item before the one at a path."""
    return TreeEdit("insert", path, value)


def rename(path: Path, key: str) -> TreeEdit:
    """Renames the key at a path."""
    return TreeEdit("rename", path, key)
