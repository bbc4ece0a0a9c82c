"""Suppression comments of a TOML document, and what each of them is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seqspec.diagnostics.violation import Path
from seqspec.syntax.document import Document
from seqspec.syntax.suppressing import SIGN

if TYPE_CHECKING:
    from seqspec.syntax.tree import Range


class Directive(NamedTuple):
    """A comment that holds `seqspec:`.

    Attributes:
        start: The offset of its `#`.
        end: The offset after it.
        text: The comment.
        line: The line that it is about, counted from 1: its own, or the one below where it is on its own line; 0
        where it
            is above nothing.
        entry: Where it is on its own line above a header or an item of a list: the path of that.
    """

    start: int
    end: int
    text: str
    line: int
    entry: Path | None


def directives(document: Document) -> list[Directive]:
    """The comments of a readable document that hold `seqspec:`, in the order of the text."""
    text = document.text
    if text is None or document.format not in ("toml", "python") or SIGN not in text:
        return []
    comments = _comments(document)
    alone = {document.stretch(start, start).line for start, _ in comments if _is_alone(text, start)}
    below = _lines_below(document, alone)
    entries = _entries(document) if document.format == "toml" else {}
    found = []
    for start, end in comments:
        comment = text[start:end].rstrip("\r\n \t")
        if SIGN not in comment:
            continue
        line = document.stretch(start, start).line
        entry = None
        if line in alone:
            line = below[line]
            entry = entries.get(_first_offset(document, line)) if line else None
        found.append(Directive(start, start + len(comment), comment, line, entry))
    return found


def _comments(document: Document) -> list[Range]:
    """The offsets of every comment."""
    return _of_program(document) if document.format == "python" else document.syntax().comments


def _of_program(document: Document) -> list[Range]:
    """The comments of a Python program, as far as it can be tokenized."""
    import io
    import tokenize

    found: list[Range] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(document.text or "").readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                start = document.offset(line, column + 1)
                found.append((start, start + len(token.string)))
    except (tokenize.TokenError, SyntaxError, IndexError):
        # What comes before a mistake, or a line for IPython alone, is known.
        pass
    return found


def _is_alone(text: str, start: int) -> bool:
    """Whether a comment has a line of its own."""
    return not text[text.rfind("\n", 0, start) + 1 : start].strip()


def _lines_below(document: Document, alone: set[int]) -> dict[int, int]:
    """Line of a comment that is on its own line → the line that it is above; 0 where that is empty."""
    below: dict[int, int] = {}
    for line in sorted(alone, reverse=True):
        following = line + 1 if document.line_text(line + 1).strip() else 0
        below[line] = below.get(line + 1, following)
    return below


def _first_offset(document: Document, line: int) -> int:
    """The offset of the first character of a line that is not a blank."""
    content = document.line_text(line)
    return document.offset(line, len(content) - len(content.lstrip(" \t")) + 1)


def _entries(document: Document) -> dict[int, Path]:
    """Offset → the header or the outermost item of a list that begins there."""
    tree = document.syntax()
    entries: dict[int, Path] = {}
    for path, node in tree.walk():
        if path and isinstance(path[-1], int):
            entries.setdefault(node.start, path)
    entries.update((statement.start, statement.path) for statement in tree.statements if statement.header)
    return entries
