"""The references of a document as written, each with the path of the declaration of its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.language import (
    REPETITION_KEYS,
    DeclaredSymbols,
    LexicalScope,
    ParsedText,
    Reference,
    read_text,
    sections,
    walk,
)

Binders = Mapping[str, Path]
"""The visible names, each with the path of its declaration."""


class BoundReference(NamedTuple):
    """One reference of a document as written.

    Attributes:
        path: The path of its string.
        text: The string.
        read: The parsed string.
        reference: The reference in it.
        binder: The path of the declaration of its name, for a variable `("vars", NAME)`; None for an undeclared name.
        names: All names that are visible there.
    """

    path: Path
    text: str
    read: ParsedText
    reference: Reference
    binder: Path | None
    names: Binders


_ROOT: Path = ()


def _below(path: Path, _: object, key: str | int) -> Path:
    return (*path, key)


def values(tree: Mapping[str, object], variables: Iterable[str]) -> Iterator[tuple[Path, object, Binders]]:
    """All values of a document where references are allowed, including tables and lists, with the visible names."""
    for section in sections(tree, _ROOT, variables, _below):
        for value, path, scope in walk(section, _below, every=True):
            yield path, value, scope.binders()


def bound_references(tree: Mapping[str, object], variables: Iterable[str]) -> Iterator[BoundReference]:
    """Every reference of a document.

    Args:
        tree: The document.
        variables: The names of its variables, including inherited ones.
    """
    for section in sections(tree, _ROOT, variables, _below):
        for value, path, scope in walk(section, _below):
            if isinstance(value, str):
                binders = scope.binders()
                read = try_read(value)
                if read is None:
                    continue
                for reference in read.references:
                    yield BoundReference(path, value, read, reference, binders.get(reference.name), binders)


def try_read(text: str) -> ParsedText | None:
    """The references in a string; None if it is invalid."""
    try:
        return read_text(text)
    except Violation:
        return None


def names_of(tree: Mapping[str, object], variables: Iterable[str]) -> set[str]:
    """All names that are declared or referred to in a document."""
    declared = set(variables)
    for _, value, names in values(tree, variables):
        declared.update(names)
        read = try_read(value) if isinstance(value, str) and "$" in value else None
        if read is not None:
            declared.update(reference.name for reference in read.references)
    return declared


def scope_at(tree: Mapping[str, object], path: Path, declared: DeclaredSymbols) -> LexicalScope[Path]:
    """The scope at a path of a document, which need not exist yet."""
    scope: LexicalScope[Path] = LexicalScope({name: ("vars", name) for name in declared.variables})
    if path[:1] == ("blocks",) and path[2:3] == ("layers",):
        name = str(path[1])
        params = {key: ("blocks", name, "params", key) for key in declared.parameters(name)}
        scope = LexicalScope(scope.variables, name, params)
    value: Any = tree
    for index, key in enumerate((*path, None)):
        if index > 1 and isinstance(value, Mapping) and key not in REPETITION_KEYS:
            scope = scope.inside(value, path[:index], _below)
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            value = None
    return scope


def unused_name(name: str, taken: Iterable[str]) -> str:
    """The name, with a number appended if it is taken."""
    used = set(taken)
    number = 2
    candidate = name
    while candidate in used:
        candidate = f"{name}_{number}"
        number += 1
    return candidate
