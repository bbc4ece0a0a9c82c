"""Hover: the description of a value or key, and the facts of a layer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lsprotocol import types

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.language import ENCODED_COLUMNS
from seqspec.core.api.messages import counted, quote_json
from seqspec.editor.lsp import programs
from seqspec.editor.lsp.bound_references import try_read
from seqspec.editor.lsp.completion_context import innermost, string_inside
from seqspec.editor.lsp.completion_places import LayerPlace, Values, block_doc, custom_class_doc
from seqspec.editor.lsp.features.signature_help import open_call
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot, facts, layers_of
from seqspec.editor.lsp.table_places import place_at

_MAX_NAMES = 40
"""The most names of values that a hover lists; of more, completion offers those that fit."""

_TO_KEYWORD = re.compile(r"\w*\s*=").match


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def answer(ls: Server, params: types.HoverParams) -> types.Hover | None:
        program = ls.program(params.text_document.uri)
        if program is not None:
            return programs.hover(*program, program[1].offset(params.position))
        target = ls.find(params.text_document.uri)
        return hover(*target, target[1].offset(params.position)) if target else None


def hover(snapshot: Snapshot, text: PositionMap, offset: int) -> types.Hover | None:
    """The description at an offset; None if there is none."""
    location = innermost(snapshot.document, offset)
    if location is None:
        return None
    path, anchor = location
    start, end, key_start, key_end = snapshot.document.places()[path]
    value = snapshot.at(path)
    parts: list[str] = []
    if anchor == "key" or isinstance(value, (bool, int, float)):
        parts.append(_key_doc(snapshot, path))
        if path[:1] == ("vars",) and len(path) == 2:
            parts.append(f"The variable `${path[1]}`: `{quote_json(value)}`")
        if path[:1] == ("blocks",) and len(path) == 2:
            parts.append(block_doc(snapshot.declared, str(path[1])))
        if path[:1] == ("custom",) and len(path) == 2:
            parts.append(custom_class_doc(snapshot.declared, path[1]))
        if path[:2] == ENCODED_COLUMNS and len(path) == 3:
            parts.append(_encoded_width(snapshot, path[2]))
    elif isinstance(value, str) and (argument := _argument(snapshot, path, value, offset)):
        parts.append(argument)
    else:
        parts += _references(snapshot, value) if isinstance(value, str) and "$" in value else []
        parts.append(place_at(path, snapshot.tree, snapshot.declared).doc(value))
    if _about_layer(path, anchor, value, snapshot):
        layers = layers_of(snapshot, path)
        if layers:
            parts.append(facts(layers))
    markdown = "\n\n".join(part for part in parts if part)
    if not markdown and anchor == "value":
        # A list or its entry is described by its key.
        while path and not isinstance(path[-1], str):
            path = path[:-1]
        markdown = _key_doc(snapshot, path)
    if not markdown:
        return None
    lsp_range = text.range(key_start, key_end) if anchor == "key" else text.range(start, end)
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, markdown), lsp_range)


def _key_doc(snapshot: Snapshot, path: Path) -> str:
    """The description of a key with the names that its value may be; empty for an extension key."""
    if not path or not isinstance(path[-1], str):
        return ""
    holder = path[:-1]
    key = place_at(holder, snapshot.tree, snapshot.declared).keys(snapshot.at(holder)).get(path[-1])
    if key is None or not key.doc:
        return ""
    choices = key.place.schema.choices if isinstance(key.place, Values) else {}
    # Names without a description are in the documentation of the key; those of classes are other spellings.
    names = [f"`{name}`" for name, doc in choices.items() if doc and name.islower()]
    listed = f"\n\nOne of: {', '.join(names)}" if 1 < len(names) <= _MAX_NAMES else ""
    return f"**{path[-1]}**: {key.doc}{listed}"


def _encoded_width(snapshot: Snapshot, name: str | int) -> str:
    """The number of values of an encoded column; empty if it is unknown."""
    columns = snapshot.tolerated.spec.data.columns
    column = columns.get(str(name)) if columns is not None else None
    width = column.width() if column is not None else None
    return f"Encoded as {counted(width, 'value')}." if width is not None else ""


def _argument(snapshot: Snapshot, path: Path, value: str, offset: int) -> str:
    """The description of the argument at an offset of a shorthand such as `"adam(0.1, beta_1=0.8)"`."""
    place = place_at(path, snapshot.tree, snapshot.declared)
    start, end, *_ = snapshot.document.places()[path]
    document = snapshot.document
    index = string_inside(document, start, end, offset)
    if not isinstance(place, Values) or index is None:
        return ""
    keyword = _TO_KEYWORD(value, index)
    # To the end of the keyword, so that an argument is also found in its name.
    call = open_call(place, value[: keyword.end() if keyword is not None else index])
    if call is None:
        return ""
    name = call.names()[-1]
    key = place.keys({"type": call.declared.__name__}).get(name) if name is not None else None
    return f"**{name}**: {key.doc}" if key is not None else ""


def _about_layer(path: Path, anchor: str, value: object, snapshot: Snapshot) -> bool:
    """Whether the value is a layer, or the name of one."""
    if path[:2] == ("override", "layers"):
        return len(path) == 3
    if isinstance(place_at(path, snapshot.tree, snapshot.declared), LayerPlace):
        return isinstance(value, (str, Mapping))
    return path[-1] in ("type", "use", "custom", "name") and isinstance(
        place_at(path[:-1], snapshot.tree, snapshot.declared), LayerPlace
    )


def _references(snapshot: Snapshot, value: str) -> list[str]:
    read, variables = try_read(value), snapshot.declared.variables
    names = [reference.name for reference in read.references] if read is not None else []
    return [f"`${name}` is `{quote_json(variables[name])}`" for name in names if name in variables]
