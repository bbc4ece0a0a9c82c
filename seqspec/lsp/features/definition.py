"""Go to definition: where what the cursor is on is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lsprotocol import types

from seqspec.diagnostics.violation import Path
from seqspec.lsp.client_index import ClientIndex
from seqspec.lsp.context import innermost
from seqspec.lsp.document_index import DocumentIndex, extended_file, symbol_at
from seqspec.lsp.snapshot import Snapshot
from seqspec.syntax.document import Document

if TYPE_CHECKING:
    from seqspec.lsp.server import Server


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def answer(ls: Server, params: types.DefinitionParams) -> list[types.Location] | list[types.LocationLink]:
        return definitions(ls.index, params.text_document, params.position)


class Target(NamedTuple):
    """Where a definition is: its file and text, its offsets there, and those of all that it takes in."""

    file: str
    text: str
    start: int
    end: int
    around: tuple[int, int]


class Found(NamedTuple):
    """The definitions of what is between two offsets."""

    start: int
    end: int
    targets: list[Target]


def definition(index: DocumentIndex, snapshot: Snapshot, offset: int) -> Found | None:
    """Where what is at an offset is defined: in the nearest document, or for that place itself in the next one."""
    found = symbol_at(index, snapshot, offset)
    if found is None:
        return _of_file(index, snapshot, offset) or _of_monitor(snapshot, offset)
    (_, occurrence), symbol = found
    here: list[Target] = []
    for each in index.chain(snapshot):
        defined = [other for other in each.symbols.occurrences if other.defines and other.symbols[0] == symbol]
        targets = [
            Target(each.file, each.text, *other.name_range(symbol), _around(each.document, other.path))
            for other in defined
        ]
        if each is snapshot and occurrence in defined:
            here = targets
        elif targets:
            here = targets
            break
    return Found(*occurrence.name_range(symbol), here)


def _around(document: Document, path: Path) -> tuple[int, int]:
    """A value with its key."""
    start, end, key_start, key_end = document.places()[path]
    return (min(start, key_start), max(end, key_end)) if key_start >= 0 else (start, end)


def _of_file(index: DocumentIndex, snapshot: Snapshot, offset: int) -> Found | None:
    found = extended_file(index, snapshot)
    if found is None or not found[0] <= offset <= found[1]:
        return None
    return Found(found[0], found[1], [Target(found[2], "", 0, 0, (0, 0))])


def _of_monitor(snapshot: Snapshot, offset: int) -> Found | None:
    """The metric that a callback monitors."""
    found = innermost(snapshot.document, offset)
    if found is None or found[0][:1] != ("fit",) or found[0][-1] != "monitor" or found[1] != "value":
        return None
    name = snapshot.at(found[0])
    result = snapshot.tolerated
    spec = result.spec
    if not isinstance(name, str) or spec is None or spec.compile is None:
        return None
    from seqspec.analysis.training.logs import LOSS, VALIDATION, logs_of

    metric = logs_of(spec.compile, result.expansion.tree["compile"]).logged(name)
    path = metric.path if metric is not None else None
    if name.removeprefix(VALIDATION) == LOSS:
        path = ("compile", "loss")
    origin = result.expansion.origin(path) if path is not None else None
    if origin is None:
        return None
    document = snapshot.document if origin.document is result.document else origin.document
    place = document.places().get(origin.path) if document.text is not None else None
    if place is None:
        return None
    text = snapshot.text if document is snapshot.document else document.text or ""
    target = Target(document.file or snapshot.file, text, *place[:2], place[:2])
    return Found(*snapshot.document.places()[found[0]][:2], [target])


def definitions(
    index: ClientIndex, asked: types.TextDocumentIdentifier, position: types.Position
) -> list[types.Location] | list[types.LocationLink]:
    """Where what is at a position is defined, as the client takes it."""
    known = index.known(asked)
    if known is None:
        return []
    snapshot, text = known
    found = definition(index.documents, snapshot, text.offset(position))
    if found is None:
        return []
    capabilities = index.capabilities.text_document
    linked = capabilities is not None and capabilities.definition and capabilities.definition.link_support
    locations, links = [], []
    for target in found.targets:
        there = index.text_of(target.text)
        place = there.range(target.start, target.end)
        locations.append(types.Location(index.uri(target.file), place))
        around = there.range(*target.around)
        links.append(types.LocationLink(index.uri(target.file), around, place, text.range(found.start, found.end)))
    return links if linked else locations
