"""Edits of the code of a notebook as edits of its JSON text, which stays as it is everywhere else."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import replace
from functools import cached_property

from seqspec.core.api.diagnostics import Diagnostic, Edit, Fix, Span
from seqspec.programs.source.program_source import NotebookCell

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]', re.S)
_CHARACTER = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.S)

_COLON = re.compile(r"\s*:")
_SOURCES = ("source", "input")

Part = tuple[int, int]
"""The start and end of the characters of a JSON string, without quotes."""


class NotebookEdits:
    """Places of the code of a notebook in its text.

    Args:
        text: The JSON text.
        cells: The cells with code, in the order of the file.
    """

    def __init__(self, text: str, cells: list[NotebookCell]) -> None:
        self._text = text
        self._cells = cells
        self._offsets: dict[int, list[int] | None] = {}

    def moved(self, diagnostic: Diagnostic) -> Diagnostic:
        """A finding whose fix edits the file."""
        return diagnostic if diagnostic.fix is None else replace(diagnostic, fix=self.fix(diagnostic.fix))

    def fix(self, fix: Fix) -> Fix | None:
        """A fix of the code as a fix of the file; None if a place of it is not in a cell."""
        moved = [self._edit(edit) for edit in fix.edits]
        edits = tuple(edit for edit in moved if edit is not None)
        return replace(fix, edits=edits) if len(edits) == len(moved) else None

    def _edit(self, edit: Edit) -> Edit | None:
        span = edit.span
        start = self._offset(span.line, span.column)
        end = self._offset(span.end_line, span.end_column)
        if start is None or end is None:
            return None
        if (span.line, span.column) == (span.end_line, span.end_column):
            end = start
        parts = [json.dumps(part, ensure_ascii=False)[1:-1] for part in edit.text.split("\n")]
        return Edit(self._span(start, end), f"\\n{self._separator(span.line)}".join(parts))

    def _separator(self, line: int) -> str:
        """What is between the strings of a cell with one string per line; empty for a cell with one string."""
        source = self._sources[bisect_right([cell.line for cell in self._cells], line) - 1]
        return self._text[source[0][1] : source[1][0]] if len(source) > 1 else ""

    def _span(self, start: int, end: int) -> Span:
        line, last = bisect_right(self._line_starts, start), bisect_right(self._line_starts, end)
        return Span(line, start - self._line_starts[line - 1] + 1, last, end - self._line_starts[last - 1] + 1)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self._text))]

    def _offset(self, line: int, column: int) -> int | None:
        """The offset in the text of a place of the code; None outside of the cells."""
        index = bisect_right([cell.line for cell in self._cells], line) - 1
        if index < 0 or index >= len(self._sources):
            return None
        if index not in self._offsets:
            self._offsets[index] = self._characters(index)
        characters = self._offsets[index]
        if characters is None:
            return None
        lines = self._code(index).split("\n")
        row = line - self._cells[index].line
        if row >= len(lines):
            return None
        position = sum(len(line) + 1 for line in lines[:row]) + column - 1
        return characters[position] if position < len(characters) else None

    def _code(self, index: int) -> str:
        return "".join(json.loads(f'"{self._text[start:end]}"') for start, end in self._sources[index])

    def _characters(self, index: int) -> list[int] | None:
        """The offset of each character of a cell, and of its end; None if it has line ends that are read as others."""
        offsets: list[int] = []
        end = 0
        for start, stop in self._sources[index]:
            offsets += [start + match.start() for match in _CHARACTER.finditer(self._text[start:stop])]
            end = stop
        code = self._code(index)
        return [*offsets, end] if "\r" not in code and len(code) == len(offsets) else None

    @cached_property
    def _sources(self) -> list[list[Part]]:
        """The strings of the source of each cell with code."""
        return [source for kind, source in _cell_sources(self._text) if kind == "code"]


def _cell_sources(text: str) -> list[tuple[str | None, list[Part]]]:
    """The type of each cell and the strings of its source, in the order of the file."""
    cells: list[tuple[str | None, list[Part]]] = []
    path: list[str | None] = []
    key: str | None = None
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "{[":
            path.append(key)
            key = None
            if token == "{" and path[-2:] == ["cells", None]:
                cells.append((None, []))
        elif token in "}]":
            path.pop()
            key = None
        elif token[0] == '"' and _COLON.match(text, match.end()):
            key = json.loads(token)
        elif token[0] == '"' and cells:
            part = match.start() + 1, match.end() - 1
            if path[-2:] == ["cells", None] and key == "cell_type":
                cells[-1] = json.loads(token), cells[-1][1]
            elif (path[-2:] == ["cells", None] and key in _SOURCES) or (
                path[-3:-1] == ["cells", None] and path[-1] in _SOURCES
            ):
                cells[-1][1].append(part)
    return cells
