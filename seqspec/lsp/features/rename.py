"""Another name for something, wherever it stands; refused where a document would come to mean something else.

Besides the rules below, every rename is tried on copies of the texts: each name in them must mean what it meant before,
and the documents must expand to the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from seqspec.language.blocks import WORDS
from seqspec.language.expand import Expansion, expand
from seqspec.language.names import is_name as is_layer_name
from seqspec.language.names import snake_case
from seqspec.language.references import is_name
from seqspec.lsp.document_index import Family, Library, SourceLocation
from seqspec.lsp.features.navigation import symbol_at
from seqspec.lsp.names import Symbol, View
from seqspec.lsp.partial_tree import tree
from seqspec.lsp.scopes import names_of
from seqspec.lsp.snapshot import Snapshot
from seqspec.syntax.document import Document
from seqspec.syntax.scan import Path
from seqspec.syntax.source import parse_text, unread

Edit = tuple[int, int, str]
"""Two offsets, and what is written between them."""

_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COPY = re.compile(r"_\d+")
_QUICK = re.compile(r"[\w/.^$|-]*")
_WORDS = {
    "variable": "a variable",
    "block": "a block",
    "parameter": "a parameter",
    "loop": "a name of for",
    "layer": "a layer",
    "class": "a class",
    "size": "a size",
}


class Refusal(Exception):
    """Why something cannot have another name."""


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


def renameable(library: Library, snapshot: Snapshot, offset: int) -> tuple[SourceLocation, Symbol]:
    """What stands at an offset, if it can have another name; raises `Refusal` if not."""
    found = symbol_at(library, snapshot, offset)
    if found is None:
        occurrence = snapshot.names.at(offset)
        if occurrence is None or occurrence.symbols[0].kind == "argument":
            raise Refusal("there is no name of this document's own here")
        raise Refusal(f"nothing here defines {occurrence.text}")
    if found[1].kind == "argument":
        raise Refusal(f"{found[1].name} is an argument of the Python class, and is renamed there first")
    return found


def rename(library: Library, snapshot: Snapshot, offset: int, name: str) -> list[Change]:
    """The edits that give what stands at an offset another name; raises `Refusal` where it cannot have it."""
    _, symbol = renameable(library, snapshot, offset)
    if name == symbol.name:
        return []
    _check_name(symbol, name)
    family = library.family(snapshot, symbol)
    for each in family.all:
        _check_readable(each)
    new = symbol._replace(name=name)
    for chain in family.chains:
        if "extends" in chain[-1].tree:
            raise Refusal(f"{chain[-1].file} extends a document that cannot be read now")
        view = View(each.names for each in chain)
        if new in view:
            raise Refusal(f"{_WORDS[symbol.kind]} called {name} is there already")
        if symbol.kind == "size" and new._replace(kind="argument") in view:
            raise Refusal(f"an argument called {name} is there already")
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
        ok = is_name(name) is not None and not (kind == "parameter" and name in WORDS)
        help = "letters, digits, _ and -, a letter first" + (
            ", and no word of the language" if kind != "variable" else ""
        )
    elif kind == "layer":
        ok, help = is_layer_name(name), "letters, digits, _, - and dots"
    elif kind == "block":
        ok = bool(name.strip()) and name.isprintable() and not set(name) & set("$\"'\\") and name[:2] != "x-"
        help = "any text without $, quotes and backslashes that does not begin with x-"
    else:
        ok, help = _CLASS.fullmatch(name) is not None, "letters, digits and _, a letter first, as in Python"
    if not ok or (name[:2] == "x-" and kind != "layer"):
        raise Refusal(f'"{name[:60]}" cannot be the name of {_WORDS[kind]}: it takes {help}')


def _check_readable(snapshot: Snapshot) -> None:
    document = snapshot.document
    if not document.readable or document.violations:
        violation = document.violations[0]
        line = violation.location.span() if violation.location is not None else None
        where = f"{snapshot.file}:{line.line}" if line is not None else snapshot.file
        raise Refusal(f"{where} cannot be read now: {violation.message}")


def _check_hidden_names(family: Family, name: str) -> None:
    """Refuses where a name may stand that only the expansion brings to light."""
    symbol = family.symbol
    loops = {loop for each in family.all for loop in each.names.loops}
    for each in family.all:
        for kinds, path in each.names.dynamic:
            if symbol.kind in kinds:
                raise Refusal(
                    f"{_where(each, path)} takes its names from a value, where {symbol.name} may be among them"
                )
        hidden = each.names.uncertain | (each.names.patched & loops)
        if symbol.kind in ("variable", "parameter", "loop") and {symbol.name, name} & hidden:
            raise Refusal(f"{each.file} refers to {symbol.name} or {name} where a for may bind it")
        named = Symbol("parameter", "name", symbol.of) in each.names.mentioned
        if symbol.kind == "parameter" and named and any(symbol.name in other.names.patch_keys for other in family.all):
            raise Refusal(f"{symbol.name} is changed in a layer that may be a use of the block {symbol.of}")


def _where(snapshot: Snapshot, path: Path) -> str:
    span = snapshot.document.span(path)
    return f"{snapshot.file}:{span.line}" if span is not None else snapshot.file


def _check_layer(family: Family, name: str) -> None:
    """Refuses names that layers have already, also by their order, and patterns that would find other layers."""
    old = family.symbol.name
    for each in family.all:
        for pattern, path in each.names.patterns:
            # What is not plain may keep the search busy.
            if not _QUICK.fullmatch(pattern) or _finds(pattern, old) != _finds(pattern, name):
                raise Refusal(f"{_where(each, path)} finds layers by a pattern, and would find others")
    for chain in family.chains:
        if name in _layer_names(chain) or (_may_be_automatic(name, chain) and name in _automatic_names(chain[0])):
            raise Refusal(f"a layer called {name} is there already")


def _finds(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except (re.error, RecursionError, OverflowError):
        return False


def _layer_names(chain: list[Snapshot]) -> Iterator[str]:
    """The names that layers and the input have in the expanded model of a document."""
    yield from (symbol.name for each in chain for symbol in each.names.mentioned if symbol.kind == "layer")
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
    """Whether Keras may give a layer of some class this name; most names need no look at the layers."""
    from seqspec.catalog.index import LAYERS, plugin_layers

    classes = {symbol.name for each in chain for symbol in each.names.mentioned if symbol.kind == "class"}
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
    """Makes the edits on copies, and asks whether every name, and every document, still means the same."""
    symbol = family.symbol
    documents = {id(each): each.document for each in family.all}
    names = {id(each): each.names for each in family.all}
    for change in changes:
        document = _parsed(change)
        if not document.readable or document.violations:
            raise Refusal(f"{change.snapshot.file} could not be read with the name {name}")
        documents[id(change.snapshot)] = document
        names[id(change.snapshot)] = names_of(document, tree(document))
    for chain in family.chains:
        old = View(each.names for each in chain)
        new = View(names[id(each)] for each in chain)
        for each in chain:
            before = each.names.occurrences
            after = names[id(each)].occurrences
            for first, second in zip(before, after):
                if _renamed(old.meaning(first), symbol, name) != new.meaning(second):
                    span = each.document.stretch(first.start, first.end)
                    raise Refusal(f"{each.file}:{span.line}: {second.text} would mean something else")
            if len(before) != len(after):
                raise Refusal(f"{each.file} would mean something else")
        known = _expanded([each.document for each in chain])
        found = _expanded([documents[id(each)] for each in chain])
        rules = [[violation.rule for violation in expansion.violations] for expansion in (known, found)]
        if rules[0] != rules[1] or not _same(known.tree, found.tree, symbol, name):
            raise Refusal(f"{chain[0].file} would mean something else")


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
    return expand(chain[0], read=lambda path, limits: next(bases, unread(path, limits)))


def _same(before: Any, after: Any, symbol: Symbol, name: str) -> bool:
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
