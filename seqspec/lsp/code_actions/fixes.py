"""The fixes of findings, also of those that are here and are fixed in a document that extends this one."""

from __future__ import annotations

import os
from collections.abc import Iterator

from lsprotocol import types

from seqspec.diagnostics.diagnostic import Diagnostic, Fix
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.lsp.diagnostics import to_lsp
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text


def fixes(asked: CodeActionRequest) -> Iterator[types.CodeAction]:
    """The fixes of the findings at the selection."""
    yield from _of(asked, asked.snapshot, asked.found, asked.uri, asked.text)
    for uri, snapshot, choose in asked.others:
        if "extends" in snapshot.text and any(
            _same_file(file, asked.snapshot.file) for file, _ in snapshot.result.report.texts()
        ):
            yield from _of(asked, snapshot, choose(snapshot.result.report), uri, Text(snapshot.text, asked.codec))


def at_selection(asked: CodeActionRequest, snapshot: Snapshot, found: list[Diagnostic]) -> list[Diagnostic]:
    """The findings of a document that are in the one that is requested, and at the selection."""
    text = asked.text
    return [
        each
        for each in found
        if each.span is not None
        and _same_file(each.file or snapshot.file, asked.snapshot.file)
        and asked.touches(text.at(each.span.line, each.span.column), text.at(each.span.end_line, each.span.end_column))
    ]


def _of(
    asked: CodeActionRequest, snapshot: Snapshot, found: list[Diagnostic], uri: str, text: Text
) -> Iterator[types.CodeAction]:
    here = [each for each in at_selection(asked, snapshot, found) if each.fix is not None and each.fix.edits]
    for diagnostic, lsp_diagnostic in to_lsp(snapshot.result.report, here, snapshot.file, text, asked.codec):
        fix = diagnostic.fix
        assert fix is not None
        yield quick_fix(fix, lsp_diagnostic, uri, text)


def quick_fix(fix: Fix, lsp_diagnostic: types.Diagnostic, uri: str, text: Text) -> types.CodeAction:
    """The code action that applies the fix of a finding to the document at an address."""
    return types.CodeAction(
        title=fix.message[:1].upper() + fix.message[1:],
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[lsp_diagnostic],
        is_preferred=fix.safe,
        edit=types.WorkspaceEdit(
            changes={uri: [types.TextEdit(text.span(edit.span), edit.text) for edit in fix.edits]}
        ),
    )


def _same_file(one: str | None, other: str) -> bool:
    return one == other or (one is not None and os.path.abspath(one) == os.path.abspath(other))
