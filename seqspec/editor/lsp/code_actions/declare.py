"""Edits that declare new variables and blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seqspec.core.api.diagnostics import Path, set_value
from seqspec.core.api.syntax import JsonEditor, RawLiteral, TextEdit, TomlEditor
from seqspec.editor.lsp.code_actions.layer_list_text import LayerText
from seqspec.editor.lsp.code_actions.request import EditableSource

_FIRST = ("seqspec", "$schema", "keras", "extends")
"""The top-level JSON keys after which a new table is inserted."""


def variable(source: EditableSource, name: str, value_text: str) -> list[TextEdit]:
    """The edits that declare a variable. Raises `CannotEdit`."""
    editor = source.editor
    if "vars" not in source.tree:
        if isinstance(editor, JsonEditor):
            return _at_top(editor, editor.style.pair("vars", {name: RawLiteral(value_text)}))
        header = next((statement for statement in editor.syntax.statements if statement.header), None)
        if header is not None:
            lines = ["[vars]", editor.style.pair(name, RawLiteral(value_text)), "", ""]
            return [_above(source, editor.above(header), source.new_line.join(lines))]
    return source.changed([set_value(("vars", name), RawLiteral(value_text))])


def block(
    source: EditableSource, name: str, params: Mapping[str, object], pieces: Sequence[LayerText], paths: Sequence[Path]
) -> list[TextEdit] | None:
    """The edits that declare a block of layers; None if the form of the other blocks does not allow it.

    Args:
        source: The text.
        name: The name of the block.
        params: Its parameters.
        pieces: Its layers, indented by `indent_of_layers`.
        paths: The lists in which it is used.
    """
    editor = source.editor
    if isinstance(editor, JsonEditor):
        return _json_block(source, editor, name, params, pieces)
    lines = ["layers = ["]
    for piece in pieces:
        trailing = f" {piece.trailing}" if piece.trailing else ""
        lines += [f"  {comment}" for comment in piece.leading] + [f"  {piece.text},{trailing}"]
    return _section(source, editor, name, params, source.new_line.join([*lines, "]"]), paths)


def headed_block(
    source: EditableSource, name: str, params: Mapping[str, object], layers_text: str, paths: Sequence[Path]
) -> list[TextEdit] | None:
    """Like `block`, for layers with `[[ ]]` headers, given as statements."""
    editor = source.editor
    assert isinstance(editor, TomlEditor)
    return _section(source, editor, name, params, layers_text, paths)


def indent_of_layers(source: EditableSource) -> str:
    """The indent of the layers of a new block."""
    if isinstance(source.editor, TomlEditor):
        return "  "
    return _indent_of_name(source) + 2 * _unit(source)


def _section(
    source: EditableSource,
    editor: TomlEditor,
    name: str,
    params: Mapping[str, object],
    section: str,
    paths: Sequence[Path],
) -> list[TextEdit] | None:
    """Inserts a block before the first table that uses it."""
    statements = editor.syntax.statements
    if "blocks" in source.tree and editor.syntax.existing(("blocks",)).kind not in ("table", "implicit"):
        return None
    heads = [
        statement
        for statement in statements
        if statement.header and any(statement.path[: len(head)] == head for head in map(_head, paths))
    ]
    heads = heads or [statement for statement in statements if statement.header]
    style, nl = source.style, source.new_line
    lines = [] if section.lstrip().startswith(("[", "#")) and not params else [f"[blocks.{style.key(name)}]"]
    if params:
        lines.append(style.pair("params", params))
        lines += [""] if section.lstrip().startswith(("[", "#")) else []
    written = nl.join([*lines, section, ""])
    if not heads:
        gap = nl if source.text.endswith("\n") else nl * 2
        return [TextEdit(len(source.text), len(source.text), gap + written)]
    return [_above(source, editor.above(heads[0]), written + nl)]


def _above(source: EditableSource, offset: int, new_text: str) -> TextEdit:
    """Inserts a section before another one, separated by an empty line."""
    line = source.text.rfind("\n", 0, max(offset - 1, 0)) + 1
    apart = source.new_line if offset and source.text[line:offset].strip() else ""
    return TextEdit(offset, offset, apart + new_text)


def _head(path: Path) -> Path:
    """The table that contains a list of layers."""
    return path[:2] if path[0] == "blocks" else path[:1]


def _json_block(
    source: EditableSource, editor: JsonEditor, name: str, params: Mapping[str, object], pieces: Sequence[LayerText]
) -> list[TextEdit]:
    style, nl, unit = source.style, source.new_line, _unit(source)
    blocks = source.tree.get("blocks")
    if not unit or blocks == {}:
        layers = f"[{', '.join(piece.text for piece in pieces)}]"
        table = {"params": params} if params else {}
        pair = style.pair(name, {**table, "layers": RawLiteral(layers)})
    else:
        indent = _indent_of_name(source)
        inner = indent + unit
        lines = [f"{style.key(name)}: {{"]
        if params:
            lines.append(f"{inner}{style.pair('params', params)},")
        lines.append(f'{inner}"layers": [')
        lines.append(f",{nl}".join(inner + unit + piece.text for piece in pieces))
        pair = nl.join([*lines, f"{inner}]", f"{indent}}}"])
    if blocks is not None:
        entries, paths = editor.entries(("blocks",))
        return entries.insert(len(paths), pair)
    if not unit:
        return _at_top(editor, f'"blocks": {{{pair}}}')
    return _at_top(editor, f'"blocks": {{{nl}{_indent_of_name(source)}{pair}{nl}{unit}}}')


def _at_top(editor: JsonEditor, entry: str) -> list[TextEdit]:
    """Inserts a new top-level entry before the model."""
    entries, paths = editor.entries(())
    return entries.insert(next((n for n, path in enumerate(paths) if path[0] not in _FIRST), len(paths)), entry)


def _unit(source: EditableSource) -> str:
    """The indentation of JSON; empty if it is on one line."""
    first = next(iter(source.tree))
    return source.indent(source.document.places()[(first,)][2])


def _indent_of_name(source: EditableSource) -> str:
    """The indent of the name of a new block in JSON."""
    blocks = source.tree.get("blocks")
    if isinstance(blocks, dict) and blocks:
        return source.indent(source.document.places()[("blocks", list(blocks)[-1])][2])
    return 2 * _unit(source)
