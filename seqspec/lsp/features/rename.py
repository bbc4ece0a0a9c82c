"""Renaming a symbol in all specs that share it; refused where a spec would change its meaning.

Besides the rules below, every rename is tried on copies of the texts: each name must still refer to the same symbol,
and the specs must expand to the same tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from seqspec.diagnostics.violation import Path
from seqspec.document.tables import DOCUMENT_TABLES
from seqspec.language.expand import Expansion, expand
from seqspec.language.keys import RESERVED_PARAMETERS, is_extension_key
from seqspec.language.names import is_name as is_layer_name
from seqspec.language.names import snake_case
from seqspec.language.references import is_name
from seqspec.language.symbols.table import Symbol, SymbolView
from seqspec.lsp.client_index import ClientIndex
from seqspec.lsp.document_index import DocumentIndex, Family, SourceLocation, symbol_at
from seqspec.lsp.partial_tree import tree
from seqspec.lsp.snapshot import Snapshot, symbols_of
from seqspec.syntax.document import Document
from seqspec.syntax.source import parse_text, unread

if TYPE_CHECKING:
    from seqspec.lsp.server import Server

Edit = tuple[int, int, str]
"""Two offsets, and what is written between them."""

_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COPY = re.compile(r"_\d+")
_QUICK = re.compile(r"[\w/.^$|-]*")
_WORDS = {
    "variable": "a variable",
    "block": "a block",
    "parameter": "a parameter",
    "loop": "a for variable",
    "layer": "a layer",
    "class": "a class",
    "size": "a size",
}


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(ls: Server, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        return placeholder(ls.index, params.text_document, params.position)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def answer(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
        return workspace_edit(ls.index, params.text_document, params.position, params.new_name)


class Refusal(Exception):
    """Why something cannot be renamed."""


class Change(NamedTuple):
    """The edits of one document, in the order of its text."""

    snapshot: Snapshot
    edits: list[Edit]

    def text(self) -> str:
        """The text with the edits, without a byte order mark."""
        text = self.snapshot.document.text or ""
        for start, end, new in reversed(self.edits):
            text = text[:start] + new + text[end:]
        return text


def renameable(index: DocumentIndex, snapshot: Snapshot, offset: int) -> tuple[SourceLocation, Symbol]:
    """The symbol at an offset, if it can be renamed; raises `Refusal` if not."""
    found = symbol_at(index, snapshot, offset)
    if found is None:
        occurrence = snapshot.symbols.at(offset)
        if occurrence is None or occurrence.symbols[0].kind == "argument":
            raise Refusal("nothing to rename here")
        raise Refusal(f"no definition of {occurrence.text} found")
    if found[1].kind == "argument":
        raise Refusal(f"{found[1].name} is an argument of the Python class; rename it there first")
    return found


def rename(index: DocumentIndex, snapshot: Snapshot, offset: int, name: str) -> list[Change]:
    """The edits that rename the symbol at an offset; raises `Refusal` where the name is not possible."""
    _, symbol = renameable(index, snapshot, offset)
    if name == symbol.name:
        return []
    _check_name(symbol, name)
    family = index.family(snapshot, symbol)
    for each in family.all:
        _check_readable(each)
    new = symbol._replace(name=name)
    for chain in family.chains:
        if "extends" in chain[-1].tree:
            raise Refusal(f"{chain[-1].file} extends a file that cannot be read")
        view = SymbolView(each.symbols for each in chain)
        if new in view:
            raise Refusal(f"{_WORDS[symbol.kind]} named {name} already exists")
        if symbol.kind == "size" and new._replace(kind="argument") in view:
            raise Refusal(f"an argument named {name} already exists")
    _check_hidden_names(family, name)
    if symbol.kind == "layer":
        _check_layer(family, name)
    changes: dict[int, Change] = {}
    for place in family.places():
        change = changes.setdefault(id(place.snapshot), Change(place.snapshot, []))
        change.edits.append(place.occurrence.renamed(symbol, name, place.snapshot.document))
    found = list(changes.values())
    _try(family, found, name)
    return found


# What a name may be


def _check_name(symbol: Symbol, name: str) -> None:
    kind = symbol.kind
    if kind in ("variable", "parameter", "loop"):
        if kind == "parameter" and name in RESERVED_PARAMETERS:
            raise Refusal(f'"{name}" is not a valid name for a parameter: it is a key of layer entries')
        ok = is_name(name) is not None
        help = "letters, digits, _ and -, starting with a letter or _, but not with x-"
    elif kind == "layer":
        ok, help = is_layer_name(name), "letters, digits, _, - and dots"
    elif kind == "block":
        ok = bool(name.strip()) and name.isprintable() and not set(name) & set("$\"'\\") and not is_extension_key(name)
        help = "any text without $, quotes and backslashes that does not start with x-"
    else:
        ok, help = _CLASS.fullmatch(name) is not None, "letters, digits and _, starting with a letter or _"
    if not ok or (is_extension_key(name) and kind != "layer"):
        raise Refusal(f'"{name[:60]}" is not a valid name for {_WORDS[kind]}: use {help}')


def _check_readable(snapshot: Snapshot) -> None:
    document = snapshot.document
    if not document.readable or document.violations:
        violation = document.violations[0]
        line = violation.location.span() if violation.location is not None else None
        where = f"{snapshot.file}:{line.line}" if line is not None else snapshot.file
        raise Refusal(f"{where} cannot be read: {violation.message}")


def _check_hidden_names(family: Family, name: str) -> None:
    """Refuses where a name may be that only the expansion brings to light."""
    symbol = family.symbol
    loops = {loop for each in family.all for loop in each.symbols.loops}
    for each in family.all:
        for kinds, path in each.symbols.dynamic:
            if symbol.kind in kinds:
                raise Refusal(f"the names at {_where(each, path)} are computed and may include {symbol.name}")
        hidden = each.symbols.uncertain | (each.symbols.patched & loops)
        if symbol.kind in ("variable", "parameter", "loop") and {symbol.name, name} & hidden:
            raise Refusal(f"{each.file} refers to {symbol.name} or {name} where a for variable may have that name")
        named = Symbol("parameter", "name", symbol.of) in each.symbols.mentioned
        if (
            symbol.kind == "parameter"
            and named
            and any(symbol.name in other.symbols.patch_keys for other in family.all)
        ):
            raise Refusal(f"an override changes {symbol.name} in a layer that may be a use of block {symbol.of}")


def _where(snapshot: Snapshot, path: Path) -> str:
    span = snapshot.document.span(path)
    return f"{snapshot.file}:{span.line}" if span is not None else snapshot.file


def _check_layer(family: Family, name: str) -> None:
    """Refuses names that layers have already, also by their order, and patterns that would find other layers."""
    old = family.symbol.name
    for each in family.all:
        for pattern, path in each.symbols.patterns:
            # What is not plain may keep the search busy.
            if not _QUICK.fullmatch(pattern) or _finds(pattern, old) != _finds(pattern, name):
                raise Refusal(f"{_where(each, path)} selects layers by a pattern and would select different layers")
    for chain in family.chains:
        if name in _layer_names(chain) or (_may_be_automatic(name, chain) and name in _automatic_names(chain[0])):
            raise Refusal(f"a layer named {name} already exists")


def _finds(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except (re.error, RecursionError, OverflowError):
        return False


def _layer_names(chain: list[Snapshot]) -> Iterator[str]:
    """The names that layers and the input have in the expanded model of a document."""
    yield from (symbol.name for each in chain for symbol in each.symbols.mentioned if symbol.kind == "layer")
    pending = [_expanded([each.document for each in chain]).tree.get("model")]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("name"), str):
                yield value["name"]
            pending += value.values()
        elif isinstance(value, (list, tuple)):
            pending += value


def _may_be_automatic(name: str, chain: list[Snapshot]) -> bool:
    """Whether Keras may generate this name for a layer of some class; most names need no look at the layers."""
    from seqspec.catalog.index import LAYERS, plugin_layers

    classes = {symbol.name for each in chain for symbol in each.symbols.mentioned if symbol.kind == "class"}
    stem = re.sub(r"_\d+$", "", name)
    return any(snake_case(kind) == stem for kind in {*LAYERS, *plugin_layers(), *classes})


def _automatic_names(snapshot: Snapshot) -> Iterator[str]:
    """The names of layers, those that follow from their classes and their order too."""
    pending = list(snapshot.tolerated.report.layers)
    while pending:
        layer = pending.pop()
        yield layer.name
        pending += layer.layers


# The trial


def _try(family: Family, changes: list[Change], name: str) -> None:
    """Makes the edits on copies, and checks whether every name, and every document, still means the same."""
    symbol = family.symbol
    documents = {id(each): each.document for each in family.all}
    names = {id(each): each.symbols for each in family.all}
    for change in changes:
        document = _parsed(change)
        if not document.readable or document.violations:
            raise Refusal(f"{change.snapshot.file} could not be read with the name {name}")
        documents[id(change.snapshot)] = document
        names[id(change.snapshot)] = symbols_of(document, tree(document))
    for chain in family.chains:
        old = SymbolView(each.symbols for each in chain)
        new = SymbolView(names[id(each)] for each in chain)
        for each in chain:
            before = each.symbols.occurrences
            after = names[id(each)].occurrences
            for first, second in zip(before, after):
                if _renamed(old.meaning(first), symbol, name) != new.meaning(second):
                    span = each.document.stretch(first.start, first.end)
                    raise Refusal(f"{each.file}:{span.line}: {second.text} would refer to something else")
            if len(before) != len(after):
                raise Refusal(f"the rename would change the meaning of {each.file}")
        known = _expanded([each.document for each in chain])
        found = _expanded([documents[id(each)] for each in chain])
        rules = [[violation.rule for violation in expansion.violations] for expansion in (known, found)]
        if rules[0] != rules[1] or not _same(known.tree, found.tree, symbol, name):
            raise Refusal(f"the rename would change the meaning of {chain[0].file}")


def _parsed(change: Change) -> Document:
    document = change.snapshot.document
    return parse_text(change.text(), document.file, document.format)


def _renamed(meant: Symbol | None, symbol: Symbol, name: str) -> Symbol | None:
    if meant is None:
        return None
    if meant == symbol:
        return symbol._replace(name=name)
    owned = {"block": ("parameter",), "class": ("size", "argument")}.get(symbol.kind, ())
    return meant._replace(of=name) if meant.kind in owned and meant.of == symbol.name else meant


def _expanded(chain: list[Document]) -> Expansion:
    """A document expanded with those that it extends, none of which is read from its file."""
    bases = iter(chain[1:])
    return expand(chain[0], read=lambda path, limits: next(bases, unread(path, limits)), tables=DOCUMENT_TABLES)


def _same(before: object, after: object, symbol: Symbol, name: str) -> bool:
    """Whether two expanded trees are the same but for the new name where that goes on to be seen."""
    if isinstance(before, dict) and isinstance(after, dict):
        return len(before) == len(after) and all(
            # The rules of classes are compared name by name.
            (key == "custom" and isinstance(value, dict))
            or (_same(key, other_key, symbol, name) and _same(value, other, symbol, name))
            for (key, value), (other_key, other) in zip(before.items(), after.items())
        )
    if isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        return len(before) == len(after) and all(
            _same(value, other, symbol, name) for value, other in zip(before, after)
        )
    if symbol.kind in ("layer", "class") and isinstance(before, str) and isinstance(after, str) and before != after:
        number = before[len(symbol.name) :]
        is_copy = symbol.kind == "layer" and _COPY.fullmatch(number) is not None
        return before.startswith(symbol.name) and (is_copy or not number) and after == name + number
    return type(before) is type(after) and bool(before == after)


# The answers to a client


class RenameRefused(JsonRpcException):
    """A request that is refused for a reason that the client shows."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal), types.LSPErrorCodes.RequestFailed.value)


