"""Documents: the tree of a text, and the position of each value."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax.syntax import SYNTAXES, TOML, Syntax

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Span
    from seqspec.core.diagnostics.message import Notation
    from seqspec.core.diagnostics.violation import FixWriter, Violation
    from seqspec.core.syntax.limits import Limits
    from seqspec.core.syntax.tree import Offsets, Range, SyntaxTree

Tree = dict[str, Any]
"""A table of a document as plain data: scalars, lists and tables, which are read by path."""


class Document:
    """A document: a spec in TOML or JSON, or a dict. Other front ends derive classes from it.

    Attributes:
        tree: Its tables and values; empty if the text could not be parsed.
        text: Its text without a byte order mark; None if the source is a dict.
        file: The file as the user named it; None if the source is a dict.
        format: `"toml"`, `"json"`, `"setting"` for a value given by the caller, `"dict"`, or that of another front end.
        violations: The violations in the file or its syntax.
        depth: The maximum nesting depth of its text.
        readable: Whether the text could be parsed, so that `tree` is complete.
        model: What messages call the model.
        frontend: The front end that reads its models; None for a document that is itself a model.
        only_format: The format of all documents of the class; None if the file name or the text determines it.
        has_positions: Whether lines and columns of findings are those of its file.
        fix_writer: Converts fixes to edits of the text; None if the edits of the tree are those of the text.
        undetermined: What the model depends on and the document does not determine: no finding is reported whose rule
            `depends_on` it.
    """

    model = "model"
    frontend: ClassVar[str | None] = None
    only_format: ClassVar[str | None] = None
    has_positions: ClassVar[bool] = True
    fix_writer: FixWriter | None = None
    undetermined: frozenset[str] = frozenset()

    __slots__ = (
        "_spans",
        "_starts",
        "_syntax_tree",
        "depth",
        "file",
        "format",
        "readable",
        "text",
        "tree",
        "violations",
    )

    def __init__(
        self,
        tree: Mapping[str, object],
        text: str | None = None,
        file: str | None = None,
        format: str = "dict",
        *,
        depth: int = 64,
        spans: Mapping[Path, Offsets] | None = None,
    ) -> None:
        self.tree = tree
        self.text = text
        self.file = file
        self.format = format
        self.violations: list[Violation] = []
        self.readable = True
        self.depth = depth
        self._spans = spans
        self._syntax_tree: SyntaxTree | None = None
        self._starts: list[int] | None = None

    def __repr__(self) -> str:
        return f"Document({self.file or 'dict'!r})"

    @property
    def syntax(self) -> Syntax:
        """The syntax of its text; TOML for a document that is not a spec text."""
        return SYNTAXES.get(self.format, TOML)

    @property
    def is_spec_text(self) -> bool:
        """Whether its text is in TOML or JSON, so that it has a syntax tree."""
        return self.format in SYNTAXES

    @property
    def is_editable(self) -> bool:
        """Whether the text corresponds to the tree, so that an edit of the tree is one of the text."""
        return self.is_spec_text and self.text is not None and self.readable and not self.violations

    @property
    def notation(self) -> Notation:
        """The notation of settings and values in helps."""
        return self.syntax.notation

    @classmethod
    def max_bytes(cls, limits: Limits) -> int:
        """The maximum size of a file."""
        return limits.bytes

    @classmethod
    def encoding(cls, data: bytes) -> str:
        """The encoding of a file."""
        return "utf-8"

    def comments(self) -> list[Range]:
        """The offsets of every comment in the text."""
        return self.syntax_tree().comments if self.is_spec_text and self.syntax.has_comments else []

    def span(self, path: Path, anchor: str = "value", string_range: tuple[int, int] | None = None) -> Span | None:
        """The position of the value at a path or, with `anchor="key"`, of its key; None without a text.

        A table with a TOML header has the position of the header. `string_range` are offsets within a string value.
        For a path that does not exist, the position of the innermost existing table or list is returned.
        """
        if self.text is None:
            return None
        known, (start, end, key_start, key_end) = self._nearest(path)
        if anchor == "key" and key_start >= 0:
            return self.span_at(key_start, key_end)
        if string_range is not None and known == len(path) and string_range[0] <= string_range[1]:
            start, end = self._inside(start, end, string_range)
        return self.span_at(start, end)

    def _nearest(self, path: Path) -> tuple[int, Offsets]:
        """The length of the longest existing prefix of a path, and the offsets of its value."""
        if self._spans is None:
            node, known = self.syntax_tree().nearest(path)
            return known, node.offsets
        known = len(path)
        while known and path[:known] not in self._spans:
            known -= 1
        return known, self._spans.get(path[:known], (0, 0, -1, -1))

    def keep(self, tree: SyntaxTree) -> None:
        """Stores a syntax tree that has already been built."""
        self._syntax_tree = tree

    def syntax_tree(self) -> SyntaxTree:
        """The syntax tree of the text; built when first requested."""
        if self._syntax_tree is None:
            assert self.text is not None
            self._syntax_tree = self.syntax.parse_tree(self.text, self.depth)
        return self._syntax_tree

    def places(self) -> Mapping[Path, Offsets]:
        """The offsets of every value by its path."""
        return self.syntax_tree().spans if self._spans is None else self._spans

    def _inside(self, start: int, end: int, string_range: tuple[int, int]) -> tuple[int, int]:
        characters = list(self.syntax.string_offsets(self.text or "", start, end))
        first, last = string_range
        if not characters or first < 0 or last > len(characters):
            return start, end
        if first == last:
            offset = characters[first][0] if first < len(characters) else characters[-1][1]
            return offset, offset
        return characters[first][0], characters[last - 1][1]

    def span_at(self, start: int, end: int) -> Span:
        """The lines and columns between two offsets of the text."""
        from seqspec.core.diagnostics.diagnostic import Span

        line, column = self._line_column(start)
        return Span(line, column, *self._line_column(end))

    def _line_column(self, offset: int) -> tuple[int, int]:
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            starts = [0]
            for line in (self.text or "").split("\n"):
                starts.append(starts[-1] + len(line) + 1)
            self._starts = starts[:-1]
        return self._starts

    def offset(self, line: int, column: int) -> int:
        """The offset in the text of a line and column, both counted from 1."""
        return self._line_starts()[line - 1] + column - 1

    def contains(self, file: str | None) -> bool:
        """Whether a finding with this file is in this document, or in a part of it."""
        return file == self.file

    def line_text(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        starts = self._line_starts()
        if self.text is None or not 0 < number <= len(starts):
            return ""
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r")
