"""Document symbols: the tables and their entries, in text order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lsprotocol import types
from lsprotocol.types import DocumentSymbol, Location, SymbolInformation, SymbolKind

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.language import NESTED_LAYER_KEYS
from seqspec.core.api.messages import quote_json
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot

_TAGS = ("type", "custom", "use")
_INNER = ("layers", *NESTED_LAYER_KEYS)
_TABLES: dict[Path, SymbolKind] = {
    ("vars",): SymbolKind.Variable,
    ("blocks",): SymbolKind.Module,
    ("custom",): SymbolKind.Class,
    ("override", "layers"): SymbolKind.Object,
}
"""Tables with user-defined keys → the kind of their entries."""


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def answer(ls: Server, params: types.DocumentSymbolParams) -> list[DocumentSymbol] | list[SymbolInformation]:
        target = ls.index.latest(params.text_document)
        if target is None:
            return []
        symbols = document_symbols(*target)
        capabilities = ls.client_capabilities.text_document
        support = capabilities.document_symbol if capabilities else None
        if support and support.hierarchical_document_symbol_support:
            return symbols
        return list(flat(symbols, params.text_document.uri))


def document_symbols(snapshot: Snapshot, text: PositionMap) -> list[DocumentSymbol]:
    """The tables of a document and their entries."""
    return [symbol for symbol, _ in _Outline(snapshot, text).below((), snapshot.tree)]


def flat(symbols: Sequence[DocumentSymbol], uri: str, container: str | None = None) -> Iterator[SymbolInformation]:
    """The symbols as a flat list, for clients without hierarchical symbols."""
    for symbol in symbols:
        yield SymbolInformation(Location(uri, symbol.range), symbol.name, symbol.kind, container_name=container)
        yield from flat(symbol.children or (), uri, symbol.name)


SymbolAndOffset = tuple[DocumentSymbol, int]
"""A symbol and its start offset."""


class _Outline:
    def __init__(self, snapshot: Snapshot, text: PositionMap) -> None:
        self._text = text
        self._places = snapshot.document.places()
        self._extents: dict[Path, tuple[int, int]] = {}
        for path, (start, end, key_start, key_end) in self._places.items():
            start, end = (min(start, key_start), max(end, key_end)) if key_start >= 0 else (start, end)
            for length in range(1, len(path) + 1):
                first, last = self._extents.get(path[:length], (start, end))
                self._extents[path[:length]] = (min(first, start), max(last, end))
        self._shapes = {path: outputs[0] for path, outputs in snapshot.outputs.items()}

    def below(self, path: Path, value: Any) -> list[SymbolAndOffset]:
        """The symbols of the entries of a table or list."""
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        symbols: list[SymbolAndOffset] = []
        for key, item in items:
            at = (*path, key)
            if at not in self._places:
                continue
            if key == "layers" and isinstance(item, list):
                # The list of layers is the main content of its table, so its entries are direct children.
                symbols += self.below(at, item)
            else:
                symbols.append(self._symbol(at, item))
        return sorted(symbols, key=lambda entry: entry[1])

    def _symbol(self, path: Path, value: Any) -> SymbolAndOffset:
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
            detail = quote_json(value)
        elif isinstance(value, list) and not any(isinstance(item, (Mapping, list)) for item in value):
            detail = quote_json(value)
        if path in self._shapes:
            detail = f"{detail} → {self._shapes[path]}" if detail else f"→ {self._shapes[path]}"
        children = self._children(path, value, tag)
        extent = self._extents[path]
        symbol = DocumentSymbol(
            name.strip() or '""',
            self._kind(path, value, tag),
            self._text.range(*extent),
            self._text.range(*select),
            detail or None,
            children=[child for child, _ in children] or None,
        )
        return symbol, extent[0]

    def _entry(self, path: Path, value: object, tag: str | None) -> tuple[str, str, Path]:
        """The name of a list entry, its detail, and the path of the name."""
        if not isinstance(value, Mapping):
            return (value, "", path) if isinstance(value, str) else (f"[{path[-1]}]", quote_json(value), path)
        kind = str(value[tag]) if tag is not None else ""
        name = value.get("name")
        if isinstance(name, str) and name.strip():
            return name, kind, (*path, "name")
        return (kind, "", (*path, tag)) if tag is not None else (f"[{path[-1]}]", "", path)

    def _children(self, path: Path, value: object, tag: str | None) -> list[SymbolAndOffset]:
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
        kind = _TABLES.get(path[:-1])
        if kind is not None:
            return kind
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
    """The tag key of a table."""
    if not isinstance(value, Mapping) or (path[:1] == ("custom",) and len(path) < 5):
        return None
    return next((tag for tag in _TAGS if tag in value), None)


def _is_table(value: object) -> bool:
    return isinstance(value, (Mapping, list))
