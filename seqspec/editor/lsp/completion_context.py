"""The completion context at the cursor: the path, key or value, and the text before the cursor.

A text that is being edited is incomplete. So a placeholder is inserted at the cursor, and the syntax tree of the result
provides the context.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.syntax import Document, SyntaxTree

MARK = "Zz0cursor0zZ"

_BARE = re.compile(r"[A-Za-z0-9_-]")
_NEXT = re.compile(r"[\w.$-]*")
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*("?)')


class Context(NamedTuple):
    """The context of a cursor.

    Attributes:
        path: The path of the key or value; for an incomplete key, the last part is the text so far.
        anchor: `"key"`, `"value"`, or `"header"` for part of a TOML header.
        start: The offset where the token at the cursor starts, including its quote.
        end: The offset where it ends.
        text: The part of the token before the cursor, without a quote.
        quote: The quote of the token; empty if it has none.
        closed: Whether the token has a closing quote.
        assigned: Whether the key already has its `=` or `:`.
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
    """The context of a cursor; None in a comment, and where neither a key nor a value is possible."""
    text = document.text or ""
    offset = min(offset, len(text))
    syntax = document.syntax
    if not syntax.bare_keys and not _in_json_string(text, offset):
        mark = MARK if offset and _BARE.match(text[offset - 1]) else f'"{MARK}"'
    else:
        mark = MARK
    marked = text[:offset] + mark + text[offset:]
    at = offset + mark.index(MARK)
    string = _found(syntax.parse_tree(marked, document.depth), at, at + len(MARK))
    if string is None:
        return None
    path, anchor, start, end = string
    token = marked[start:end]
    is_own_mark = mark != MARK
    quote = token[0] if token[:1] in ('"', "'") and not is_own_mark else ""
    closed = len(quote) == 1 and len(token) > 1 and token.endswith(quote) and not token.endswith("\\" + quote)
    before = marked[start + len(quote) : at] if not is_own_mark else ""
    if is_own_mark:
        stop = offset
    elif quote and not closed:
        # The rest of the line is not part of the token.
        stop = offset + len(_rest(text, offset))
    else:
        stop = end - len(mark)
    if anchor != "value":
        path = (*path[:-1], before)
    after = text[stop:].lstrip(" \t")
    return Context(path, anchor, start, stop, before, quote, closed, after[:1] == syntax.assignment)


def _rest(text: str, offset: int) -> str:
    match = _NEXT.match(text, offset)
    return match[0] if match else ""


def _in_json_string(text: str, offset: int) -> bool:
    """Whether an offset is inside a string, which ends on its line."""
    line = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    for match in _JSON_STRING.finditer(text[line : end if end >= 0 else len(text)]):
        start, stop = line + match.start(), line + match.end()
        if start < offset and (offset < stop or (offset == stop and not match[1])):
            return True
    return False


def _found(tree: SyntaxTree, start: int, end: int) -> tuple[Path, str, int, int] | None:
    """The innermost key or value that contains a range."""
    best: tuple[Path, str, int, int] | None = None
    for path, node in tree.walk():
        if node.key_start <= start and end <= node.key_end:
            return path, "header" if node.start < node.key_start else "key", node.key_start, node.key_end
        if node.start <= start and end <= node.end and path and (best is None or node.start >= best[2]):
            best = (path, "value", node.start, node.end)
    if best is None or best[2] == best[3]:
        return None
    return best


def innermost(document: Document, start: int, end: int | None = None) -> tuple[Path, str] | None:
    """The path of the innermost node that contains a range, and whether its `"key"` or `"value"` does."""
    end = start if end is None else end
    best: tuple[int, Path, str] | None = None
    for path, node in document.syntax_tree().walk():
        for first, last, anchor in ((node.key_start, node.key_end, "key"), (node.start, node.end, "value")):
            if path and 0 <= first <= start and end <= last and (best is None or last - first < best[0]):
                best = (last - first, path, anchor)
    return None if best is None else best[1:]


def string_inside(document: Document, start: int, end: int, offset: int) -> int | None:
    """The index in a string value for an offset of the text; None if the value is not a string."""
    text = document.text or ""
    if text[start : start + 1] not in ('"', "'"):
        return None
    index = 0
    for index, (_, last) in enumerate(document.syntax.string_offsets(text, start, end), 1):
        if offset < last:
            return index - 1
    return index
