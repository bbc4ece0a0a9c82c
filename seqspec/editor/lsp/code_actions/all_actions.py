"""All code actions at a selection, in display order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lsprotocol import types

from seqspec.editor.lsp.code_actions import (
    extract_block,
    extract_variable,
    inline_block,
    inline_variable,
    rewrite,
    write_out,
)
from seqspec.editor.lsp.code_actions.fixes import FIX_ALL, fix_all, fixes
from seqspec.editor.lsp.code_actions.ignore import ignores
from seqspec.editor.lsp.code_actions.refactoring import Refactoring, offered
from seqspec.editor.lsp.code_actions.request import CodeActionRequest

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
