"""The suppressions of a document: its comments and what they apply to, and its keys `x-seqspec-ignore`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax.document import Document

KEY = "x-seqspec-ignore"
"""The key of a table or layer with the rules that are suppressed in it."""

DIRECTIVE_MARKER = "seqspec:"
"""The text that every directive comment contains."""


SUPPRESSION_KEYS = frozenset({KEY})
_SCALARS = frozenset({str, int, float, bool, type(None)})


def may_suppress(document: Document) -> bool:
    """Whether a document may contain a suppression; comments of a program are handled for all its models together."""
    if document.text is None:
        return _has_suppression(document.tree)
    commented = document.is_spec_text and document.syntax.has_comments and DIRECTIVE_MARKER in document.text
    return commented or KEY in document.text


def _has_suppression(value: object) -> bool:
    """Whether any table in a tree has the key."""
    if type(value) is dict or isinstance(value, Mapping):
        if KEY in value:
            return True
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return False
    inside = [item for item in value if type(item) not in _SCALARS]
    return bool(inside) and any(map(_has_suppression, inside))


def suppression_keys(value: Mapping[str, object] | Sequence[object], path: Path = ()) -> Iterator[tuple[Path, object]]:
    """All `x-seqspec-ignore` keys of a tree with their paths, except those inside other extension keys."""
    for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
        if key == KEY:
            yield (*path, KEY), item
        elif isinstance(item, (Mapping, list, tuple)) and not (isinstance(key, str) and key[:2] == "x-"):
            yield from suppression_keys(item, (*path, key))


class Directive(NamedTuple):
    """A comment that contains `seqspec:`.

    Attributes:
        start: The offset of its `#`.
        end: The offset after it.
        text: The comment.
        line: The line that it applies to, counted from 1: its own, or the next one if it is on a line of its own; 0 if
            there is none.
        entry: The path of the header or list item below it, if it is on a line of its own.
    """

    start: int
    end: int
    text: str
    line: int
    entry: Path | None


def directives(document: Document) -> list[Directive]:
    """The comments of a readable document that contain `seqspec:`, in text order."""
    text = document.text
    if text is None or DIRECTIVE_MARKER not in text:
        return []
    comments = document.comments()
    alone = {document.span_at(start, start).line for start, _ in comments if _is_alone(text, start)}
    below = _lines_below(document, alone)
    entries = _entries(document) if document.is_spec_text else {}
    result = []
    for start, end in comments:
        comment = text[start:end].rstrip("\r\n \t")
        if DIRECTIVE_MARKER not in comment:
            continue
        line = document.span_at(start, start).line
        entry = None
        if line in alone:
            line = below[line]
            entry = entries.get(_first_offset(document, line)) if line else None
        result.append(Directive(start, start + len(comment), comment, line, entry))
    return result


def _is_alone(text: str, start: int) -> bool:
    """Whether a comment is on a line of its own."""
    return not text[text.rfind("\n", 0, start) + 1 : start].strip()


def _lines_below(document: Document, alone: set[int]) -> dict[int, int]:
    """Line of a comment on its own line → the next line without comments; 0 if that is empty."""
    below: dict[int, int] = {}
    for line in sorted(alone, reverse=True):
        following = line + 1 if document.line_text(line + 1).strip() else 0
        below[line] = below.get(line + 1, following)
    return below


def _first_offset(document: Document, line: int) -> int:
    """The offset of the first non-blank character of a line."""
    content = document.line_text(line)
    return document.offset(line, len(content) - len(content.lstrip(" \t")) + 1)


def _entries(document: Document) -> dict[int, Path]:
    """Offset → the path of the header or outermost list item that starts there."""
    tree = document.syntax_tree()
    entries: dict[int, Path] = {}
    for path, node in tree.walk():
        if path and isinstance(path[-1], int):
            entries.setdefault(node.start, path)
    entries.update((statement.start, statement.path) for statement in tree.statements if statement.header)
    return entries
