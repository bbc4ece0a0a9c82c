"""Code actions; the edits of expensive ones are computed when they are resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from seqspec.editor.lsp import programs
from seqspec.editor.lsp.code_actions.all_actions import KINDS, actions
from seqspec.editor.lsp.code_actions.fixes import FIX_ALL, fixed

if TYPE_CHECKING:
    from seqspec.core.analysis.report import ModelsReport
    from seqspec.editor.lsp.position_map import PositionMap
    from seqspec.editor.lsp.server import Server


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
