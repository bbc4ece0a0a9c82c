"""The index of documents that extend each other, open or in a folder, and their URIs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from seqspec.core.api.files import LIMITS, ConfigurationError, Configurations, Limits, walk
from seqspec.core.api.language import base_of
from seqspec.editor.lsp.diagnostics import file_uri
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot
from seqspec.editor.lsp.symbol_table import Occurrence, Symbol, SymbolView
from seqspec.editor.lsp.workspace import Workspace


class DocumentIndex:
    """Documents by file: as in the editor if they are open, else as on disk.

    Args:
        limits: Limits on what is read.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._open: dict[str, Snapshot] = {}
        self._read: dict[str, tuple[tuple[int, int], Snapshot | None]] = {}
        self._files: dict[str, None] = {}

    def open(self, snapshots: Iterable[Snapshot]) -> None:
        """Replaces the open documents."""
        self._open = {os.path.realpath(snapshot.file): snapshot for snapshot in snapshots}

    def survey(self, folders: Iterable[str]) -> None:
        """Searches folders for documents that extend others."""
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
        """The document of a file; None if it cannot be read."""
        return self._open.get(os.path.realpath(file)) or self._from_disk(file)

    def _from_disk(self, file: str) -> Snapshot | None:
        real = os.path.realpath(file)
        try:
            status = os.stat(real)
            state = (status.st_mtime_ns, status.st_size)
            cached = self._read.get(real)
            if cached is not None and cached[0] == state:
                return cached[1]
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
        """A document followed by the chain of documents that it extends."""
        snapshots = [snapshot]
        seen = {os.path.realpath(snapshot.file)}
        while len(snapshots) < self._limits.files and "extends" in snapshots[-1].tree:
            last = snapshots[-1]
            file = base_of(last.document, last.tree["extends"], snapshot.document)
            base = None if file is None or os.path.realpath(file) in seen else self.get(file)
            if base is None:
                break
            seen.add(os.path.realpath(base.file))
            snapshots.append(base)
        return snapshots

    def view(self, snapshot: Snapshot) -> SymbolView:
        """Resolves the names in a document."""
        return SymbolView(document.symbols for document in self.chain(snapshot))

    def everything(self) -> Iterator[Snapshot]:
        """All open documents, and those in the folders that extend others."""
        yield from self._open.values()
        for file in self._files:
            if os.path.realpath(file) not in self._open:
                snapshot = self._from_disk(file)
                if snapshot is not None:
                    yield snapshot

    def family(self, snapshot: Snapshot, symbol: Symbol) -> DocumentFamily:
        """The documents in which a symbol of a document occurs."""
        chain = self.chain(snapshot)
        top = next((document for document in reversed(chain) if symbol in document.symbols.mentioned), snapshot)
        chains = {top.file: self.chain(top)}
        for other in [snapshot, *self.everything()]:
            other_chain = self.chain(other)
            if any(document is top for document in other_chain):
                chains.setdefault(other.file, other_chain)
        return DocumentFamily(symbol, list(chains.values()))


class NameLocation(NamedTuple):
    """An occurrence of a name in a document."""

    snapshot: Snapshot
    occurrence: Occurrence


class DocumentFamily:
    """The documents that share a symbol.

    Args:
        symbol: The symbol.
        chains: Each document with the documents that it extends.
    """

    def __init__(self, symbol: Symbol, chains: list[list[Snapshot]]) -> None:
        self.symbol = symbol
        self.chains = chains

    @property
    def all(self) -> list[Snapshot]:
        """The documents and all that they extend."""
        return list({id(document): document for chain in self.chains for document in chain}.values())

    def places(self) -> list[NameLocation]:
        """The occurrences of the symbol, in text order per document."""
        symbol = self.symbol
        places: dict[tuple[int, int], NameLocation] = {}
        for chain in self.chains:
            view = SymbolView(document.symbols for document in chain)
            for document in chain:
                if symbol not in document.symbols.mentioned:
                    continue
                for occurrence in document.symbols.occurrences:
                    if symbol in occurrence.symbols and view.meaning(occurrence) == symbol:
                        places.setdefault((id(document), occurrence.start), NameLocation(document, occurrence))
        order = {id(document): number for number, document in enumerate(self.all)}
        return sorted(places.values(), key=lambda place: (order[id(place.snapshot)], place.occurrence.start))


def symbol_at(index: DocumentIndex, snapshot: Snapshot, offset: int) -> tuple[NameLocation, Symbol] | None:
    """The symbol at an offset; None if there is no name, or it is undefined."""
    occurrence = snapshot.symbols.at(offset)
    symbol = None if occurrence is None else index.view(snapshot).meaning(occurrence)
    if occurrence is None or symbol is None:
        return None
    return NameLocation(snapshot, occurrence), symbol


def extended_file(index: DocumentIndex, snapshot: Snapshot) -> tuple[int, int, str] | None:
    """The file that a document extends, and its offsets in the text without quotes."""
    value_range = snapshot.document.places().get(("extends",))
    chain = index.chain(snapshot)
    if value_range is None or len(chain) < 2:
        return None
    quoted = snapshot.document.text is not None and snapshot.document.text[value_range[0]] in "\"'"
    return value_range[0] + quoted, value_range[1] - quoted, chain[1].file


class ClientIndex:
    """The index of documents, and their URIs as the client writes them.

    Attributes:
        documents: The index.

    Args:
        server: The connection to the client.
        workspace: The latest versions of documents.
    """

    def __init__(self, server: LanguageServer, workspace: Workspace) -> None:
        self.documents = DocumentIndex()
        self._server = server
        self._workspace = workspace
        self._uris: dict[str, str] = {}

    @property
    def capabilities(self) -> types.ClientCapabilities:
        """The capabilities of the client."""
        return self._server.client_capabilities

    def latest(self, document: types.TextDocumentIdentifier | TextDocument) -> tuple[Snapshot, PositionMap] | None:
        """The latest snapshot of a document; None for a file that is not a document or has no text."""
        opened = self._workspace.find(document.uri)
        if opened is None or opened.snapshot.document.text is None:
            return None
        return opened.snapshot, opened.text

    def find(self, identifier: types.TextDocumentIdentifier) -> tuple[Snapshot, PositionMap] | None:
        """Like `latest`, after the index has been updated with all open documents."""
        documents = {}
        # By their own URIs, because the keys of the workspace are unescaped.
        for document in list(self._server.workspace.text_documents.values()):
            opened = self.latest(document)
            if opened is not None:
                documents[document.uri] = opened
        self._uris = {snapshot.file: uri for uri, (snapshot, _) in documents.items()}
        self.documents.open(snapshot for snapshot, _ in documents.values())
        return documents.get(identifier.uri)

    def folders(self) -> list[str]:
        """The workspace folders with a file path."""
        paths = (uris.to_fs_path(folder.uri) for folder in self._server.workspace.folders.values())
        return [path for path in paths if path]

    def survey(self) -> None:
        """Searches the folders of the workspace for documents that extend others."""
        self.documents.survey(self.folders())

    def text_of(self, text: str) -> PositionMap:
        """The position map of a text in the encoding of the client."""
        return PositionMap(text, self._server.workspace.position_codec)

    def uri(self, file: str) -> str:
        """The URI of a file, as the client writes it if known."""
        return self._uris.get(file) or file_uri(file)
