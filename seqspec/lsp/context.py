"""What is being typed at a place of a text: the path, key or value, and the word so far.

A text with the cursor in it is half a text. So a word that nobody writes is put in at the cursor, and the scanners that
tell the places of a text with mistakes are asked where they find it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from seqspec.syntax.document import Document
from seqspec.syntax.scan import Path, Places

MARK = "Zz0cursor0zZ"

_BARE = re.compile(r"[A-Za-z0-9_-]")
_WORD = re.compile(r"[\w.$-]*\Z")
_NEXT = re.compile(r"[\w.$-]*")
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*("?)')


class Context(NamedTuple):
    """The place of a cursor.

    Attributes:
        path: The path of the key or value; of a key that is half typed, the last part is what it is so far.
        on: `"key"`, `"value"`, or `"header"` for a part of a TOML header.
        start: The offset where what is being typed begins, its quote included.
        end: The offset where it ends.
        text: What of it stands before the cursor, without a quote.
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
    """The context of a cursor; None in a comment, and where neither a key nor a value can stand."""
    text = document.text or ""
    offset = min(offset, len(text))
    json = document.format == "json"
    if json and not _in_json_string(text, offset):
        mark = MARK if offset and _BARE.match(text[offset - 1]) else f'"{MARK}"'
    else:
        mark = MARK
    marked = text[:offset] + mark + text[offset:]
    places = _scan(marked, document)
    at = offset + mark.index(MARK)
    found = _found(places, at, at + len(MARK))
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
        # The rest of the line is none of it.
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


def _scan(text: str, document: Document) -> Places:
    if document.format == "json":
        from seqspec.syntax.json_text import scan
    else:
        from seqspec.syntax.toml_text import scan
    return scan(text, document.depth).places


def _in_json_string(text: str, offset: int) -> bool:
    """Whether an offset is inside a string, which never goes over the end of its line."""
    line = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    for match in _JSON_STRING.finditer(text[line : end if end >= 0 else len(text)]):
        start, stop = line + match.start(), line + match.end()
        if start < offset and (offset < stop or (offset == stop and not match[1])):
            return True
    return False


def _found(places: Places, start: int, end: int) -> tuple[Path, str, int, int] | None:
    """The innermost key or value that holds a stretch."""
    best: tuple[Path, str, int, int] | None = None
    for path, (value_start, value_end, key_start, key_end) in places.items():
        if key_start <= start and end <= key_end:
            return path, "header" if value_start < key_start else "key", key_start, key_end
        if value_start <= start and end <= value_end and path and (best is None or value_start >= best[2]):
            best = (path, "value", value_start, value_end)
    if best is None or best[2] == best[3]:
        return None
    return best


def innermost(document: Document, offset: int) -> tuple[Path, str] | None:
    """The path of what stands at an offset of a text, and whether that is its `"key"` or its `"value"`."""
    best: tuple[int, Path, str] | None = None
    for path, (start, end, key_start, key_end) in document.places().items():
        if not path:
            continue
        for first, last, anchor in ((key_start, key_end, "key"), (start, end, "value")):
            if first >= 0 and first <= offset <= last and (best is None or last - first < best[0]):
                best = (last - first, path, anchor)
    return None if best is None else best[1:]


def string_inside(text: str, start: int, end: int, format: str, offset: int) -> int | None:
    """The index in the value of a string that an offset of the text stands at; None where the value is no string."""
    if text[start : start + 1] not in ('"', "'"):
        return None
    if format == "json":
        from seqspec.syntax.json_text import units
    else:
        from seqspec.syntax.toml_text import units
    index = 0
    for index, (_, last) in enumerate(units(text, start, end), 1):
        if offset < last:
            return index - 1
    return index
