"""`github`: annotations of a GitHub workflow, in addition to the text in its log.

GitHub shows at most ten errors, ten warnings and ten notices per step and drops the others silently. So the log has all
findings as text, and a last line reports missing annotations.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seqspec.core.output.base import CheckedDocument, RenderContext, RunSummary
from seqspec.core.output.text import full, visible

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic

_SHOWN = 10
_COMMAND = re.compile(r"##\[|^\s*::.*::", re.M)
_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """Every finding as text and as an annotation."""
    summary = RunSummary()
    for document in documents:
        summary.add(document)
        for diagnostic in document.diagnostics:
            yield _harmless(full(diagnostic, document.line, context.paint))
            yield annotation(diagnostic, context)
        line = document.coverage_line()
        if line is not None and not context.quiet:
            yield _harmless(line).replace("\n\n", "\n")
    if not context.quiet:
        yield summary.summary_line() + "\n"
        many = [f"{count} {severity}s" for severity, count in summary.severities.items() if count > _SHOWN]
        if many:
            yield f"GitHub shows only the first {_SHOWN} annotations per level; all {' and '.join(many)} are above\n"


def annotation(diagnostic: Diagnostic, context: RenderContext) -> str:
    """The workflow command for a finding."""
    properties = []
    if diagnostic.file is not None:
        properties.append(("file", context.path(diagnostic.file)))
    span = diagnostic.span
    if span is not None:
        properties += [("line", str(span.line)), ("endLine", str(span.end_line))]
        if span.line == span.end_line:
            # Columns are only valid within one line.
            properties += [("col", str(span.column)), ("endColumn", str(max(span.end_column, span.column)))]
    properties.append(("title", f"{diagnostic.code} {diagnostic.name}"))
    head = ",".join(f"{key}={_property(visible(value))}" for key, value in properties)
    lines = [diagnostic.message, *diagnostic.notes, *([f"help: {diagnostic.help}"] if diagnostic.help else [])]
    message = "\n".join(visible(line) for line in lines)
    return f"::{_COMMANDS[diagnostic.severity]} {head}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _harmless(text: str) -> str:
    """The text, wrapped in `stop-commands` if a line could be interpreted as a workflow command."""
    if _COMMAND.search(text) is None:
        return text + "\n\n"
    token = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"::stop-commands::{token}\n{text}\n\n::{token}::\n"
