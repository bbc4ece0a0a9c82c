"""Applies tree edits to a tree, and splits them into minimal edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from seqspec.core.diagnostics.diagnostic import TreeEdit
from seqspec.core.diagnostics.violation import Path, value_at

MISSING: object = object()


class CannotEdit(ValueError):
    """An edit cannot be made; the message is the reason."""


def at_path(tree: object, path: Path) -> Any:
    """The value at a path; `MISSING` if there is none."""
    return value_at(tree, path, MISSING)


def steps(tree: object, changes: Sequence[TreeEdit]) -> Iterator[TreeEdit]:
    """The edits as a sequence of minimal edits, each with its path after the previous ones.

    The paths of `changes` refer to the original `tree`, which is modified. Raises `CannotEdit`.
    """
    pending = list(changes)
    while pending:
        change, *pending = pending
        smaller = list(_smaller(tree, change))
        if smaller != [change]:
            pending = [*smaller, *pending]
            continue
        _check(tree, change)
        yield change
        _change(tree, change)
        pending = [_moved(later, change) for later in pending]


def is_single(tree: object, change: TreeEdit) -> bool:
    """Whether an edit is minimal. Raises `CannotEdit` for an edit that does not fit the tree."""
    if list(_smaller(tree, change)) != [change]:
        return False
    _check(tree, change)
    return True


def changed(tree: object, changes: Sequence[TreeEdit]) -> Any:
    """A copy of the tree after edits, whose paths all refer to the original tree. Raises `CannotEdit`."""
    tree = _copy(tree)
    for _ in steps(tree, changes):
        pass
    return tree


def _smaller(tree: object, change: TreeEdit) -> Iterator[TreeEdit]:
    """Splits the replacement of a value by one of the same kind into edits of the differences."""
    action, path, new = change
    if action != "set":
        yield change
        return
    old = at_path(tree, path)
    if isinstance(old, dict) and isinstance(new, dict):
        yield from (TreeEdit("remove", (*path, key)) for key in old if key not in new)
        yield from (TreeEdit("set", (*path, key), value) for key, value in new.items())
    elif isinstance(old, list) and isinstance(new, list):
        yield from (TreeEdit("remove", (*path, index)) for index in range(len(new), len(old)))
        yield from (TreeEdit("set", (*path, index), value) for index, value in enumerate(new[: len(old)]))
        yield from (TreeEdit("insert", (*path, len(old)), value) for value in new[len(old) :])
    elif old is MISSING:
        length = next(n for n in range(len(path) + 1) if at_path(tree, path[:n]) is MISSING)
        for key in reversed(path[length:]):
            if not isinstance(key, str):
                raise CannotEdit(f"no list at {path[:length]}")
            new = {key: new}
        yield TreeEdit("set", path[:length], new)
    elif type(old) is not type(new) or old != new:
        yield change


def _check(tree: object, change: TreeEdit) -> None:
    """Raises `CannotEdit` for an edit that does not fit the tree."""
    action, path, value = change
    if not path:
        raise CannotEdit("cannot replace the whole file")
    holder, key = at_path(tree, path[:-1]), path[-1]
    possible = False
    if isinstance(holder, dict) and isinstance(key, str):
        possible = action == "set" or (key in holder and (action == "remove" or value not in holder))
        possible = possible and action != "insert"
    elif isinstance(holder, list) and isinstance(key, int):
        possible = 0 <= key < len(holder) + (action == "insert") and action != "rename"
    if not possible:
        raise CannotEdit(f"nothing to {action} at {path}")


def _change(tree: object, change: TreeEdit) -> None:
    action, path, value = change
    holder, key = at_path(tree, path[:-1]), path[-1]
    if action == "remove":
        del holder[key]
    elif action == "insert":
        holder.insert(key, _copy(value))
    elif action == "set":
        holder[key] = _copy(value)
    else:
        entries = [(value if name == key else name, item) for name, item in holder.items()]
        holder.clear()
        holder.update(entries)


def _moved(later: TreeEdit, change: TreeEdit) -> TreeEdit:
    """An edit with its path adjusted to a previous edit."""
    path = later.path
    depth = len(change.path) - 1
    if len(path) <= depth or path[:depth] != change.path[:depth]:
        return later
    key, mine = change.path[depth], path[depth]
    if isinstance(key, int) and isinstance(mine, int):
        if change.action == "insert" and mine >= key:
            mine += 1
        elif change.action == "remove" and mine > key:
            mine -= 1
        elif change.action == "remove" and mine == key and (len(path) > depth + 1 or later.action != "insert"):
            raise CannotEdit(f"nothing to {later.action} at {path} after the earlier edits")
    elif change.action == "rename" and mine == key:
        mine = change.value
    return later._replace(path=(*path[:depth], mine, *path[depth + 1 :]))


def _copy(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, (list, tuple)) else value
