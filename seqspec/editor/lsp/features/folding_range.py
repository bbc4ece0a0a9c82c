"""Folding ranges: multi-line tables, lists and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types
from lsprotocol.types import FoldingRange, FoldingRangeKind

from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot

_BREAK = re.compile(r"[\r\n]")
_BLANK_OR_COMMENT = re.compile(r"[ \t]*(?:#.*)?", re.S)


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def answer(ls: Server, params: types.FoldingRangeParams) -> list[FoldingRange]:
        target = ls.index.latest(params.text_document)
        return folding(*target) if target else []


def folding(snapshot: Snapshot, text: PositionMap) -> list[FoldingRange]:
    """The multi-line tables, lists and comment blocks."""
    ranges: dict[int, FoldingRange] = {}
    for node in snapshot.document.syntax_tree().nodes():
        start, end = node.start, node.end
        if _BREAK.search(text.text, start, end) is None:
            continue
        first, last = text.position(start).line, text.position(end).line
        if text.text[end - 1 : end] in ("]", "}") and not text.text[text.line_start(end) : end - 1].strip():
            # The closing bracket stays visible.
            last -= 1
        if last > first and (first not in ranges or last > ranges[first].end_line):
            ranges[first] = FoldingRange(first, last)
    for start, end in header_sections(snapshot, text):
        first, last = text.position(start).line, text.position(end).line
        if last > first:
            ranges[first] = FoldingRange(first, last)
    return sorted([*ranges.values(), *_comments(snapshot, text)], key=lambda fold: fold.start_line)


def header_sections(snapshot: Snapshot, text: PositionMap) -> Iterator[tuple[int, int]]:
    """The offsets of each table with a TOML header, without the comments above the next header."""
    headers = sorted({node.start for node in snapshot.document.syntax_tree().nodes() if node.start < node.key_start})
    for start, following in zip(headers, [*headers[1:], len(text.text)]):
        end = following
        while end > start:
            line = text.line_start(end - 1)
            if line <= start or not _BLANK_OR_COMMENT.fullmatch(text.text[line:end].rstrip("\r\n")):
                break
            end = line
        yield start, max(start, end - 1)


def _comments(snapshot: Snapshot, text: PositionMap) -> Iterator[FoldingRange]:
    """The multi-line comments on their own lines."""
    blocks: list[list[int]] = []
    for start, end in snapshot.document.syntax_tree().comments:
        if text.text[text.line_start(start) : start].strip(" \t"):
            continue
        first, last = text.position(start).line, text.position(end).line
        if blocks and blocks[-1][1] + 1 == first:
            blocks[-1][1] = last
        else:
            blocks.append([first, last])
    for first, last in blocks:
        if last > first:
            yield FoldingRange(first, last, kind=FoldingRangeKind.Comment)
