"""Go to definition."""

from __future__ import annotations

from typing import NamedTuple

from lsprotocol import types

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.syntax import Document
from seqspec.editor.lsp.completion_context import innermost
from seqspec.editor.lsp.document_index import ClientIndex, DocumentIndex, extended_file, symbol_at
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def answer(ls: Server, params: types.DefinitionParams) -> list[types.Location] | list[types.LocationLink]:
        return definitions(ls.index, params.text_document, params.position)


class DefinitionTarget(NamedTuple):
    """The location of a definition: its file and text, its offsets, and those of its whole declaration."""

    file: str
    text: str
    start: int
    end: int
    around: tuple[int, int]


class DefinitionResult(NamedTuple):
    """The definitions of the name between two offsets."""

    start: int
    end: int
    targets: list[DefinitionTarget]


def definition(index: DocumentIndex, snapshot: Snapshot, offset: int) -> DefinitionResult | None:
    """The definition of the name at an offset: in the closest document, or, at that definition, in the next one."""
    located = symbol_at(index, snapshot, offset)
    if located is None:
        return _of_file(index, snapshot, offset) or _of_monitor(snapshot, offset)
    (_, occurrence), symbol = located
    targets_here: list[DefinitionTarget] = []
    for document in index.chain(snapshot):
        defined = [other for other in document.symbols.occurrences if other.defines and other.symbols[0] == symbol]
        targets = [
            DefinitionTarget(
                document.file, document.text, *other.name_range(symbol), _around(document.document, other.path)
            )
            for other in defined
        ]
        if document is snapshot and occurrence in defined:
            targets_here = targets
        elif targets:
            targets_here = targets
            break
    return DefinitionResult(*occurrence.name_range(symbol), targets_here)


def _around(document: Document, path: Path) -> tuple[int, int]:
    """The range of a value with its key."""
    start, end, key_start, key_end = document.places()[path]
    return (min(start, key_start), max(end, key_end)) if key_start >= 0 else (start, end)


def _of_file(index: DocumentIndex, snapshot: Snapshot, offset: int) -> DefinitionResult | None:
    extended = extended_file(index, snapshot)
    if extended is None or not extended[0] <= offset <= extended[1]:
        return None
    return DefinitionResult(extended[0], extended[1], [DefinitionTarget(extended[2], "", 0, 0, (0, 0))])


def _of_monitor(snapshot: Snapshot, offset: int) -> DefinitionResult | None:
    """The metric that a callback monitors."""
    location = innermost(snapshot.document, offset)
    if location is None or location[0][:1] != ("fit",) or location[0][-1] != "monitor" or location[1] != "value":
        return None
    name = snapshot.at(location[0])
    result = snapshot.tolerated
    if not isinstance(name, str) or "compile" not in result.spec.written:
        return None
    from seqspec.core.api.training import LOSS, VALIDATION, logs_of

    metric = logs_of(result.spec.compile, result.expansion.tree["compile"]).logged(name)
    path = metric.path if metric is not None else None
    if name.removeprefix(VALIDATION) == LOSS:
        path = ("compile", "loss")
    origin = result.expansion.origin(path) if path is not None else None
    if origin is None:
        return None
    document = snapshot.document if origin.document is result.document else origin.document
    span = document.places().get(origin.path) if document.text is not None else None
    if span is None:
        return None
    text = snapshot.text if document is snapshot.document else document.text or ""
    target = DefinitionTarget(document.file or snapshot.file, text, *span[:2], span[:2])
    return DefinitionResult(*snapshot.document.places()[location[0]][:2], [target])


def definitions(
    index: ClientIndex, document: types.TextDocumentIdentifier, position: types.Position
) -> list[types.Location] | list[types.LocationLink]:
    """The definitions of the name at a position, as LSP locations."""
    opened = index.find(document)
    if opened is None:
        return []
    snapshot, text = opened
    link = definition(index.documents, snapshot, text.offset(position))
    if link is None:
        return []
    capabilities = index.capabilities.text_document
    linked = capabilities is not None and capabilities.definition and capabilities.definition.link_support
    locations, links = [], []
    for target in link.targets:
        there = index.text_of(target.text)
        target_range = there.range(target.start, target.end)
        locations.append(types.Location(index.uri(target.file), target_range))
        around = there.range(*target.around)
        links.append(types.LocationLink(index.uri(target.file), around, target_range, text.range(link.start, link.end)))
    return links if linked else locations
