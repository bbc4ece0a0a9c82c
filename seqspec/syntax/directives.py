"""Comments of a TOML document that speak to seqspec, and what each of them stands at."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.syntax.document import Document
from seqspec.syntax.edit.toml_layout import Layout
from seqspec.syntax.scan import Path
from seqspec.syntax.suppressing import SIGN


class Remark(NamedTuple):
    """A comment.

    Attributes:
        start: The offset of its `#`.
        end: The offset behind it.
        text: The comment.
        line: The line that it is about, counted from 1: its own, or the one below where it stands alone; 0 where it
            stands above nothing.
        entry: Where it stands alone above a header or an item of a list: the path of that.
    """

    start: int
    end: int
    text: str
    line: int
    entry: Path | None


def remarks(document: Document) -> list[Remark]:
    """The comments of a readable document that speak to seqspec."""
    text = document.text
    if text is None or document.format not in ("toml", "python") or SIGN not in text:
        return []
    if document.format == "python":
        return _of_program(document, text)
    layout = _Comments(text, document.depth)
    found = []
    for start, end in sorted(layout.comments.items()):
        comment = text[start:end].rstrip("\r\n \t")
        if SIGN not in comment:
            continue
        line = document.stretch(start, start).line
        entry = None
        if not text[text.rfind("\n", 0, start) + 1 : start].strip():
            line = _below(document, line)
            entry = layout.entry_at(document, line)
        found.append(Remark(start, start + len(comment), comment, line, entry))
    return found


def _of_program(document: Document, text: str) -> list[Remark]:
    """The comments of a Python program, where its tokens can be told apart."""
    import io
    import tokenize

    found: list[Remark] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and SIGN in token.string:
                line, column = token.start
                start = document.offset(line, column + 1)
                own = bool(document.line_text(line)[:column].strip())
                at = line if own else _below(document, line)
                found.append(Remark(start, start + len(token.string), token.string, at, None))
    except (tokenize.TokenError, SyntaxError, IndexError):
        # What comes before a mistake, or a line for IPython alone, is known.
        pass
    return found


def _below(document: Document, line: int) -> int:
    """The line that comments stand above; 0 where that is empty."""
    while document.line_text(line).lstrip(" \t").startswith("#"):
        line += 1
    return line if document.line_text(line).strip() else 0


class _Comments(Layout):
    def __init__(self, text: str, depth: int) -> None:
        self.comments: dict[int, int] = {}
        super().__init__(text, depth)

    def comment(self, i: int) -> int:
        end = super().comment(i)
        self.comments[i] = end
        return end

    def entry_at(self, document: Document, line: int) -> Path | None:
        """The header or the outermost item of a list that begins a line."""
        if not line:
            return None
        first = len(document.line_text(line)) - len(document.line_text(line).lstrip(" \t"))
        start = document.offset(line, first + 1)
        for statement in self.statements:
            if statement.header and statement.start == start:
                return statement.path
        items = [
            path for path, place in self.places.items() if place[0] == start and path and isinstance(path[-1], int)
        ]
        return min(items, key=len, default=None)
