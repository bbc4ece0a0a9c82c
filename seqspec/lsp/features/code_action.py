"""Code actions: what can be done at a place; the edits of a large one are made when it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from seqspec.lsp import programs
from seqspec.lsp.code_actions.fix_all import KIND, fixed
from seqspec.lsp.code_actions.offers import KINDS, actions

if TYPE_CHECKING:
    from seqspec.linter.program import ProgramReport
    from seqspec.lsp.server import Server
    from seqspec.lsp.text import Text


def register(server: Server) -> None:
    """Makes a server answer the request."""
    options = types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    def answer(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
        program = ls.program(params.text_document.uri)
        if program is not None:
            return _of_program(ls, *program, params)
        asked = ls.asked(params.text_document.uri, params.range, params.context.only)
        return list(actions(asked)) if asked else None

    @server.feature(types.CODE_ACTION_RESOLVE)
    def resolve(ls: Server, action: types.CodeAction) -> types.CodeAction:
        data = action.data if isinstance(action.data, dict) else {}
        nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
        asked = ls.asked(str(data.get("uri", "")), nowhere, None)
        if asked is not None and action.kind == KIND:
            action.edit = fixed(asked)
        return action


def _of_program(
    ls: Server, report: ProgramReport, text: Text, params: types.CodeActionParams
) -> list[types.CodeAction] | None:
    only = params.context.only
    if only is not None and types.CodeActionKind.QuickFix.value not in map(str, only) and "" not in map(str, only):
        return None
    start, end = text.offset(params.range.start), text.offset(params.range.end)
    checker = ls.documents.checker
    found = checker.project.of(report.file or "").reported(report)
    uri = params.text_document.uri
    return list(
        programs.actions(report, found, uri, text, checker.codec, lambda first, last: first <= end and start <= last)
    )
