"""Applies the edits of a client to a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.editor.lsp.position_map import index_of

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def apply_content_changes(
    text: str, changes: Iterable[types.TextDocumentContentChangeEvent], codec: PositionCodec
) -> str:
    """The text after edits, each of which refers to the result of the previous one."""
    lines: list[str] | None = None
    for change in changes:
        if not isinstance(change, types.TextDocumentContentChangePartial):
            text, lines = change.text, None
            continue
        if lines is None:
            lines = _LINES.findall(text)
        _edit(lines, change, codec)
    return text if lines is None else "".join(lines)


def _edit(lines: list[str], change: types.TextDocumentContentChangePartial, codec: PositionCodec) -> None:
    start, end = change.range.start, change.range.end
    first, before = _split(lines, start, codec)
    last, after = _split(lines, end, codec)
    if (first, before) > (last, after):
        # A reversed range.
        first, before, last, after = last, after, first, before
    head = lines[first][:before] if first < len(lines) else ""
    tail = lines[last][after:] if last < len(lines) else ""
    if first and (first == len(lines) or lines[first - 1].endswith("\r")):
        # A line without an end is continued; `\r` followed by `\n` is one line end.
        first -= 1
        head = lines[first] + head
    lines[first : last + 1] = _LINES.findall(head + change.text + tail)


def _split(lines: list[str], position: types.Position, codec: PositionCodec) -> tuple[int, int]:
    """The line of a position and the index in it; positions after the end are clamped."""
    if position.line >= len(lines):
        return len(lines), 0
    return position.line, index_of(lines[position.line].rstrip("\r\n"), position.character, codec)


def replace_lone_surrogates(text: str) -> str:
    """The text with surrogate pairs joined and lone surrogates replaced.

    A client that counts in UTF-16 can split a character.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
