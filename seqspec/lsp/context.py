"""What is being typed at a place of a text: the path, key or value, and the word so far.

A text with the cursor in it is incomplete. So a placeholder word is put in at the cursor, and the syntax tree
of that text says where it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from seqspec.diagnostics.violation import Path
from seqspec.syntax.document import Document
from seqspec.syntax.parser import parse_tree, string_offsets
from seqspec.syntax.tree import SyntaxTree

MARK = "Zz0cursor0zZ"

_BARE = re.compile(r"[A-Za-z0-9_-]")
_WORD = re.compile(r"[\w.$-]*\Z")
_NEXT = re.compile(r"[\w.$-]*")
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*("?)')


class Context(NamedTuple):
    """The place of a cursor.

    Attributes:
        path: The path of the key or value; of a key that is half typed, the last part is what it is so far.
        anchor: `"key"`, `"value"`, or `"header"` for part of a TOML header.
        start: The offset where what is being typed begins, its quote included.
        end: The offset where it ends.
        text: What of it is before the cursor, without a quote.
        quote: The quote that it begins with, `""` where it has none.
        closed: Whether it ends with that quote.
        assigned: Whether a key has its `=` or `:` already.
    """

    path: Path
    anchor: str
    start: int
    end: int
    text: str
    quote: str
    closed: bool
    assigned: bool


def context_at(document: Document, offset: int) -> Context | None:
    """The context of a cursor; None in a comment, and where neither a key nor a value can be."""
    text = document.text or ""
    offset = min(offset, len(text))
    json = document.format == "json"
    if json and not _in_json_string(text, offset):
        mark = MARK if offset and _BARE.match(text[offset - 1]) else f'"{MARK}"'
    else:
        mark = MARK
    marked = text[:offset] + mark + text[offset:]
    at = offset + mark.index(MARK)
    found = _found(parse_tree(marked, document.format, document.depth), at, at + len(MARK))
    if found is None:
        return None
    path, anchor, start, end = found
    token = marked[start:end]
    own = mark != MARK
    quote = token[0] if token[:1] in ('"', "'") and not own else ""
    closed = len(quote) == 1 and len(token) > 1 and token.endswith(quote) and not token.endswith("\\" + quote)
    before = marked[start + len(quote) : at] if not own else ""
    if own:
        stop = offset
    elif quote and not closed:
        # The rest of the line is not part of it.
        stop = offset + len(_rest(text, offset))
    else:
        stop = end - len(mark)
    if anchor != "value":
        path = (*path[:-1], before)
    after = text[stop:].lstrip(" \t")
    return Context(path, anchor, start, stop, before, quote, closed, after[:1] == (":" if json else "="))


def _rest(text: str, offset: int) -> str:
    match = _NEXT.match(text, offset)
    return match.group() if match else ""


def _in_json_string(text: str, offset: int) -> bool:
    """Whether an offset is inside a string, which never goes over the end of its line."""
    line = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    for match in _JSON_STRING.finditer(text[line : end if end >= 0 else len(text)]):
        start, stop = line + match.start(), line + match.end()
        if start < offset and (offset < stop or (offset == stop and not match[1])):
            return True
    return False


def _found(tree: SyntaxTree, start: int, end: int) -> tuple[Path, str, int, int] | None:
    """The innermost key or value that holds a stretch."""
    best: tuple[Path, str, int, int] | None = None
    for path, node in tree.walk():
        if node.key_start <= start and end <= node.key_end:
            return path, "header" if node.start < node.key_start else "key", node.key_start, node.key_end
        if node.start <= start and end <= node.end and path and (best is None or node.start >= best[2]):
            best = (path, "value", node.start, node.end)
    if best is None or best[2] == best[3]:
        return None
    return best


def innermost(document: Document, offset: int) -> tuple[Path, str] | None:
    """The path of what is at an offset of a text, and whether that is its `"key"` or its `"value"`."""
    best: tuple[int, Path, str] | None = None
    for path, node in document.syntax().walk():
        if not path:
            continue
        for first, last, anchor in ((node.key_start, node.key_end, "key"), (node.start, node.end, "value")):
            if first >= 0 and first <= offset <= last and (best is None or last - first < best[0]):
                best = (last - first, path, anchor)
    return None if best is None else best[1:]


def string_inside(text: str, start: int, end: int, format: str, offset: int) -> int | None:
    """The index in the value of a string that an offset of the text is at; None where the value is not a string."""
    if text[start : start + 1] not in ('"', "'"):
        return None
    index = 0
    for index, (_, last) in enumerate(string_offsets(text, start, end, format), 1):
        if offset < last:
            return index - 1
    return index
