"""The outline of a document: its tables and what is in them, in the order of the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from lsprotocol.types import DocumentSymbol, Location, SymbolInformation, SymbolKind

from seqspec.diagnostics.violation import Path
from seqspec.diagram.display import shown
from seqspec.language.keys import NESTED_LAYER_KEYS
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

if TYPE_CHECKING:
    from seqspec.lsp.server import Server

_TAGS = ("type", "custom", "use")
_INNER = ("layers", *NESTED_LAYER_KEYS)
_TABLES: dict[Path, SymbolKind] = {
    ("vars",): SymbolKind.Variable,
    ("blocks",): SymbolKind.Module,
    ("custom",): SymbolKind.Class,
    ("override", "layers"): SymbolKind.Object,
}
"""Tables of the author's own names → what these are."""


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def answer(ls: Server, params: types.DocumentSymbolParams) -> list[DocumentSymbol] | list[SymbolInformation]:
        found = ls.index.alone(params.text_document)
        if found is None:
            return []
        made = document_symbols(*found)
        capabilities = ls.client_capabilities.text_document
        known = capabilities.document_symbol if capabilities else None
        if known and known.hierarchical_document_symbol_support:
            return made
        return list(flat(made, params.text_document.uri))


def document_symbols(snapshot: Snapshot, text: Text) -> list[DocumentSymbol]:
    """The tables of a document and their entries."""
    return [made for made, _ in _Outline(snapshot, text).below((), snapshot.tree)]


def flat(symbols: Sequence[DocumentSymbol], uri: str, container: str | None = None) -> Iterator[SymbolInformation]:
    """The same for a client that knows no hierarchy."""
    for symbol in symbols:
        yield SymbolInformation(Location(uri, symbol.range), symbol.name, symbol.kind, container_name=container)
        yield from flat(symbol.children or (), uri, symbol.name)


Made = tuple[DocumentSymbol, int]
"""A symbol, and the offset where it begins."""


class _Outline:
    def __init__(self, snapshot: Snapshot, text: Text) -> None:
        self._text = text
        self._places = snapshot.document.places()
        self._stretches: dict[Path, tuple[int, int]] = {}
        for path, (start, end, key_start, key_end) in self._places.items():
            start, end = (min(start, key_start), max(end, key_end)) if key_start >= 0 else (start, end)
            for length in range(1, len(path) + 1):
                first, last = self._stretches.get(path[:length], (start, end))
                self._stretches[path[:length]] = (min(first, start), max(last, end))
        self._shapes = {path: layers[0].outputs for path, layers in snapshot.layers.items()}
        self._shapes |= {path: layers[-1].outputs for path, layers in snapshot.uses.items()}

    def below(self, path: Path, value: Any) -> list[Made]:
        """The symbols of the entries of a table or list."""
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        found: list[Made] = []
        for key, item in items:
            at = (*path, key)
            if at not in self._places:
                continue
            if key == "layers" and isinstance(item, list):
                # A list of layers is what its table is about.
                found += self.below(at, item)
            else:
                found.append(self._symbol(at, item))
        return sorted(found, key=lambda made: made[1])

    def _symbol(self, path: Path, value: Any) -> Made:
        start, end, key_start, key_end = self._places[path]
        tag = _tag(path, value)
        name, detail = str(path[-1]), ""
        select = (key_start, key_end) if key_start >= 0 else (start, end)
        if isinstance(path[-1], int):
            name, detail, chosen = self._entry(path, value, tag)
            select = self._places.get(chosen, (start, end))[:2]
        elif tag is not None:
            detail = str(value[tag])
        elif not isinstance(value, (Mapping, list)):
            detail = shown(value)
        elif isinstance(value, list) and not any(isinstance(item, (Mapping, list)) for item in value):
            detail = shown(value)
        if path in self._shapes:
            shape = " ".join(map(str, self._shapes[path]))
            detail = f"{detail} → {shape}" if detail else f"→ {shape}"
        children = self._children(path, value, tag)
        stretch = self._stretches[path]
        symbol = DocumentSymbol(
            name.strip() or '""',
            self._kind(path, value, tag),
            self._text.range(*stretch),
            self._text.range(*select),
            detail or None,
            children=[made for made, _ in children] or None,
        )
        return symbol, stretch[0]

    def _entry(self, path: Path, value: object, tag: str | None) -> tuple[str, str, Path]:
        """The name of an entry of a list, what else is said of it, and the path of the name."""
        if not isinstance(value, Mapping):
            return (value, "", path) if isinstance(value, str) else (f"[{path[-1]}]", shown(value), path)
        kind = str(value[tag]) if tag is not None else ""
        name = value.get("name")
        if isinstance(name, str) and name.strip():
            return name, kind, (*path, "name")
        return (kind, "", (*path, tag)) if tag is not None else (f"[{path[-1]}]", "", path)

    def _children(self, path: Path, value: object, tag: str | None) -> list[Made]:
        if path[:1] == ("custom",) and len(path) > 2:
            # The schema of an argument is not a table of the document.
            properties = value.get("properties") if path[2:] == ("args",) and isinstance(value, Mapping) else None
            return self.below((*path, "properties"), properties) if isinstance(properties, Mapping) else []
        if isinstance(value, Mapping):
            if tag is None:
                return self.below(path, value)
            return self.below(path, {key: item for key, item in value.items() if key in _INNER and _is_table(item)})
        if isinstance(value, list) and (any(map(_is_table, value)) or path[-1] in ("callbacks", "metrics")):
            return self.below(path, value)
        return []

    def _kind(self, path: Path, value: object, tag: str | None) -> SymbolKind:
        known = _TABLES.get(path[:-1])
        if known is not None:
            return known
        if path[-2:-1] == ("params",) and path[:1] == ("blocks",):
            return SymbolKind.TypeParameter
        if tag is not None or isinstance(path[-1], int):
            return SymbolKind.Object
        if len(path) == 1 and isinstance(value, Mapping):
            return SymbolKind.Namespace
        if isinstance(value, Mapping):
            return SymbolKind.Object
        return SymbolKind.Array if isinstance(value, list) else SymbolKind.Property


def _tag(path: Path, value: object) -> str | None:
    """The key that says what a table is."""
    if not isinstance(value, Mapping) or (path[:1] == ("custom",) and len(path) < 5):
        return None
    return next((tag for tag in _TAGS if tag in value), None)


def _is_table(value: object) -> bool:
    return isinstance(value, (Mapping, list))
