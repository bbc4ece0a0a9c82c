"""Converts fixes of the expanded tree to edits of the text as written, also within a bare layer name or a shorthand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from seqspec.core.catalog.objects import (
    ACTIVATION,
    CALLBACK,
    CONSTRAINT,
    INITIALIZER,
    LOSS,
    METRIC,
    OPTIMIZER,
    REGULARIZER,
    SCHEDULE,
    Family,
)
from seqspec.core.diagnostics.diagnostic import Edit, Fix, TreeEdit, TreeFix, rename, set_value
from seqspec.core.diagnostics.suggest import same_word
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.language.expansion import Expansion
from seqspec.core.language.keys import INNER_LAYER_KEYS
from seqspec.core.language.provenance import Provenance
from seqspec.core.language.variables import entries
from seqspec.core.syntax.document_edits import DocumentEditor
from seqspec.core.syntax.edit.trees import MISSING, CannotEdit, at_path

_KINDS = {
    "activation": ACTIVATION,
    "initializer": INITIALIZER,
    "regularizer": REGULARIZER,
    "constraint": CONSTRAINT,
    "optimizer": OPTIMIZER,
    "loss": LOSS,
    "metrics": METRIC,
    "callbacks": CALLBACK,
    "rate": SCHEDULE,
}
"""The family of objects of an argument, by the last word of its name."""


def through_text(tree: object, change: TreeEdit, length: int) -> TreeEdit:
    """Converts an edit of an argument within a string, at the first `length` keys of the path, to one of the string.

    Raises `CannotEdit` if neither the string nor a table can express it.
    """
    path, rest = change.path[:length], change.path[length:]
    text = at_path(tree, path)
    if len(rest) != 1 or not isinstance(rest[0], str):
        raise CannotEdit("no such position in the string")
    key = rest[0]
    kind = kind_of(path)
    if kind is None:
        if change.action != "set":
            raise CannotEdit("a bare name has no arguments")
        return TreeEdit("set", path, {"type": text, key: change.value})
    try:
        return TreeEdit("set", path, _object(kind, text, change, key))
    except Violation as violation:
        raise CannotEdit(violation.message) from None


def _object(kind: Family, text: str, change: TreeEdit, key: str) -> object:
    from seqspec.core.language.shorthand import read_call, table_form, with_argument, with_name, without_argument

    call = read_call(text)
    declared = kind.class_named(call.name)
    if declared is None:
        raise CannotEdit(f"{call.name} accepts no arguments")
    names = list(declared.model_fields)
    new: object = None
    if change.action == "rename":
        new = with_name(text, key, change.value)
    elif change.action == "remove":
        new = without_argument(text, key, names)
    elif change.action == "set":
        new = with_argument(text, key, change.value, names)
        if new is None:
            new = {**table_form(call, declared.__name__, names), key: change.value}
    if new is None:
        raise CannotEdit(f"{text} cannot be edited this way")
    return new


def kind_of(path: Path) -> Family | None:
    """The family that the string at a path is read as; None for a layer. Raises `CannotEdit` for any other path."""
    names = [key for key in path if isinstance(key, str)]
    last = names[-1]
    if last in INNER_LAYER_KEYS:
        return None
    kind = _KINDS.get(last.rpartition("_")[2])
    if kind is None:
        raise CannotEdit(f"{last} does not accept an object")
    return kind


_MAX_WORK = 5_000_000
"""The maximum number of characters that are scanned for the fixes of one check."""

_MAX_SINGLE = 10_000_000
"""The same for fixes with one edit, each of which scans the statements of the document."""

_MAX_WORK_OF_ONE = 150_000
"""The same for one fix with several edits, each of which parses the text again."""


class _Written(NamedTuple):
    """An edit of the document as written.

    `copies` is the location whose copies in the expanded tree are all affected; `plain` means that no reference is
    replaced.
    """

    change: TreeEdit
    copies: Path
    plain: bool


class Fixes:
    """Creates the text fixes for the findings of one expansion."""

    def __init__(self, expansion: Expansion) -> None:
        self._expansion = expansion
        self._editor = DocumentEditor(expansion.document)
        self._places: dict[Path, set[Path]] | None = None
        self._made = 0

    def of(self, violations: Sequence[Violation]) -> Fix | None:
        """The text fix for equal violations of all copies; None if no edit is correct for all of them.

        `violations` are the occurrences of one mistake in all copies of the text.
        """
        first = violations[0]
        remedy = _fix_of(first, self._expansion)
        if remedy is None or self._expansion.document.text is None:
            return None
        try:
            if first.location is not None:
                if first.location.document is not self._expansion.document:
                    return None
                return Fix(remedy.describe(self._expansion.document.notation), self._edits(remedy.changes), remedy.safe)
            written = [self._all_written(violation) for violation in violations]
            if any([w.change for w in other] != [w.change for w in written[0]] for other in written):
                return None
            changes = _once(entry.change for entry in written[0])
            places: dict[tuple[str, Path], list[_Written]] = {}
            for entry in chain.from_iterable(written):
                places.setdefault(entry.change[:2], []).append(entry)
            for change in changes:
                expanded = {entry.copies for entry in places[change[:2]] if entry.change == change}
                met = {self._expansion.origin(copies).path for copies in expanded}
                if any(self._copies(source_path) - expanded for source_path in met):
                    return None
            plain = all(entry.plain for entry in written[0])
            notation = self._expansion.document.notation
            return Fix(remedy.describe(notation), self._edits(changes), remedy.safe and plain)
        except CannotEdit:
            return None

    def help(self, violation: Violation) -> str | None:
        """None: the help of the violation."""
        return None

    def _edits(self, changes: Sequence[TreeEdit]) -> tuple[Edit, ...]:
        size = len(self._expansion.document.text or "")
        self._made += 1
        if self._editor.spent > _MAX_WORK or self._made * size > _MAX_SINGLE:
            raise CannotEdit("edit limit reached")
        if len(changes) > 1 and size * len(changes) > _MAX_WORK_OF_ONE:
            raise CannotEdit("too many changes for one fix")
        try:
            return self._editor.edits(changes)
        except CannotEdit:
            # A list of `[[ ]]` tables cannot contain bare layer names.
            tables = [
                change._replace(value={"type": change.value})
                if change.action == "insert" and isinstance(change.value, str) and change.path[-2:-1] == ("layers",)
                else change
                for change in changes
            ]
            if tables == list(changes):
                raise
            return self._editor.edits(tables)

    def _all_written(self, violation: Violation) -> list[_Written]:
        remedy = _fix_of(violation, self._expansion)
        if remedy is None:
            raise CannotEdit("one of the copies has no fix")
        return [self._written(change) for change in remedy.changes]

    def _written(self, change: TreeEdit) -> _Written:
        tree = self._expansion.tree
        for length in range(1, len(change.path)):
            if isinstance(at_path(tree, change.path[:length]), str):
                change = through_text(tree, change, length)
                break
        if change.action == "insert":
            return self._inserted(change)
        action, path, value = change
        if action == "set" and at_path(tree, path) is MISSING:
            length = next(n for n in range(len(path) + 1) if at_path(tree, path[:n]) is MISSING)
            for key in reversed(path[length:]):
                if isinstance(key, int):
                    raise CannotEdit("the list is not written there")
                value = {key: value}
            holder = self._own(path[: length - 1])
            if holder.is_reference:
                raise CannotEdit("the table is defined elsewhere")
            return _Written(TreeEdit("set", (*holder.path, path[length - 1]), value), path[: length - 1], True)
        origin = self._own(path)
        if self._expansion.origin(path[:-1]).is_reference:
            raise CannotEdit("the value is part of one defined elsewhere")
        written = at_path(self._expansion.document.tree, origin.path)
        if written is MISSING:
            raise CannotEdit("the value is not written at its position")
        plain = action != "set" or not (origin.is_reference or (isinstance(written, str) and "$" in written))
        return _Written(TreeEdit(action, origin.path, value), path if isinstance(path[-1], int) else path[:-1], plain)

    def _inserted(self, change: TreeEdit) -> _Written:
        """A new item between two that may come from different lists."""
        path = change.path
        holder, index = path[:-1], path[-1]
        items = at_path(self._expansion.tree, holder)
        around = self._own(holder)
        if around.is_reference or not isinstance(items, list) or not isinstance(index, int):
            raise CannotEdit("the list is not written in this spec")
        before = self._own((*holder, index - 1)) if index > 0 else None
        after = self._own((*holder, index)) if index < len(items) else None
        left, right = (self._entry(origin, around.path) for origin in (before, after))
        if left is None and right is None:
            return _Written(TreeEdit("insert", (*around.path, 0), change.value), holder, True)
        if left != right:
            at = right if right is not None else (*around.path, _index(left) + 1)
            return _Written(TreeEdit("insert", at, change.value), holder, True)
        # Both come from one entry: from one block, or from two copies.
        if before is None or after is None or before.path[:-1] != after.path[:-1]:
            raise CannotEdit("nothing can be inserted between the two")
        if after.is_reference or _index(after.path) != _index(before.path) + 1:
            raise CannotEdit("nothing can be inserted between two copies")
        return _Written(TreeEdit("insert", after.path, change.value), path, True)

    def _entry(self, origin: Provenance | None, around: Path) -> Path | None:
        """The entry of a written list that an item comes from."""
        if origin is None:
            return None
        for source_path in (origin.path, *(via.path for via in origin.via)):
            if source_path[: len(around)] == around and len(source_path) == len(around) + 1:
                return source_path
        raise CannotEdit("the item is defined elsewhere")

    def _own(self, path: Path) -> Provenance:
        origin = self._expansion.origin(path)
        if origin.document is not self._expansion.document or origin.has_errors or origin.is_measured:
            raise CannotEdit("the value is not written in this spec")
        return origin

    def _copies(self, source_path: Path) -> set[Path]:
        """All paths of the expanded tree whose value was written at a location."""
        if not self._expansion.moved:
            return {source_path}
        if self._places is None:
            self._places = {}
            pending: list[tuple[object, Path]] = [(self._expansion.tree, ())]
            while pending:
                value, path = pending.pop()
                origin = self._expansion.origin(path)
                if origin.document is self._expansion.document and not origin.is_measured:
                    self._places.setdefault(origin.path, set()).add(path)
                if not origin.is_reference and isinstance(value, (dict, list)):
                    pending += [(item, (*path, key)) for key, item in entries(value)]
        return self._places.get(source_path, set())


def _once(changes: Iterable[TreeEdit]) -> list[TreeEdit]:
    """The changes without repetitions; their values cannot be hashed."""
    found: dict[tuple[str, Path], list[TreeEdit]] = {}
    out = []
    for change in changes:
        same = found.setdefault(change[:2], [])
        if change not in same:
            same.append(change)
            out.append(change)
    return out


def _index(path: Path | None) -> int:
    assert path is not None and isinstance(path[-1], int)
    return path[-1]


def _fix_of(violation: Violation, expansion: Expansion) -> TreeFix | None:
    """The fix of a violation: its own, or the suggested word."""
    if violation.fix is not None or violation.suggestion is None:
        return violation.fix
    tree = expansion.tree if violation.location is None else violation.location.document.tree
    place = violation.location or violation
    path = place.path
    if place.anchor == "key":
        message, wrong, change = f"write {violation.suggestion}", str(path[-1]), rename(path, violation.suggestion)
    else:
        text = at_path(tree, path)
        if not isinstance(text, str):
            return None
        start, end = place.string_range or (0, len(text))
        wrong = text[start:end]
        # The range of a reference covers only the name, without the dollar sign, indices and slices.
        meant = (
            re.sub(r"[A-Za-z_]\w*", violation.suggestion, wrong, count=1) if wrong[:1] == "$" else violation.suggestion
        )
        change = set_value(path, text[:start] + meant + text[end:])
        message = f'write "{change.value}"'
    safe = violation.rule == "deprecated-argument" or same_word(wrong, violation.suggestion)
    return TreeFix(message, (change,), safe)
