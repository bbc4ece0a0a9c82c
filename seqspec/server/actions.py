"""What can be done about a finding: its fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.server.diagnostics import SOURCE, words
from seqspec.server.snapshot import Snapshot
from seqspec.server.text import Text


def actions(
    found: Sequence[Diagnostic], snapshot: Snapshot, text: Text, uri: str, start: int, end: int
) -> Iterator[types.CodeAction]:
    """The fixes of the findings that touch the stretch between two offsets."""
    for diagnostic in found:
        if diagnostic.fix is None or diagnostic.span is None or (diagnostic.file or snapshot.file) != snapshot.file:
            continue
        span = diagnostic.span
        if text.at(span.line, span.column) > end or text.at(span.end_line, span.end_column) < start:
            continue
        edits = [types.TextEdit(text.span(edit.span), edit.text) for edit in diagnostic.fix.edits]
        yield types.CodeAction(
            title=diagnostic.fix.message,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[types.Diagnostic(text.span(span), words(diagnostic), code=diagnostic.code, source=SOURCE)],
            is_preferred=diagnostic.fix.safe,
            edit=types.WorkspaceEdit(changes={uri: edits}),
        )
