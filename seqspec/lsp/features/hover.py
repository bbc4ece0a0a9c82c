"""What the pointer is on: its description, and for a layer its input and output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lsprotocol import types

from seqspec.diagnostics.violation import Path, Violation
from seqspec.diagram.display import shown
from seqspec.language.references import read_text
from seqspec.lsp import programs
from seqspec.lsp.context import innermost, string_inside
from seqspec.lsp.layer_facts import facts, layers_of
from seqspec.lsp.slots import LayerSlot, Values, block_doc, custom_class_doc
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.tables import slot_at
from seqspec.lsp.text import Text

if TYPE_CHECKING:
    from seqspec.lsp.server import Server

_ARGUMENT = re.compile(r"(\w+)\s*=\s*[^,)]*").finditer


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def answer(ls: Server, params: types.HoverParams) -> types.Hover | None:
        program = ls.program(params.text_document.uri)
        if program is not None:
            return programs.hover(*program, program[1].offset(params.position))
        found = ls.known(params.text_document.uri)
        return hover(*found, found[1].offset(params.position)) if found else None


def hover(snapshot: Snapshot, text: Text, offset: int) -> types.Hover | None:
    """The explanation of what is at an offset; None if absent."""
    found = innermost(snapshot.document, offset)
    if found is None:
        return None
    path, anchor = found
    start, end, key_start, key_end = snapshot.document.places()[path]
    value = snapshot.at(path)
    parts: list[str] = []
    if anchor == "key" or isinstance(value, (bool, int, float)):
        parts.append(_key_doc(snapshot, path))
        if path[:1] == ("vars",) and len(path) == 2:
            parts.append(f"The variable `${path[1]}`: `{shown(value)}`")
        if path[:1] == ("blocks",) and len(path) == 2:
            parts.append(block_doc(snapshot.declared, str(path[1])))
        if path[:1] == ("custom",) and len(path) == 2:
            parts.append(custom_class_doc(snapshot.declared, path[1]))
    elif isinstance(value, str) and (argument := _argument(snapshot, path, value, offset)):
        parts.append(argument)
    else:
        parts += _references(snapshot, value) if isinstance(value, str) and "$" in value else []
        parts.append(slot_at(path, snapshot.tree, snapshot.declared).doc(value))
    if _about_layer(path, anchor, value, snapshot):
        layers = layers_of(snapshot, path)
        if layers:
            parts.append(facts(layers))
    said = "\n\n".join(part for part in parts if part)
    if not said and anchor == "value":
        # A list or an entry of one is explained by its key.
        while path and not isinstance(path[-1], str):
            path = path[:-1]
        said = _key_doc(snapshot, path)
    if not said:
        return None
    place = text.range(key_start, key_end) if anchor == "key" else text.range(start, end)
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, said), place)


def _key_doc(snapshot: Snapshot, path: Path) -> str:
    """The explanation of a key; empty for one of the author's own."""
    key = (
        slot_at(path[:-1], snapshot.tree, snapshot.declared).keys(snapshot.at(path[:-1])).get(str(path[-1]))
        if path
        else None
    )
    return f"**{path[-1]}**: {key.doc}" if key is not None and key.doc and isinstance(path[-1], str) else ""


def _argument(snapshot: Snapshot, path: Path, value: str, offset: int) -> str:
    """The explanation of the argument of a shorthand such as `"adam(learning_rate=0.1)"` that is at an offset."""
    slot = slot_at(path, snapshot.tree, snapshot.declared)
    start, end, *_ = snapshot.document.places()[path]
    document = snapshot.document
    index = string_inside(document.text or "", start, end, document.format, offset)
    name, _, _ = value.partition("(")
    if not isinstance(slot, Values) or index is None or index <= len(name):
        return ""
    found = next((made for kind in slot.object_kinds() if (made := kind.typed(name.strip())) is not None), None)
    argument = next((match[1] for match in _ARGUMENT(value) if match.start() <= index < match.end()), "")
    key = slot.keys({"type": found.__name__}).get(argument) if found is not None else None
    return f"**{argument}**: {key.doc}" if key is not None else ""


def _about_layer(path: Path, anchor: str, value: object, snapshot: Snapshot) -> bool:
    """Whether what is there is a layer, or names one."""
    if path[:2] == ("override", "layers"):
        return len(path) == 3
    if isinstance(slot_at(path, snapshot.tree, snapshot.declared), LayerSlot):
        return isinstance(value, (str, Mapping))
    return path[-1] in ("type", "use", "custom", "name") and isinstance(
        slot_at(path[:-1], snapshot.tree, snapshot.declared), LayerSlot
    )


def _references(snapshot: Snapshot, value: str) -> list[str]:
    try:
        names = [reference.name for reference in read_text(value).references]
    except Violation:
        return []
    return [
        f"`${name}` is `{shown(snapshot.declared.variables[name])}`"
        for name in names
        if name in snapshot.declared.variables
    ]
