"""`markdown`: a comment on a pull request, or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.message import shorten
from seqspec.core.output.base import CheckedDocument, RenderContext, RunSummary
from seqspec.core.output.text import visible

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic

_MAX_CHARACTERS = 50_000
"""Characters of the table's rows: a comment on GitHub holds 65,536."""
_MAX_LENGTH = 300
_MAX_UNCHECKED = 20
_SPECIAL = frozenset("\\`*_{}[]<>#|~$@&!")


def render(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """A heading with the counts, and a table with one row per finding."""
    summary = RunSummary()
    rows: list[str] = []
    unchecked: list[str] = []
    room = _MAX_CHARACTERS
    for document in documents:
        summary.add(document)
        for diagnostic in document.diagnostics:
            row = _row(diagnostic, context) if room > 0 else ""
            room -= len(row)
            if room > 0:
                rows.append(row)
        line = document.coverage_line()
        if line is not None and len(unchecked) < _MAX_UNCHECKED:
            unchecked.append(f"- {escaped(line)}\n")
    total = sum(summary.severities.values())
    yield f"### seqspec: {summary.findings_line()}\n\n"
    if rows:
        yield "| location | finding | help |\n| --- | --- | --- |\n"
        yield "".join(rows)
        yield "\n"
    if total > len(rows):
        yield f"… and {total - len(rows):,} more\n\n"
    if unchecked:
        yield f"Not checked, or not completely:\n\n{''.join(unchecked)}\n"
    if not context.quiet:
        yield f"{summary.summary_line()}\n"


def _row(diagnostic: Diagnostic, context: RenderContext) -> str:
    location = context.path(diagnostic.file) if diagnostic.file is not None else diagnostic.pointer or "/"
    if diagnostic.span is not None:
        location += f":{diagnostic.span.line}:{diagnostic.span.column}"
    rule = f"**{diagnostic.severity}** {diagnostic.code} {escaped(diagnostic.name)}"
    return f"| {_code(location)} | {rule}: {escaped(diagnostic.message)} | {escaped(diagnostic.help or '')} |\n"


def code_span(text: str, cell: bool = False) -> str:
    """A code span for any text; in a table cell, bars are escaped."""
    text = visible(text)
    if not text.strip():
        return "(empty)"
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    span = f"{fence}{pad}{text}{pad}{fence}"
    return span.replace("|", "\\|") if cell else span


def escaped(text: str) -> str:
    """The text escaped for Markdown, on one line."""
    text = shorten(visible(text), _MAX_LENGTH)
    # Entities prevent mentions, links and tags in every dialect.
    return (
        "".join(f"&#{ord(c)};" if c in _SPECIAL else c for c in text)
        .replace("://", ":&#47;&#47;")
        .replace("www.", "www&#46;")
    )


def _code(text: str) -> str:
    text = visible(text).replace("|", "\\|")
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if "`" in text else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"
