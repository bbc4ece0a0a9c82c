"""All actions at a place, in the order in which an editor lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lsprotocol import types

from seqspec.lsp.code_actions import (
    extract_block,
    extract_variable,
    fix_all,
    inline_block,
    inline_variable,
    rewrite,
    write_out,
)
from seqspec.lsp.code_actions.fixes import fixes
from seqspec.lsp.code_actions.ignore import ignores
from seqspec.lsp.code_actions.refactoring import Refactoring, offered
from seqspec.lsp.code_actions.request import CodeActionRequest

KINDS = [
    types.CodeActionKind.QuickFix,
    types.CodeActionKind.RefactorExtract,
    types.CodeActionKind.RefactorInline,
    types.CodeActionKind.RefactorRewrite,
    fix_all.KIND,
]
"""The kinds of actions that there are."""

_REFACTORINGS: tuple[tuple[str, Callable[[CodeActionRequest], Iterator[Refactoring]]], ...] = (
    (extract_block.KIND, extract_block.extract_block),
    (extract_variable.KIND, extract_variable.extract_variable),
    (inline_variable.KIND, inline_variable.inline_variable),
    (inline_block.KIND, inline_block.inline_block),
    (write_out.KIND, write_out.write_out),
    (rewrite.KIND, rewrite.rewrite),
)


def actions(asked: CodeActionRequest) -> Iterator[types.CodeAction]:
    """What can be done at the selection."""
    if asked.wants(types.CodeActionKind.QuickFix.value):
        yield from fixes(asked)
        yield from ignores(asked)
    if asked.editable:
        for kind, refactor in _REFACTORINGS:
            if asked.wants(kind):
                yield from offered(asked, refactor(asked))
    if asked.wants(fix_all.KIND):
        yield from fix_all.fix_all(asked)
