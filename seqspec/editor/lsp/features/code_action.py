"""The code actions at a selection, in display order; the edits of costly ones are computed when they are resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from seqspec.editor.lsp import programs
from seqspec.editor.lsp.code_actions import (
    extract_block,
    extract_variable,
    inline_block,
    inline_variable,
    rewrite,
    write_out,
)
from seqspec.editor.lsp.code_actions.fixes import FIX_ALL, fix_all, fixed, fixes
from seqspec.editor.lsp.code_actions.ignore import ignores
from seqspec.editor.lsp.code_actions.refactoring import Refactoring, offered
from seqspec.editor.lsp.code_actions.request import CodeActionRequest
from seqspec.editor.lsp.server import Server

if TYPE_CHECKING:
    from seqspec.core.api.check import ModelsReport
    from seqspec.editor.lsp.position_map import PositionMap

KINDS = [
    types.CodeActionKind.QuickFix,
    types.CodeActionKind.RefactorExtract,
    types.CodeActionKind.RefactorInline,
    types.CodeActionKind.RefactorRewrite,
    FIX_ALL,
]
"""The supported kinds of code actions."""

_REFACTORINGS: tuple[tuple[str, Callable[[CodeActionRequest], Iterator[Refactoring]]], ...] = (
    (extract_block.KIND, extract_block.extract_block),
    (extract_variable.KIND, extract_variable.extract_variable),
    (inline_variable.KIND, inline_variable.inline_variable),
    (inline_block.KIND, inline_block.inline_block),
    (write_out.KIND, write_out.write_out),
    (rewrite.KIND, rewrite.rewrite),
)


def register(server: Server) -> None:
    """Registers the handler of the request."""
    options = types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    def answer(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
        program = ls.program(params.text_document.uri)
        if program is not None:
            return _of_program(ls, *program, params)
        request = ls.code_action_request(params.text_document.uri, params.range, params.context.only)
        return list(actions(request)) if request else None

    @server.feature(types.CODE_ACTION_RESOLVE)
    def resolve(ls: Server, action: types.CodeAction) -> types.CodeAction:
        data = action.data if isinstance(action.data, dict) else {}
        nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
        request = ls.code_action_request(str(data.get("uri", "")), nowhere, None)
        if request is not None and action.kind == FIX_ALL:
            action.edit = fixed(request)
        return action


def actions(request: CodeActionRequest) -> Iterator[types.CodeAction]:
    """The code actions at the selection."""
    if request.wants(types.CodeActionKind.QuickFix.value):
        yield from fixes(request)
        yield from ignores(request)
    if request.editable:
        for kind, refactor in _REFACTORINGS:
            if request.wants(kind):
                yield from offered(request, refactor(request))
    if request.wants(FIX_ALL):
        yield from fix_all(request)


def _of_program(
    ls: Server, report: ModelsReport, text: PositionMap, params: types.CodeActionParams
) -> list[types.CodeAction] | None:
    only = params.context.only
    if only is not None and types.CodeActionKind.QuickFix.value not in map(str, only) and "" not in map(str, only):
        return None
    start, end = text.offset(params.range.start), text.offset(params.range.end)
    checker = ls.documents.checker
    diagnostics = checker.project.of(report.file or "").reported(report)
    uri = params.text_document.uri
    return list(
        programs.actions(
            report, diagnostics, uri, text, checker.codec, lambda first, last: first <= end and start <= last
        )
    )
