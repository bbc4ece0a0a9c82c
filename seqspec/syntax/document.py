"""A document that was read: its tree, and where in its text each value stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seqspec.diagnostics.violation import Path

if TYPE_CHECKING:
    from seqspec.diagnostics.diagnostic import Span
    from seqspec.diagnostics.violation import Violation
    from seqspec.syntax.scan import Passed, Places, ScanResult


PROGRAMS = ("python", "notebook")
"""The formats of files that hold models as code; see `importers.python`."""


class Document:
    """A document.

    Attributes:
        tree: Its tables and values; empty where the text could not be read.
        text: Its text without a byte order mark; None where the source is a dict.
        file: The file as the user named it; None where the source is a dict.
        format: `"toml"`, `"json"`, `"python"`, `"notebook"`, `"setting"` for a value given by the caller, or `"dict"`.
        problems: What is wrong with the file or its text.
        depth: The deepest nesting that its text may have.
        readable: Whether `tree` is what the author wrote; with a syntax error it is not.
    """

    __slots__ = ("tree", "text", "file", "format", "violations", "readable", "depth", "_places", "_passed", "_starts")

    def __init__(
        self,
        tree: Mapping[str, Any],
        text: str | None = None,
        file: str | None = None,
        format: str = "dict",
        *,
        depth: int = 64,
        places: Places | None = None,
    ) -> None:
        self.tree = tree
        self.text = text
        self.file = file
        self.format = format
        self.violations: list[Violation] = []
        self.readable = True
        self.depth = depth
        self._places = places
        self._passed: Passed | None = None
        self._starts: list[int] | None = None

    def __repr__(self) -> str:
        return f"Document({self.file or 'dict'!r})"

    def span(self, path: Path, anchor: str = "value", string_range: tuple[int, int] | None = None) -> Span | None:
        """Where the value at a path stands, or with `on="key"` its key; None where there is no text.

        A table that a TOML header declares stands at its header. `inside` are offsets within a string value. Where the
        path does not exist, the place of the innermost table or list on the way is given.
        """
        if self.text is None:
            return None
        places = self.places()
        known = path
        while known not in places:
            if not known:
                return self.stretch(0, 0)
            known = known[:-1]
        start, end, key_start, key_end = places[known]
        if anchor == "key" and key_start >= 0:
            return self.stretch(key_start, key_end)
        if string_range is not None and known == path and string_range[0] <= string_range[1]:
            start, end = self._inside(start, end, string_range)
        return self.stretch(start, end)

    def keep(self, scan: ScanResult) -> None:
        """Takes the offsets of every value from a scan that was made for another reason."""
        self._places, self._passed = scan.places, scan.passed

    def places(self) -> Places:
        """The offsets of every value; scanned when first asked for."""
        if self._places is None:
            self._scan()
        assert self._places is not None
        return self._places

    def passed(self) -> Passed:
        """The offsets of the keys of tables that dotted keys and headers of TOML go through."""
        if self._passed is None:
            self._scan()
        assert self._passed is not None
        return self._passed

    def _scan(self) -> None:
        assert self.text is not None
        if self.format == "json":
            from seqspec.syntax.json_text import scan
        else:
            from seqspec.syntax.toml_text import scan
        self.keep(scan(self.text, self.depth))

    def _inside(self, start: int, end: int, string_range: tuple[int, int]) -> tuple[int, int]:
        text = self.text or ""
        if self.format == "json":
            from seqspec.syntax.json_text import units
        else:
            from seqspec.syntax.toml_text import units
        characters = list(units(text, start, end))
        first, last = string_range
        if not characters or first < 0 or last > len(characters):
            return start, end
        if first == last:
            place = characters[first][0] if first < len(characters) else characters[-1][1]
            return place, place
        return characters[first][0], characters[last - 1][1]

    def stretch(self, start: int, end: int) -> Span:
        """The lines and columns between two offsets of the text."""
        from seqspec.diagnostics.diagnostic import Span

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

    def line_text(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        starts = self._line_starts()
        if self.text is None or not 0 < number <= len(starts):
            return ""
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r")
