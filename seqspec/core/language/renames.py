"""Former names of keys of the language: each document gets the present ones before it is merged with others.

`extends`, overrides, `--set` and `[search.space]` see the present name alone, and findings keep the place of what was
written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from seqspec.core.diagnostics.violation import UNSET, Path, SourceLocation, Violation
from seqspec.core.language.expansion_context import ExpansionContext
from seqspec.core.language.former_keys import FORMER_KEYS
from seqspec.core.language.provenance import Provenance
from seqspec.core.syntax.document import Tree

SPACE = ("search", "space")
"""The table that has the tables of the document inside it, with distributions as values."""


class FormerKey(NamedTuple):
    """A key that has another name now.

    Attributes:
        table: The place of its table; "*" is any name.
        tag: The key that selects the table among others, if there are several.
        kind: The value of that key.
        old: The former name.
        new: The present one.
    """

    table: tuple[str, ...]
    tag: str
    kind: str
    old: str
    new: str

    def is_in(self, table: Tree) -> bool:
        """Whether a table at the place is the one that had the key."""
        return not self.tag or table.get(self.tag, self.kind) == self.kind


def former_keys() -> list[FormerKey]:
    """All of them."""
    return [FormerKey(*entry) for entry in FORMER_KEYS]


def renamed_twice(old: str, new: str) -> Violation:
    """The violation for a table with the former and the present name of a key."""
    return Violation(
        "conflicting-arguments",
        f"{old} is the former name of {new} in seqspec, and both are set",
        path=(old,),
        anchor="key",
        help=f"remove {old}",
    )


def renamed_key(old: str, new: str) -> Violation:
    """The violation for the former name of a key."""
    return Violation(
        "deprecated-argument",
        f"{old} is the former name of {new} in seqspec",
        path=(old,),
        anchor="key",
        help=f"write {new}",
        recovered_value=new or UNSET,
        suggestion=new,
    )


def with_present_names(tree: Tree, origin: Provenance, context: ExpansionContext) -> Tree:
    """A tree in which keys have their present names; former ones are reported."""
    for key in former_keys():
        for prefix in ((), SPACE):
            for path in list(_tables(tree, (*prefix, *key.table))):
                if key.is_in(_at(tree, path)) and key.old in _at(tree, path):
                    tree = _renamed(tree, path, key, origin, context)
    return tree


def _tables(value: Any, pattern: tuple[str, ...], path: Path = ()) -> Iterator[Path]:
    """The paths of the tables at a place; those in lists too."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _tables(entry, pattern, (*path, index))
    elif isinstance(value, dict):
        if not pattern:
            yield path
            return
        for name in list(value) if pattern[0] == "*" else pattern[:1]:
            if name in value:
                yield from _tables(value[name], pattern[1:], (*path, name))


def _at(value: Any, path: Path) -> Tree:
    for key in path:
        value = value[key]
    table: Tree = value
    return table


def _renamed(tree: Tree, path: Path, key: FormerKey, origin: Provenance, context: ExpansionContext) -> Tree:
    """A tree in which one table has the present name of a key."""
    tracker = context.tracker
    copied: Tree = tracker.own(tree)
    table: Any = copied
    for step in path:
        origin = tracker.child(origin, table, step)
        table = tracker.own_child(table, step)
    at = tracker.child(origin, table, key.old)
    if key.new in table:
        other = tracker.child(origin, table, key.new)
        related = [(SourceLocation(other.document, other.path), f"{key.new} here")]
        violation = renamed_twice(key.old, key.new)
        context.report(violation.rule, violation.message, at, anchor="key", help=violation.help, related=related)
        del table[key.old]
        return copied
    violation = renamed_key(key.old, key.new)
    context.report(
        violation.rule, violation.message, at, anchor="key", help=violation.help, suggestion=violation.suggestion
    )
    # The order of keys can have a meaning.
    for name, value in list(table.items()):
        place = at if name == key.old else tracker.child(origin, table, name)
        del table[name]
        name = key.new if name == key.old else name
        table[name] = value
        tracker.record(table, name, place)
    return copied
