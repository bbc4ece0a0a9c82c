"""Code actions: what can be done at a place; the edits of a large one are made when it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from seqspec.lsp.code_actions.fix_all import KIND, fixed
from seqspec.lsp.code_actions.offers import KINDS, actions

if TYPE_CHECKING:
    from seqspec.lsp.server import Server


def register(server: Server) -> None:
    """Makes a server answer the request."""

    options = types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    def answer(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
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
