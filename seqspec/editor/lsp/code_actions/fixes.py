"""Fixes of findings, including findings in this document of documents that extend it, and all of them as one action."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import SequenceMatcher

from lsprotocol import types

from seqspec.core.api.check import apply_fixes, can_be_fixed
from seqspec.core.api.diagnostics import Diagnostic, Fix
from seqspec.core.api.syntax import TextEdit
from seqspec.editor.lsp.code_actions.request import CodeActionRequest
from seqspec.editor.lsp.diagnostics import to_lsp
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.seqspec"
"""The kind of the action with the changes of `seqspec check --fix`."""


def fixes(request: CodeActionRequest) -> Iterator[types.CodeAction]:
    """The fixes of the findings at the selection."""
    yield from _of(request, request.snapshot, request.found, request.uri, request.text)
    for uri, snapshot, choose in request.others:
        if "extends" in snapshot.text and any(
            _same_file(file, request.snapshot.file) for file, _ in snapshot.result.report.texts()
        ):
            yield from _of(
                request, snapshot, choose(snapshot.result.report), uri, PositionMap(snapshot.text, request.codec)
            )


def at_selection(request: CodeActionRequest, snapshot: Snapshot, diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """The findings of a document that are in the requested one, at the selection."""
    return [
        diagnostic
        for diagnostic in diagnostics
        if diagnostic.span is not None
        and _same_file(diagnostic.file or snapshot.file, request.snapshot.file)
        and request.touches(*request.text.offsets(diagnostic.span))
    ]


def _of(
    request: CodeActionRequest, snapshot: Snapshot, diagnostics: list[Diagnostic], uri: str, text: PositionMap
) -> Iterator[types.CodeAction]:
    fixable = [candidate for candidate in at_selection(request, snapshot, diagnostics) if offered(candidate)]
    for diagnostic, lsp_diagnostic in to_lsp(snapshot.result.report, fixable, snapshot.file, text, request.codec):
        for fix in offered(diagnostic):
            yield quick_fix(fix, lsp_diagnostic, uri, text)


def offered(diagnostic: Diagnostic) -> list[Fix]:
    """The fixes of a finding, the most likely one first."""
    return [fix for fix in (diagnostic.fix, diagnostic.alternative) if fix is not None and fix.edits]


def quick_fix(fix: Fix, lsp_diagnostic: types.Diagnostic, uri: str, text: PositionMap) -> types.CodeAction:
    """The code action that applies the fix of a finding to the document with a URI."""
    return types.CodeAction(
        title=fix.message[:1].upper() + fix.message[1:],
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[lsp_diagnostic],
        is_preferred=fix.safe,
        edit=types.WorkspaceEdit(
            changes={uri: [types.TextEdit(text.span(edit.span), edit.text) for edit in fix.edits]}
        ),
    )


def fix_all(request: CodeActionRequest) -> Iterator[types.CodeAction]:
    """One action if the document has safe fixes; its edits are computed when it is resolved."""
    document = request.snapshot.document
    if not any(can_be_fixed(diagnostic, document, False) for diagnostic in request.found):
        return
    action = types.CodeAction(title="Apply all safe fixes", kind=FIX_ALL)
    if request.resolves:
        action.data = {"uri": request.uri, "kind": FIX_ALL}
    else:
        action.edit = fixed(request)
    yield action


def fixed(request: CodeActionRequest) -> types.WorkspaceEdit:
    """The edits of the command."""
    snapshot = request.snapshot
    fix_result = apply_fixes(snapshot.document, snapshot.check, request.choose, limits=snapshot.limits)
    return request.edit(_differences(snapshot.document.text or "", fix_result.text or "") if fix_result.fixed else ())


def _differences(old: str, new: str) -> Iterator[TextEdit]:
    """The line edits from one text to another, which keep the cursor position."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    offsets = [0]
    for line in before:
        offsets.append(offsets[-1] + len(line))
    for tag, first, last, start, end in SequenceMatcher(None, before, after).get_opcodes():
        if tag != "equal":
            yield TextEdit(offsets[first], offsets[last], "".join(after[start:end]))


def _same_file(first: str | None, second: str) -> bool:
    return first == second or (first is not None and os.path.abspath(first) == os.path.abspath(second))