def placeholder(
    index: ClientIndex, asked: types.TextDocumentIdentifier, position: types.Position
) -> types.PrepareRenamePlaceholder | None:
    """The name at a position, if it can be renamed."""
    known = index.known(asked)
    if known is None:
        return None
    snapshot, text = known
    try:
        (_, occurrence), symbol = renameable(index.documents, snapshot, text.offset(position))
    except Refusal as refusal:
        raise RenameRefused(refusal) from None
    return types.PrepareRenamePlaceholder(text.range(*occurrence.name_range(symbol)), symbol.name)


def workspace_edit(
    index: ClientIndex, asked: types.TextDocumentIdentifier, position: types.Position, name: str
) -> types.WorkspaceEdit | None:
    """The edits that rename the symbol at a position."""
    known = index.known(asked)
    if known is None:
        return None
    snapshot, text = known
    index.survey()
    try:
        changes = rename(index.documents, snapshot, text.offset(position), name)
    except Refusal as refusal:
        raise RenameRefused(refusal) from None
    edits: dict[str, Sequence[types.TextEdit]] = {}
    versions: dict[str, int | None] = {}
    for other, made in changes:
        there = index.text_of(other.text)
        uri = index.uri(other.file)
        versions[uri] = other.version
        edits[uri] = [types.TextEdit(there.range(start, end), new) for start, end, new in made]
    capabilities = index.capabilities.workspace
    if capabilities and capabilities.workspace_edit and capabilities.workspace_edit.document_changes:
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, versions[uri]), found)
                for uri, found in edits.items()
            ]
        )
    return types.WorkspaceEdit(changes=edits)
