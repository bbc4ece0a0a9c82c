"""What can be folded away, and how a selection grows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol.types import FoldingRange, FoldingRangeKind, SelectionRange

from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

_COMMENT = re.compile(r"[ \t]*(?:#|//)")
_BREAK = re.compile(r"[\r\n]")
_BLANK_OR_COMMENT = re.compile(r"[ \t]*(?:#.*)?", re.S)


def folding(snapshot: Snapshot, text: Text) -> list[FoldingRange]:
    """The tables, lists and blocks of comments that take several lines."""
    found: dict[int, FoldingRange] = {}
    strings: set[int] = set()
    for start, end, *_ in snapshot.document.places().values():
        if _BREAK.search(text.text, start, end) is None:
            continue
        first, last = text.position(start).line, text.position(end).line
        opening = text.text[start : start + 1]
        if opening in ("'", '"'):
            strings.update(range(first + 1, last + 1))
        elif text.text[end - 1 : end] in ("]", "}") and not text.text[text.line_start(end) : end - 1].strip():
            # What closes it stays to be seen.
            last -= 1
        if last > first and (first not in found or last > found[first].end_line):
            found[first] = FoldingRange(first, last)
    for start, end in _sections(snapshot, text):
        first, last = text.position(start).line, text.position(end).line
        if last > first:
            found[first] = FoldingRange(first, last)
    return sorted([*found.values(), *_comments(text, strings)], key=lambda fold: fold.start_line)


def _sections(snapshot: Snapshot, text: Text) -> Iterator[tuple[int, int]]:
    """The offsets of each table that a header of TOML begins, without the comments above the next header."""
    headers = sorted({start for start, _, key_start, _ in snapshot.document.places().values() if start < key_start})
    for start, following in zip(headers, [*headers[1:], len(text.text)]):
        end = following
        while end > start:
            line = text.line_start(end - 1)
            if line <= start or not _BLANK_OR_COMMENT.fullmatch(text.text[line:end].rstrip("\r\n")):
                break
            end = line
        yield start, max(start, end - 1)


def _comments(text: Text, strings: set[int]) -> Iterator[FoldingRange]:
    """The comments of several lines that stand alone; a line in a string is none."""
    begun: int | None = None
    lines = text.lines()
    for number, line in enumerate([*lines, ""]):
        is_comment = number not in strings and _COMMENT.match(line) is not None
        if is_comment and begun is None:
            begun = number
        elif not is_comment and begun is not None:
            if number - 1 > begun:
                yield FoldingRange(begun, number - 1, kind=FoldingRangeKind.Comment)
            begun = None


def selection(snapshot: Snapshot, text: Text, offset: int) -> SelectionRange:
    """The stretches around an offset, each within the next: a word, a string, a pair, its table, the document."""
    stretches = {(0, len(text.text))}
    for start, end, key_start, key_end in snapshot.document.places().values():
        stretches |= {(start, end), (key_start, key_end), (key_start, end)}
        if text.text[start : start + 1] in ("'", '"') and end - start > 1:
            stretches.add((start + 1, end - 1))
    stretches.update(_sections(snapshot, text))
    around = sorted(
        (end - start, start, end) for start, end in stretches if 0 <= start <= offset <= end and start < end
    )
    chain = [(around[0][1], around[0][2])] if around else [(0, len(text.text))]
    for _, start, end in around[1:]:
        if start <= chain[-1][0] and chain[-1][1] <= end:
            chain.append((start, end))
    made: SelectionRange | None = None
    for start, end in reversed(chain):
        made = SelectionRange(text.range(start, end), made)
    assert made is not None
    return made
