"""The references of a document as it is written, each with what it is bound by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from seqspec.diagnostics.violation import Violation
from seqspec.language.references import Reference, Text, read_text
from seqspec.language.variables import entries, is_extension_key
from seqspec.syntax.scan import Path

_WITHOUT = ("custom", "$schema", "seqspec", "keras", "extends")
"""The tables and keys at the top that no reference is read in."""

Names = Mapping[str, Path]
"""The names that can be referred to at a place, each with the path at which it is declared."""


class Mention(NamedTuple):
    """One reference.

    Attributes:
        path: Where its string stands.
        text: The string.
        read: What the string is made of.
        reference: The reference in it.
        binder: Where its name is declared, a variable at `("vars", NAME)`; None for a name that nobody declares.
        names: Everything that can be referred to at this place.
    """

    path: Path
    text: str
    read: Text
    reference: Reference
    binder: Path | None
    names: Names


def mentions(tree: Mapping[str, Any], variables: Iterable[str]) -> Iterator[Mention]:
    """Every reference of a document.

    Args:
        tree: The document.
        variables: The names of its variables, those that it inherits included.
    """
    for path, value, names in places(tree, variables):
        if isinstance(value, str) and "$" in value:
            try:
                read = read_text(value)
            except Violation:
                continue
            for reference in read.references:
                yield Mention(path, value, read, reference, names.get(reference.name), names)


def places(tree: Mapping[str, Any], variables: Iterable[str]) -> Iterator[tuple[Path, Any, Names]]:
    """Every value of a document where a reference can stand, tables and lists too, with the names that it may use."""
    outer: Names = {name: ("vars", name) for name in variables}
    for key, value in tree.items():
        if key in _WITHOUT or is_extension_key(key):
            continue
        if key == "blocks" and isinstance(value, Mapping):
            for name, block in value.items():
                if isinstance(block, Mapping) and not is_extension_key(name):
                    yield from _of_block(block, ("blocks", name), outer)
        else:
            yield from _within(value, (key,), outer)


def _of_block(block: Mapping[str, Any], path: Path, outer: Names) -> Iterator[tuple[Path, Any, Names]]:
    params = block.get("params")
    inner = dict(outer)
    if isinstance(params, Mapping):
        inner.update({name: (*path, "params", name) for name in params})
    for key, value in block.items():
        if not is_extension_key(key):
            yield from _within(value, (*path, key), inner if key == "layers" else outer)


def _within(value: Any, path: Path, names: Names) -> Iterator[tuple[Path, Any, Names]]:
    yield path, value, names
    if not isinstance(value, (dict, list)):
        return
    inner = names
    if isinstance(value, dict) and "for" in value and "use" not in value:
        rounds = value["for"]
        # Names from elsewhere are not known here, and may be any.
        inner = {**names, **{name: (*path, "for", name) for name in rounds}} if isinstance(rounds, dict) else {}
    for key, item in entries(value):
        if not is_extension_key(key):
            yield from _within(item, (*path, key), names if key in ("for", "repeat") else inner)


def names_of(tree: Mapping[str, Any], variables: Iterable[str]) -> set[str]:
    """Every name that is declared or referred to anywhere in a document."""
    found = set(variables)
    for _, value, names in places(tree, variables):
        found.update(names)
        if isinstance(value, str) and "$" in value:
            try:
                found.update(reference.name for reference in read_text(value).references)
            except Violation:
                continue
    return found


def fresh(name: str, taken: Iterable[str]) -> str:
    """A name that is not taken: the one that is wished for, or with a number behind it."""
    used = set(taken)
    number = 2
    wished = name
    while name in used:
        name = f"{wished}_{number}"
        number += 1
    return name
