"""`rdjsonl`: the Reviewdog Diagnostic Format, one JSON object per line and finding.

reviewdog rejects all findings if a text has a lone surrogate, and ignores those from the first line above 64 KiB on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.codes import CODES
from seqspec.core.output.base import CheckedDocument, RenderContext
from seqspec.core.output.text import visible

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic, Span
    from seqspec.core.output.text import Lines

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}
_SOURCE = {"name": "seqspec"}
_MAX_LINE = 60_000


def render(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """One line per finding."""
    pages: dict[str, str | None] = {}
    for document in documents:
        for diagnostic in document.diagnostics:
            if diagnostic.name not in pages:
                rule = CODES.get(diagnostic.name)
                pages[diagnostic.name] = context.help(rule).page if rule is not None else None
            file = diagnostic.file or document.file
            path = visible(context.path(file)) if file is not None else "document"
            entry = _entry(diagnostic, path, pages[diagnostic.name], document.line)
            line = json.dumps(entry)
            if len(line) > _MAX_LINE and entry.pop("suggestions", None) is not None:
                line = json.dumps(entry)
            yield line + "\n"


def _entry(diagnostic: Diagnostic, path: str, page: str | None, lines: Lines) -> dict[str, object]:
    code = f"{diagnostic.code} {diagnostic.name}"
    location: dict[str, object] = {"path": path}
    if diagnostic.span is not None:
        location["range"] = _range(diagnostic.span, diagnostic.file, lines)
    help = [f"help: {diagnostic.help}"] if diagnostic.help else []
    entry: dict[str, object] = {
        "message": "\n".join(map(visible, [diagnostic.message, *diagnostic.notes, *help])),
        "location": location,
        "severity": _SEVERITIES[diagnostic.severity],
        "source": _SOURCE,
        "code": {"value": code} if page is None else {"value": code, "url": page},
    }
    # Each suggestion is applied by itself, so a fix of several edits cannot be one; nor can one of a notebook's JSON.
    in_file = ":cell " not in path
    if diagnostic.fix is not None and len(diagnostic.fix.edits) == 1 and in_file:
        [edit] = diagnostic.fix.edits
        entry["suggestions"] = [{"range": _range(edit.span, diagnostic.file, lines), "text": edit.text}]
    return entry


def _range(span: Span, file: str | None, lines: Lines) -> dict[str, object]:
    return {
        "start": _position(span.line, span.column, file, lines),
        "end": _position(span.end_line, span.end_column, file, lines),
    }


def _position(line: int, column: int, file: str | None, lines: Lines) -> dict[str, int]:
    """The column in bytes of UTF-8, which the format counts."""
    before = lines(file, line)[: column - 1]
    return {"line": line, "column": column + len(before.encode("utf-8", "surrogatepass")) - len(before)}
