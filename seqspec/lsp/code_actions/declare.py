"""New variables and blocks, where a reader looks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seqspec.diagnostics.tree_fix import set_value
from seqspec.diagnostics.violation import Path
from seqspec.lsp.code_actions.source import Source
from seqspec.lsp.code_actions.written import Piece
from seqspec.syntax.edit.json_edit import JsonEditor
from seqspec.syntax.edit.pieces import TextEdit
from seqspec.syntax.edit.style import RawLiteral
from seqspec.syntax.edit.toml_edit import TomlEditor

_FIRST = ("seqspec", "$schema", "keras", "extends")
"""The keys at the top of JSON that a new table is after."""


def variable(source: Source, name: str, words: str) -> list[TextEdit]:
    """The edits that declare a variable. Raises `CannotEdit`."""
    editor = source.editor
    if "vars" not in source.tree:
        if isinstance(editor, JsonEditor):
            return _at_top(editor, editor.style.pair("vars", {name: RawLiteral(words)}))
        header = next((statement for statement in editor.syntax.statements if statement.header), None)
        if header is not None:
            lines = ["[vars]", editor.style.pair(name, RawLiteral(words)), "", ""]
            return [_above(source, editor.above(header), source.new_line.join(lines))]
    return source.changed([set_value(("vars", name), RawLiteral(words))])


def block(
    source: Source, name: str, params: Mapping[str, object], pieces: Sequence[Piece], paths: Sequence[Path]
) -> list[TextEdit] | None:
    """The edits that declare a block of layers; None where the other blocks are written so that it has no place.

    Args:
        source: The text.
        name: The name of the block.
        params: Its parameters.
        pieces: Its layers, at the indent that `indent_of_layers` returns.
        paths: The lists that it is used in.
    """
    editor = source.editor
    if isinstance(editor, JsonEditor):
        return _json_block(source, editor, name, params, pieces)
    lines = ["layers = ["]
    for piece in pieces:
        behind = f" {piece.behind}" if piece.behind else ""
        lines += [f"  {comment}" for comment in piece.above] + [f"  {piece.words},{behind}"]
    return _section(source, editor, name, params, source.new_line.join([*lines, "]"]), paths)


def headed_block(
    source: Source, name: str, params: Mapping[str, object], words: str, paths: Sequence[Path]
) -> list[TextEdit] | None:
    """The same for layers with headers of their own, whose statements are given."""
    editor = source.editor
    assert isinstance(editor, TomlEditor)
    return _section(source, editor, name, params, words, paths)


def indent_of_layers(source: Source) -> str:
    """The indent of the layers of a new block."""
    if source.format == "toml":
        return "  "
    return _indent_of_name(source) + 2 * _unit(source)


def _section(
    source: Source, editor: TomlEditor, name: str, params: Mapping[str, object], words: str, paths: Sequence[Path]
) -> list[TextEdit] | None:
    """A block above the first of the tables that use it."""
    statements = editor.syntax.statements
    if "blocks" in source.tree and editor.node(("blocks",)).kind not in ("table", "implicit"):
        return None
    heads = [
        statement
        for statement in statements
        if statement.header and any(statement.path[: len(head)] == head for head in map(_head, paths))
    ]
    heads = heads or [statement for statement in statements if statement.header]
    style, nl = source.style, source.new_line
    lines = [] if words.lstrip().startswith(("[", "#")) and not params else [f"[blocks.{style.key(name)}]"]
    if params:
        lines.append(style.pair("params", params))
        lines += [""] if words.lstrip().startswith(("[", "#")) else []
    written = nl.join([*lines, words, ""])
    if not heads:
        gap = nl if source.text.endswith("\n") else nl * 2
        return [TextEdit(len(source.text), len(source.text), gap + written)]
    return [_above(source, editor.above(heads[0]), written + nl)]


def _above(source: Source, place: int, words: str) -> TextEdit:
    """A section in front of another one, an empty line apart from what is above."""
    line = source.text.rfind("\n", 0, max(place - 1, 0)) + 1
    apart = source.new_line if place and source.text[line:place].strip() else ""
    return TextEdit(place, place, apart + words)


def _head(path: Path) -> Path:
    """The table that a list of layers is read with."""
    return path[:2] if path[0] == "blocks" else path[:1]


def _json_block(
    source: Source, editor: JsonEditor, name: str, params: Mapping[str, object], pieces: Sequence[Piece]
) -> list[TextEdit]:
    style, nl, unit = source.style, source.new_line, _unit(source)
    blocks = source.tree.get("blocks")
    if not unit or blocks == {}:
        layers = f"[{', '.join(piece.words for piece in pieces)}]"
        given = {"params": params} if params else {}
        words = style.pair(name, {**given, "layers": RawLiteral(layers)})
    else:
        indent = _indent_of_name(source)
        inner = indent + unit
        lines = [f"{style.key(name)}: {{"]
        if params:
            lines.append(f"{inner}{style.pair('params', params)},")
        lines.append(f'{inner}"layers": [')
        lines.append(f",{nl}".join(inner + unit + piece.words for piece in pieces))
        words = nl.join([*lines, f"{inner}]", f"{indent}}}"])
    if blocks is not None:
        entries, paths = editor.entries(("blocks",))
        return entries.insert(len(paths), words)
    if not unit:
        return _at_top(editor, f'"blocks": {{{words}}}')
    return _at_top(editor, f'"blocks": {{{nl}{_indent_of_name(source)}{words}{nl}{unit}}}')


def _at_top(editor: JsonEditor, entry: str) -> list[TextEdit]:
    """A new entry of the document itself, in front of the model."""
    entries, paths = editor.entries(())
    return entries.insert(next((n for n, path in enumerate(paths) if path[0] not in _FIRST), len(paths)), entry)


def _unit(source: Source) -> str:
    """By how much JSON is indented; nothing where it is written on one line."""
    first = next(iter(source.tree))
    return source.indent(source.document.places()[(first,)][2])


def _indent_of_name(source: Source) -> str:
    """The indent of the name of a new block in JSON."""
    blocks = source.tree.get("blocks")
    if isinstance(blocks, dict) and blocks:
        return source.indent(source.document.places()[("blocks", list(blocks)[-1])][2])
    return 2 * _unit(source)
