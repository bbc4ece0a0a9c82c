"""The symbol table of a document: its symbols and their occurrences in the text.

The meaning of a name depends on all documents involved: a block may inherit its parameters from a base document. So an
occurrence keeps all symbols that it may refer to, the innermost first, and a `SymbolView` of the documents resolves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.messages import quoted, toml_key
from seqspec.core.api.syntax import Document


class Symbol(NamedTuple):
    """Something that has a name.

    Attributes:
        kind: `"variable"`, `"block"`, `"parameter"`, `"loop"` (bound by `for`), `"layer"`, `"class"`, `"size"` (bound
            by `input_shape`) or `"argument"` (of a class).
        name: Its name.
        of: The block of a parameter, the class of a size or argument, the `for` that binds a name.
    """

    kind: str
    name: str
    of: str = ""


class Occurrence(NamedTuple):
    """An occurrence of a name in the text.

    Attributes:
        symbols: The symbols that it may refer to, the innermost first.
        start: The offset where the name begins, after a quote or `$`.
        end: The offset after it.
        text: The name as written; for a copy with its number, such as `conv_1`.
        token: The offsets of the whole key with its quotes; None in a value.
        defines: Whether it is the definition.
        path: The path of the value that it refers to or is in.
    """

    symbols: tuple[Symbol, ...]
    start: int
    end: int
    text: str
    token: tuple[int, int] | None
    defines: bool
    path: Path

    def name_range(self, symbol: Symbol) -> tuple[int, int]:
        """The offsets of the name without the number of a copy."""
        return (self.start, self.start + len(symbol.name)) if self.is_copy(symbol) else (self.start, self.end)

    def is_copy(self, symbol: Symbol) -> bool:
        """Whether it refers to a copy of a layer, by the name of the layer and a number."""
        return len(symbol.name) < len(self.text) == self.end - self.start

    def renamed(self, symbol: Symbol, name: str, document: Document) -> tuple[int, int, str]:
        """The edit that renames it: offsets and the new text."""
        if self.token is None:
            return (*self.name_range(symbol), name)
        text = document.text or ""
        return (*self.token, spelled(name + self.text[len(symbol.name) :], text[self.token[0]]))


def spelled(key: str, quote: str) -> str:
    """A key that replaces one that begins with `quote`, with the same quotes if it has any."""
    if quote == '"':
        return quoted(key)
    return f"'{key}'" if quote == "'" else toml_key(key)


class DynamicName(NamedTuple):
    """A name that is known only after the expansion, such as `use = "$which"`.

    `names` are the kinds of symbols that it may refer to.
    """

    names: tuple[str, ...]
    path: Path


class SymbolTable:
    """The names of one document.

    Attributes:
        occurrences: All occurrences, in reading order.
        dynamic: The names that are known only after the expansion.
        dotted: The quoted keys with dots in `[search]`, each a path with names in it.
        loops: The names that a `for` binds.
        uncertain: The references in layers whose `for` has unknown names.
        patched: The references in overrides, which a `for` of the changed layer may bind.
        patch_keys: The keys of overrides.
        patterns: Regular expressions for layer paths, with their locations.
    """

    def __init__(self) -> None:
        self.occurrences: list[Occurrence] = []
        self.dynamic: list[DynamicName] = []
        self.dotted: list[Path] = []
        self.loops: set[str] = set()
        self.uncertain: set[str] = set()
        self.patched: set[str] = set()
        self.patch_keys: set[str] = set()
        self.patterns: list[tuple[str, Path]] = []

    @cached_property
    def defined(self) -> frozenset[Symbol]:
        """The symbols that the document defines."""
        return frozenset(occurrence.symbols[0] for occurrence in self.occurrences if occurrence.defines)

    @cached_property
    def mentioned(self) -> frozenset[Symbol]:
        """All symbols that its names may refer to."""
        return frozenset(symbol for occurrence in self.occurrences for symbol in occurrence.symbols)

    def at(self, offset: int) -> Occurrence | None:
        """The occurrence at an offset."""
        return next(
            (occurrence for occurrence in self.occurrences if occurrence.start <= offset <= occurrence.end), None
        )


class SymbolView:
    """Resolves names in a chain of documents that extend each other."""

    def __init__(self, tables: Iterable[SymbolTable]) -> None:
        self._defined = [table.defined for table in tables]

    def __contains__(self, symbol: Symbol) -> bool:
        return any(symbol in defined for defined in self._defined)

    def meaning(self, occurrence: Occurrence) -> Symbol | None:
        """The symbol that a name refers to; None if it is undefined."""
        return next((symbol for symbol in occurrence.symbols if symbol in self), None)
