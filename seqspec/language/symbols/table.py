"""The symbol table of a document: its symbols, and where each of their names occurs in the text.

What a name means depends on the documents that take part: a block may inherit its parameters from a document that is
extended. So an occurrence keeps everything that it may mean, the innermost first, and a `SymbolView` of the documents
decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from seqspec.diagnostics.violation import Path
from seqspec.syntax.document import Document

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Symbol(NamedTuple):
    """Something that has a name.

    Attributes:
        kind: `"variable"`, `"block"`, `"parameter"`, `"loop"` (bound by `for`), `"layer"`, `"class"`, `"size"` (bound
            by `input_shape`) or `"argument"` (of a class).
        name: Its name.
        of: The block of a parameter, the class of a size or argument, the `for` in its document that binds a name.
    """

    kind: str
    name: str
    of: str = ""


class Occurrence(NamedTuple):
    """A name where it is in the text.

    Attributes:
        symbols: What it may mean, the innermost first.
        start: The offset where the name begins, after a quote or `$`.
        end: The offset after it.
        text: The name, with the number after it where it is that of a copy, such as `conv_1`.
        token: The offsets of the whole key, with its quotes; None in a value.
        defines: Whether it is the definition.
        path: The path of the value that it names or is in.
    """

    symbols: tuple[Symbol, ...]
    start: int
    end: int
    text: str
    token: tuple[int, int] | None
    defines: bool
    path: Path

    def name_range(self, symbol: Symbol) -> tuple[int, int]:
        """The offsets of the name itself, without the number of a copy."""
        return (self.start, self.start + len(symbol.name)) if self.is_copy(symbol) else (self.start, self.end)

    def is_copy(self, symbol: Symbol) -> bool:
        """Whether it names a copy of a layer by the layer's name and a number."""
        return len(symbol.name) < len(self.text) == self.end - self.start

    def renamed(self, symbol: Symbol, name: str, document: Document) -> tuple[int, int, str]:
        """The edit that makes it another name: offsets, and what is written there."""
        if self.token is None:
            return (*self.name_range(symbol), name)
        text = document.text or ""
        return (*self.token, spelled(name + self.text[len(symbol.name) :], text[self.token[0]], document.format))


def spelled(key: str, quote: str, format: str) -> str:
    """A key as it is written in a format, with the quote that was there if it can have it."""
    if format == "json" or quote == '"':
        return json.dumps(key, ensure_ascii=False)
    if quote == "'":
        return f"'{key}'"
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)


class DynamicName(NamedTuple):
    """A place whose names are known only once the document is expanded, such as `use = "$which"`.

    `names` are the kinds of what may be named there.
    """

    names: tuple[str, ...]
    path: Path


class SymbolTable:
    """The names of one document.

    Attributes:
        occurrences: All of them, in the order in which the tables are read.
        dynamic: The places where a value defines a name.
        loops: The names that a `for` binds.
        uncertain: The names that layers refer to whose `for` takes its names from a value.
        patched: The names that changes of layers refer to, which a `for` of the changed layer may bind.
        patch_keys: The keys of changes of layers.
        patterns: Regular expressions for the paths of layers, each with its place.
    """

    def __init__(self) -> None:
        self.occurrences: list[Occurrence] = []
        self.dynamic: list[DynamicName] = []
        self.loops: set[str] = set()
        self.uncertain: set[str] = set()
        self.patched: set[str] = set()
        self.patch_keys: set[str] = set()
        self.patterns: list[tuple[str, Path]] = []

    @cached_property
    def defined(self) -> frozenset[Symbol]:
        """What the document itself defines."""
        return frozenset(found.symbols[0] for found in self.occurrences if found.defines)

    @cached_property
    def mentioned(self) -> frozenset[Symbol]:
        """All that its names may mean."""
        return frozenset(symbol for found in self.occurrences for symbol in found.symbols)

    def at(self, offset: int) -> Occurrence | None:
        """The name that is at an offset."""
        return next((found for found in self.occurrences if found.start <= offset <= found.end), None)


class SymbolView:
    """What the names of documents that extend one another mean together."""

    def __init__(self, tables: Iterable[SymbolTable]) -> None:
        self._defined = [table.defined for table in tables]

    def __contains__(self, symbol: Symbol) -> bool:
        return any(symbol in defined for defined in self._defined)

    def meaning(self, occurrence: Occurrence) -> Symbol | None:
        """What a name means; None where nothing defines it."""
        return next((symbol for symbol in occurrence.symbols if symbol in self), None)
