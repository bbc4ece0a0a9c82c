"""Renaming a symbol in all specs that share it; refused where a spec would change its meaning.

Besides the rules below, every rename is tried on copies of the texts: each name must still refer to the same symbol,
and the specs must expand to the same tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lsprotocol import types

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.language import (
    RESERVED_PARAMETERS,
    Expansion,
    expand,
    is_extension_key,
    is_variable_name,
    snake_case,
)
from seqspec.core.api.language import is_name as is_layer_name
from seqspec.core.api.spec import DOCUMENT_TABLES
from seqspec.core.api.syntax import Document, empty_document, parse_text
from seqspec.editor.lsp.document_index import ClientIndex, DocumentFamily, DocumentIndex, NameLocation, symbol_at
from seqspec.editor.lsp.server import FeatureRefusal, Server
from seqspec.editor.lsp.snapshot import Snapshot, symbols_of, tree
from seqspec.editor.lsp.symbol_table import Symbol, SymbolView

OffsetEdit = tuple[int, int, str]
"""An edit: two offsets and the new text between them."""

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
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(ls: Server, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        return placeholder(ls.index, params.text_document, params.position)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def answer(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
        return workspace_edit(ls.index, params.text_document, params.position, params.new_name)


class Refusal(Exception):
    """A symbol cannot be renamed; the message is the reason."""


class FileEdits(NamedTuple):
    """The edits of one document, in text order."""

    snapshot: Snapshot
    edits: list[OffsetEdit]

    def text(self) -> str:
        """The text with the edits, without a byte order mark."""
        text = self.snapshot.document.text or ""
        for start, end, new in reversed(self.edits):
            text = text[:start] + new + text[end:]
        return text


def renameable(index: DocumentIndex, snapshot: Snapshot, offset: int) -> tuple[NameLocation, Symbol]:
    """The symbol at an offset, if it can be renamed; raises `Refusal` if not."""
    located = symbol_at(index, snapshot, offset)
    if located is None:
        occurrence = snapshot.symbols.at(offset)
        if occurrence is None or occurrence.symbols[0].kind == "argument":
            raise Refusal("nothing to rename here")
        raise Refusal(f"no definition of {occurrence.text} found")
    if located[1].kind == "argument":
        raise Refusal(f"{located[1].name} is an argument of the Python class; rename it there first")
    return located


def rename(index: DocumentIndex, snapshot: Snapshot, offset: int, name: str) -> list[FileEdits]:
    """The edits that rename the symbol at an offset; raises `Refusal` for an invalid name."""
    _, symbol = renameable(index, snapshot, offset)
    if name == symbol.name:
        return []
    _check_name(symbol, name)
    family = index.family(snapshot, symbol)
    for document in family.all:
        _check_readable(document)
    new = symbol._replace(name=name)
    for chain in family.chains:
        if "extends" in chain[-1].tree:
            raise Refusal(f"{chain[-1].file} extends a file that cannot be read")
        view = SymbolView(document.symbols for document in chain)
        if new in view:
            raise Refusal(f"{_WORDS[symbol.kind]} named {name} already exists")
        if symbol.kind == "size" and new._replace(kind="argument") in view:
            raise Refusal(f"an argument named {name} already exists")
    _check_hidden_names(family, name)
    if symbol.kind == "layer":
        _check_layer(family, name)
    changes: dict[int, FileEdits] = {}
    for location in family.places():
        change = changes.setdefault(id(location.snapshot), FileEdits(location.snapshot, []))
        change.edits.append(location.occurrence.renamed(symbol, name, location.snapshot.document))
    files = list(changes.values())
    _try(family, files, name)
    return files


# Valid names


def _check_name(symbol: Symbol, name: str) -> None:
    kind = symbol.kind
    if kind in ("variable", "parameter", "loop"):
        if kind == "parameter" and name in RESERVED_PARAMETERS:
            raise Refusal(f'"{name}" is not a valid name for a parameter: it is a key of layer entries')
        ok = is_variable_name(name) is not None
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


def _check_hidden_names(family: DocumentFamily, name: str) -> None:
    """Refuses if a name may occur that is known only after the expansion."""
    symbol = family.symbol
    loops = {loop for document in family.all for loop in document.symbols.loops}
    for document in family.all:
        for kinds, path in document.symbols.dynamic:
            if symbol.kind in kinds:
                raise Refusal(f"the names at {_where(document, path)} are computed and may include {symbol.name}")
        for path in document.symbols.dotted:
            if symbol.name in str(path[-1]).split("."):
                key = f"{path[-1]} at {_where(document, path)}"
                raise Refusal(f"{key} is one key: write it without quotes, so that {symbol.name} can be renamed in it")
        hidden = document.symbols.uncertain | (document.symbols.patched & loops)
        if symbol.kind in ("variable", "parameter", "loop") and {symbol.name, name} & hidden:
            raise Refusal(f"{document.file} refers to {symbol.name} or {name} where a for variable may have that name")
        named = Symbol("parameter", "name", symbol.of) in document.symbols.mentioned
        if (
            symbol.kind == "parameter"
            and named
            and any(symbol.name in other.symbols.patch_keys for other in family.all)
        ):
            raise Refusal(f"an override changes {symbol.name} in a layer that may be a use of block {symbol.of}")


def _where(snapshot: Snapshot, path: Path) -> str:
    span = snapshot.document.span(path)
    return f"{snapshot.file}:{span.line}" if span is not None else snapshot.file


def _check_layer(family: DocumentFamily, name: str) -> None:
    """Refuses existing layer names, including automatic ones, and names that change the matches of a pattern."""
    old = family.symbol.name
    for document in family.all:
        for pattern, path in document.symbols.patterns:
            # Other patterns may be slow to match.
            if not _QUICK.fullmatch(pattern) or _finds(pattern, old) != _finds(pattern, name):
                raise Refusal(f"{_where(document, path)} selects layers by a pattern and would select different layers")
    for chain in family.chains:
        if name in _layer_names(chain) or (_may_be_automatic(name, chain) and name in _automatic_names(chain[0])):
            raise Refusal(f"a layer named {name} already exists")


def _finds(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except (re.error, RecursionError, OverflowError):
        return False


def _layer_names(chain: list[Snapshot]) -> Iterator[str]:
    """The names of layers and of the input in the expanded model."""
    yield from (symbol.name for document in chain for symbol in document.symbols.mentioned if symbol.kind == "layer")
    pending = [_expanded([document.document for document in chain]).tree.get("model")]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("name"), str):
                yield value["name"]
            pending += value.values()
        elif isinstance(value, (list, tuple)):
            pending += value


def _may_be_automatic(name: str, chain: list[Snapshot]) -> bool:
    """Whether Keras may generate this name for a layer; most names can be excluded without looking at the layers."""
    from seqspec.core.api.catalog import LAYERS, plugin_layers

    classes = {symbol.name for document in chain for symbol in document.symbols.mentioned if symbol.kind == "class"}
    stem = re.sub(r"_\d+$", "", name)
    return any(snake_case(kind) == stem for kind in {*LAYERS, *plugin_layers(), *classes})


def _automatic_names(snapshot: Snapshot) -> Iterator[str]:
    """The names of layers, including automatic ones."""
    pending = list(snapshot.tolerated.layers)
    while pending:
        layer = pending.pop()
        yield layer.name
        pending += layer.layers


# Verification


def _try(family: DocumentFamily, changes: list[FileEdits], name: str) -> None:
    """Applies the edits to copies, and checks that all names and documents keep their meaning."""
    symbol = family.symbol
    documents = {id(member): member.document for member in family.all}
    names = {id(member): member.symbols for member in family.all}
    for change in changes:
        document = _parsed(change)
        if not document.readable or document.violations:
            raise Refusal(f"{change.snapshot.file} could not be read with the name {name}")
        documents[id(change.snapshot)] = document
        names[id(change.snapshot)] = symbols_of(document, tree(document))
    for chain in family.chains:
        old = SymbolView(member.symbols for member in chain)
        new = SymbolView(names[id(member)] for member in chain)
        for member in chain:
            before = member.symbols.occurrences
            after = names[id(member)].occurrences
            for first, second in zip(before, after):
                if _renamed(old.meaning(first), symbol, name) != new.meaning(second):
                    span = member.document.span_at(first.start, first.end)
                    raise Refusal(f"{member.file}:{span.line}: {second.text} would refer to something else")
            if len(before) != len(after):
                raise Refusal(f"the rename would change the meaning of {member.file}")
        before_rename = _expanded([member.document for member in chain])
        expanded = _expanded([documents[id(member)] for member in chain])
        rules = [[violation.rule for violation in expansion.violations] for expansion in (before_rename, expanded)]
        if rules[0] != rules[1] or not _same(before_rename.tree, expanded.tree, symbol, name):
            raise Refusal(f"the rename would change the meaning of {chain[0].file}")


def _parsed(change: FileEdits) -> Document:
    document = change.snapshot.document
    return parse_text(change.text(), document.file, document.format)


def _renamed(original: Symbol | None, symbol: Symbol, name: str) -> Symbol | None:
    if original is None:
        return None
    if original == symbol:
        return symbol._replace(name=name)
    owned = {"block": ("parameter",), "class": ("size", "argument")}.get(symbol.kind, ())
    return original._replace(of=name) if original.kind in owned and original.of == symbol.name else original


def _expanded(chain: list[Document]) -> Expansion:
    """The expansion of a document, with base documents from memory."""
    bases = iter(chain[1:])
    return expand(chain[0], read=lambda path, limits: next(bases, empty_document(path, limits)), tables=DOCUMENT_TABLES)


def _same(before: object, after: object, symbol: Symbol, name: str) -> bool:
    """Whether two expanded trees are equal except for the new name."""
    if isinstance(before, dict) and isinstance(after, dict):
        return len(before) == len(after) and all(
            # Declarations of custom classes and paths of a search space are compared name by name.
            (key in ("custom", "search") and isinstance(value, dict))
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


# Responses


def placeholder(
    index: ClientIndex, document: types.TextDocumentIdentifier, position: types.Position
) -> types.PrepareRenamePlaceholder | None:
    """The name at a position, if it can be renamed."""
    opened = index.find(document)
    if opened is None:
        return None
    snapshot, text = opened
    try:
        (_, occurrence), symbol = renameable(index.documents, snapshot, text.offset(position))
    except Refusal as refusal:
        raise FeatureRefusal(str(refusal)) from None
    return types.PrepareRenamePlaceholder(text.range(*occurrence.name_range(symbol)), symbol.name)


def workspace_edit(
    index: ClientIndex, document: types.TextDocumentIdentifier, position: types.Position, name: str
) -> types.WorkspaceEdit | None:
    """The edits that rename the symbol at a position."""
    opened = index.find(document)
    if opened is None:
        return None
    snapshot, text = opened
    index.survey()
    try:
        changes = rename(index.documents, snapshot, text.offset(position), name)
    except Refusal as refusal:
        raise FeatureRefusal(str(refusal)) from None
    edits: dict[str, Sequence[types.TextEdit]] = {}
    versions: dict[str, int | None] = {}
    for other, offset_edits in changes:
        positions = index.text_of(other.text)
        uri = index.uri(other.file)
        versions[uri] = other.version
        edits[uri] = [types.TextEdit(positions.range(start, end), new) for start, end, new in offset_edits]
    capabilities = index.capabilities.workspace
    if capabilities and capabilities.workspace_edit and capabilities.workspace_edit.document_changes:
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, versions[uri]), file_edits)
                for uri, file_edits in edits.items()
            ]
        )
    return types.WorkspaceEdit(changes=edits)
