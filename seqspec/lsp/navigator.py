"""The requests of an editor that go by names and places: definition, references, rename, outline, folding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.workspace import TextDocument

from seqspec.lsp.document_index import Library
from seqspec.lsp.features import navigation
from seqspec.lsp.features.diagnostics import address
from seqspec.lsp.features.folding import folding, selection
from seqspec.lsp.features.rename import Refusal, rename, renameable
from seqspec.lsp.features.symbols import document_symbols, flat
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

if TYPE_CHECKING:
    from seqspec.lsp.server import Server

Asked = types.TextDocumentIdentifier


def register(server: Server) -> None:
    """Makes a server answer these requests."""
    navigator = Navigator(server)
    feature = server.feature

    @feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(ls: Server, params: types.DefinitionParams) -> list[types.Location] | list[types.LocationLink]:
        return navigator.definition(params.text_document, params.position)

    @feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(ls: Server, params: types.ReferenceParams) -> list[types.Location]:
        return navigator.references(params.text_document, params.position, params.context.include_declaration)

    @feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def highlight(ls: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        found = navigator.known(params.text_document)
        if found is None:
            return []
        return navigation.highlights(navigator.library, *found, found[1].offset(params.position))

    @feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(ls: Server, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        return navigator.prepare(params.text_document, params.position)

    @feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def renamed(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
        return navigator.rename(params.text_document, params.position, params.new_name)

    @feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)
    def document_link(ls: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        return navigator.links(params.text_document)

    @feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(
        ls: Server, params: types.DocumentSymbolParams
    ) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
        found = navigator.alone(params.text_document)
        if found is None:
            return []
        made = document_symbols(*found)
        asked = ls.client_capabilities.text_document
        known = asked.document_symbol if asked else None
        if known and known.hierarchical_document_symbol_support:
            return made
        return list(flat(made, params.text_document.uri))

    @feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def folding_range(ls: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        found = navigator.alone(params.text_document)
        return folding(*found) if found else []

    @feature(types.TEXT_DOCUMENT_SELECTION_RANGE)
    def selection_range(ls: Server, params: types.SelectionRangeParams) -> list[types.SelectionRange]:
        found = navigator.alone(params.text_document)
        return [selection(*found, found[1].offset(position)) for position in params.positions] if found else []


class Navigator:
    """Answers in the terms of the client what `navigation` and `rename` find."""

    def __init__(self, server: Server) -> None:
        self.library = Library()
        self._server = server
        self._uris: dict[str, str] = {}

    def alone(self, asked: Asked | TextDocument) -> tuple[Snapshot, Text] | None:
        """The newest text of a document; None for a file that is none of ours."""
        known = self._server.known(asked.uri)
        return known if known is not None and known[0].document.text is not None else None

    def known(self, asked: Asked) -> tuple[Snapshot, Text] | None:
        """The same, once the library has all texts that are open now."""
        found = {}
        # By their own addresses: the keys of a workspace are without escapes.
        for document in list(self._server.workspace.text_documents.values()):
            known = self.alone(document)
            if known is not None:
                found[document.uri] = known
        self._uris = {snapshot.file: uri for uri, (snapshot, _) in found.items()}
        self.library.open(snapshot for snapshot, _ in found.values())
        return found.get(asked.uri)

    def _survey(self) -> None:
        """Looks through the folders of the workspace for documents that extend others."""
        self.library.survey(self._server.folders())

    def _text(self, snapshot: Snapshot) -> Text:
        return Text(snapshot.text, self._server.workspace.position_codec)

    def _uri(self, file: str) -> str:
        return self._uris.get(file) or address(file)

    def definition(self, asked: Asked, position: types.Position) -> list[types.Location] | list[types.LocationLink]:
        """Where what stands at a position is defined."""
        known = self.known(asked)
        if known is None:
            return []
        snapshot, text = known
        found = navigation.definition(self.library, snapshot, text.offset(position))
        if found is None:
            return []
        capabilities = self._server.client_capabilities.text_document
        linked = capabilities is not None and capabilities.definition and capabilities.definition.link_support
        locations, links = [], []
        for target in found.targets:
            there = Text(target.text, self._server.workspace.position_codec)
            place = there.range(target.start, target.end)
            locations.append(types.Location(self._uri(target.file), place))
            around = there.range(*target.around)
            links.append(types.LocationLink(self._uri(target.file), around, place, text.range(found.start, found.end)))
        return links if linked else locations

    def references(self, asked: Asked, position: types.Position, declaration: bool) -> list[types.Location]:
        """Where the name at a position stands."""
        known = self.known(asked)
        if known is None:
            return []
        snapshot, text = known
        self._survey()
        texts: dict[str, Text] = {}
        locations = []
        for (other, occurrence), symbol in navigation.references(
            self.library, snapshot, text.offset(position), declaration
        ):
            there = texts.setdefault(other.file, self._text(other))
            locations.append(types.Location(self._uri(other.file), there.range(*occurrence.stretch(symbol))))
        return locations

    def prepare(self, asked: Asked, position: types.Position) -> types.PrepareRenamePlaceholder | None:
        """The name at a position that can be another."""
        known = self.known(asked)
        if known is None:
            return None
        snapshot, text = known
        try:
            (_, occurrence), symbol = renameable(self.library, snapshot, text.offset(position))
        except Refusal as refusal:
            raise Refused(refusal) from None
        return types.PrepareRenamePlaceholder(text.range(*occurrence.stretch(symbol)), symbol.name)

    def rename(self, asked: Asked, position: types.Position, name: str) -> types.WorkspaceEdit | None:
        """The edits that give what stands at a position another name."""
        known = self.known(asked)
        if known is None:
            return None
        snapshot, text = known
        self._survey()
        try:
            changes = rename(self.library, snapshot, text.offset(position), name)
        except Refusal as refusal:
            raise Refused(refusal) from None
        edits: dict[str, Sequence[types.TextEdit]] = {}
        versions: dict[str, int | None] = {}
        for other, made in changes:
            there = self._text(other)
            uri = self._uri(other.file)
            versions[uri] = other.version
            edits[uri] = [types.TextEdit(there.range(start, end), new) for start, end, new in made]
        asked_for = self._server.client_capabilities.workspace
        if asked_for and asked_for.workspace_edit and asked_for.workspace_edit.document_changes:
            return types.WorkspaceEdit(
                document_changes=[
                    types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, versions[uri]), found)
                    for uri, found in edits.items()
                ]
            )
        return types.WorkspaceEdit(changes=edits)

    def links(self, asked: Asked) -> list[types.DocumentLink]:
        """The file that a document extends."""
        known = self.known(asked)
        found = None if known is None else navigation.extended_file(self.library, known[0])
        if known is None or found is None:
            return []
        start, end, file = found
        return [types.DocumentLink(known[1].range(start, end), self._uri(file), "the document that this one extends")]


class Refused(JsonRpcException):
    """A request that is refused for a reason that the client shows."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal), types.LSPErrorCodes.RequestFailed.value)
