"""Where something is defined, and where its name stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lsprotocol import types

from seqspec.lsp.context import innermost
from seqspec.lsp.document_index import Library, SourceLocation
from seqspec.lsp.names import Symbol
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text
from seqspec.syntax.document import Document
from seqspec.syntax.scan import Path


class Target(NamedTuple):
    """Where a definition stands: its file and text, its offsets there, and those of all that it takes in."""

    file: str
    text: str
    start: int
    end: int
    around: tuple[int, int]


class Found(NamedTuple):
    """The definitions of what stands between two offsets."""

    start: int
    end: int
    targets: list[Target]


def symbol_at(library: Library, snapshot: Snapshot, offset: int) -> tuple[SourceLocation, Symbol] | None:
    """What the name at an offset means; None where there is none, or nothing defines it."""
    occurrence = snapshot.names.at(offset)
    symbol = None if occurrence is None else library.view(snapshot).meaning(occurrence)
    if occurrence is None or symbol is None:
        return None
    return SourceLocation(snapshot, occurrence), symbol


def definition(library: Library, snapshot: Snapshot, offset: int) -> Found | None:
    """Where what stands at an offset is defined: in the nearest document, or for that place itself in the next one."""
    found = symbol_at(library, snapshot, offset)
    if found is None:
        return _of_file(library, snapshot, offset) or _of_monitor(snapshot, offset)
    (_, occurrence), symbol = found
    here: list[Target] = []
    for each in library.chain(snapshot):
        defined = [other for other in each.names.occurrences if other.defines and other.symbols[0] == symbol]
        targets = [
            Target(each.file, each.text, *other.stretch(symbol), _around(each.document, other.path))
            for other in defined
        ]
        if each is snapshot and occurrence in defined:
            here = targets
        elif targets:
            here = targets
            break
    return Found(*occurrence.stretch(symbol), here)


def _around(document: Document, path: Path) -> tuple[int, int]:
    """A value with its key."""
    start, end, key_start, key_end = document.places()[path]
    return (min(start, key_start), max(end, key_end)) if key_start >= 0 else (start, end)


def extended_file(library: Library, snapshot: Snapshot) -> tuple[int, int, str] | None:
    """The offsets of the file that a document extends, without quotes, and the file."""
    place = snapshot.document.places().get(("extends",))
    chain = library.chain(snapshot)
    if place is None or len(chain) < 2:
        return None
    quoted = snapshot.document.text is not None and snapshot.document.text[place[0]] in "\"'"
    return place[0] + quoted, place[1] - quoted, chain[1].file


def _of_file(library: Library, snapshot: Snapshot, offset: int) -> Found | None:
    found = extended_file(library, snapshot)
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
    from seqspec.analysis.logs import LOSS, VALIDATION, logs_of

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


def references(
    library: Library, snapshot: Snapshot, offset: int, declaration: bool
) -> Iterator[tuple[SourceLocation, Symbol]]:
    """Where the name at an offset stands in all documents that share it; with `declaration`, its definitions too."""
    found = symbol_at(library, snapshot, offset)
    if found is not None:
        for place in library.family(snapshot, found[1]).places():
            if declaration or not place.occurrence.defines:
                yield place, found[1]


def highlights(library: Library, snapshot: Snapshot, text: Text, offset: int) -> list[types.DocumentHighlight]:
    """Where the name at an offset stands in its document."""
    found = symbol_at(library, snapshot, offset)
    if found is None:
        return []
    view, symbol = library.view(snapshot), found[1]
    kinds = (types.DocumentHighlightKind.Read, types.DocumentHighlightKind.Write)
    return [
        types.DocumentHighlight(text.range(*other.stretch(symbol)), kinds[other.defines])
        for other in snapshot.names.occurrences
        if symbol in other.symbols and view.meaning(other) == symbol
    ]
