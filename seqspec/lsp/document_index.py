"""The documents that share a name: those that one extends, and those that extend it, open or in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from seqspec.config.config_layer import ConfigurationError
from seqspec.config.configuration import Configurations
from seqspec.config.walk import walk
from seqspec.language.extends import base_of
from seqspec.language.symbols.table import Occurrence, Symbol, SymbolView
from seqspec.lsp.snapshot import Snapshot
from seqspec.syntax.limits import LIMITS, Limits


class DocumentIndex:
    """Documents by their files: as the editor has them where they are open, else as they are on the disk.

    Args:
        limits: Bounds on what is read.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._open: dict[str, Snapshot] = {}
        self._read: dict[str, tuple[tuple[int, int], Snapshot | None]] = {}
        self._files: dict[str, None] = {}

    def open(self, snapshots: Iterable[Snapshot]) -> None:
        """Takes the documents that are open, instead of those that were."""
        self._open = {os.path.realpath(snapshot.file): snapshot for snapshot in snapshots}

    def survey(self, folders: Iterable[str]) -> None:
        """Looks through folders for documents that extend others."""
        files: dict[str, None] = {}
        configurations = Configurations()
        for folder in folders:
            try:
                for file in walk(folder, configurations, []):
                    snapshot = self._from_disk(file)
                    if snapshot is not None and "extends" in snapshot.text:
                        files[file] = None
                    else:
                        self._read.pop(os.path.realpath(file), None)
            except (ConfigurationError, OSError):
                continue
        self._files = files

    def get(self, file: str) -> Snapshot | None:
        """The document of a file; None if none can be read."""
        return self._open.get(os.path.realpath(file)) or self._from_disk(file)

    def _from_disk(self, file: str) -> Snapshot | None:
        real = os.path.realpath(file)
        try:
            found = os.stat(real)
            state = (found.st_mtime_ns, found.st_size)
            known = self._read.get(real)
            if known is not None and known[0] == state:
                return known[1]
            with open(real, encoding="utf-8", newline="") as stream:
                text = stream.read(self._limits.bytes + 1)
        except (OSError, ValueError):
            self._read.pop(real, None)
            return None
        snapshot = None
        if len(text) <= self._limits.bytes and "\0" not in text[:2]:
            snapshot = Snapshot(text, os.path.abspath(file), None, None, self._limits)
        self._read[real] = (state, snapshot)
        return snapshot

    def chain(self, snapshot: Snapshot) -> list[Snapshot]:
        """A document and those that it extends, each followed by the one that it extends."""
        found = [snapshot]
        seen = {os.path.realpath(snapshot.file)}
        while len(found) < self._limits.files:
            last = found[-1]
            if "extends" not in last.tree:
                break
            file = base_of(last.document, last.tree["extends"], snapshot.document)
            if file is None or os.path.realpath(file) in seen:
                break
            base = self.get(file)
            if base is None:
                break
            seen.add(os.path.realpath(file))
            found.append(base)
        return found

    def view(self, snapshot: Snapshot) -> SymbolView:
        """What names mean in a document."""
        return SymbolView(each.symbols for each in self.chain(snapshot))

    def everything(self) -> Iterator[Snapshot]:
        """The documents that are open, and those of the folders that extend others."""
        yield from self._open.values()
        for file in self._files:
            if os.path.realpath(file) not in self._open:
                found = self._from_disk(file)
                if found is not None:
                    yield found

    def family(self, snapshot: Snapshot, symbol: Symbol) -> Family:
        """The documents in which something of a document has its name."""
        chain = self.chain(snapshot)
        top = next((each for each in reversed(chain) if symbol in each.symbols.mentioned), snapshot)
        chains = {top.file: self.chain(top)}
        for other in [snapshot, *self.everything()]:
            way = self.chain(other)
            if any(each is top for each in way):
                chains.setdefault(other.file, way)
        return Family(symbol, list(chains.values()))


class SourceLocation(NamedTuple):
    """A name in a document."""

    snapshot: Snapshot
    occurrence: Occurrence


class Family:
    """The documents that share a name.

    Args:
        symbol: What has the name.
        chains: Each document, followed by those that it extends.
    """

    def __init__(self, symbol: Symbol, chains: list[list[Snapshot]]) -> None:
        self.symbol = symbol
        self.chains = chains

    @property
    def all(self) -> list[Snapshot]:
        """The documents and all that they extend."""
        return list({id(each): each for chain in self.chains for each in chain}.values())

    def places(self) -> list[SourceLocation]:
        """Where the name is, document by document in the order of their texts."""
        symbol = self.symbol
        found: dict[tuple[int, int], SourceLocation] = {}
        for chain in self.chains:
            view = SymbolView(each.symbols for each in chain)
            for each in chain:
                if symbol not in each.symbols.mentioned:
                    continue
                for occurrence in each.symbols.occurrences:
                    if symbol in occurrence.symbols and view.meaning(occurrence) == symbol:
                        found.setdefault((id(each), occurrence.start), SourceLocation(each, occurrence))
        order = {id(each): number for number, each in enumerate(self.all)}
        return sorted(found.values(), key=lambda place: (order[id(place.snapshot)], place.occurrence.start))


def symbol_at(index: DocumentIndex, snapshot: Snapshot, offset: int) -> tuple[SourceLocation, Symbol] | None:
    """What the name at an offset means; None if absent, or nothing defines it."""
    occurrence = snapshot.symbols.at(offset)
    symbol = None if occurrence is None else index.view(snapshot).meaning(occurrence)
    if occurrence is None or symbol is None:
        return None
    return SourceLocation(snapshot, occurrence), symbol


def extended_file(index: DocumentIndex, snapshot: Snapshot) -> tuple[int, int, str] | None:
    """The offsets of the file that a document extends, without quotes, and the file."""
    place = snapshot.document.places().get(("extends",))
    chain = index.chain(snapshot)
    if place is None or len(chain) < 2:
        return None
    quoted = snapshot.document.text is not None and snapshot.document.text[place[0]] in "\"'"
    return place[0] + quoted, place[1] - quoted, chain[1].file
