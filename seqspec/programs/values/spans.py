"""The places of expressions in the text of a program."""

from __future__ import annotations

import ast
from dataclasses import replace

from seqspec.core.api.diagnostics import Span


def span_of(node: ast.AST, lines: list[str]) -> Span:
    """The place of an expression or statement; of the head alone for one that has a body."""
    line = getattr(node, "lineno", 1)
    column = _column(lines, line, getattr(node, "col_offset", 0))
    end_line = getattr(node, "end_lineno", None) or line
    end = _column(lines, end_line, getattr(node, "end_col_offset", None) or 0)
    body = getattr(node, "body", None)
    if isinstance(body, list) and body:
        end_line, end = line, len(lines[line - 1].rstrip()) + 1 if line <= len(lines) else column
    return Span(line, column, end_line, end)


def position(node: ast.AST) -> tuple[int, int]:
    """The line and the offset in bytes at which a node starts; those of the file for a node without a place."""
    return getattr(node, "lineno", 1), getattr(node, "col_offset", 0)


def keyword_span(keyword: ast.keyword, lines: list[str]) -> Span:
    """The place of the name of a keyword argument."""
    column = _column(lines, keyword.lineno, keyword.col_offset)
    return Span(keyword.lineno, column, keyword.lineno, column + len(keyword.arg or ""))


def _column(lines: list[str], line: int, offset: int) -> int:
    """The column in characters of an offset in bytes, counted from 1."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    if text.isascii():
        return offset + 1
    return len(text.encode("utf-8")[:offset].decode("utf-8", "ignore")) + 1


def text_of(node: ast.AST, lines: list[str]) -> str:
    """The text of an expression or statement without a body."""
    span = span_of(node, lines)
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    inner = lines[span.line : span.end_line - 1]
    return "\n".join([lines[span.line - 1][span.column - 1 :], *inner, lines[span.end_line - 1][: span.end_column - 1]])


def part_of_string(span: Span, inside: tuple[int, int], lines: list[str]) -> Span:
    """A part of a string that is written without escapes."""
    if span.line != span.end_line:
        return span
    literal = lines[span.line - 1][span.column - 1 : span.end_column - 1]
    if len(literal) < 2 or literal[0] not in "\"'" or "\\" in literal or literal[:3] in ('"""', "'''"):
        return span
    start, end = inside
    if not 0 <= start <= end <= len(literal) - 2:
        return span
    return replace(span, column=span.column + 1 + start, end_column=span.column + 1 + end)
