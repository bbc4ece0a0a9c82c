"""Python programs in an editor: shapes after the calls that make layers, facts of a layer, fixes and suppressions."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Callable, Iterator, Sequence

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.diagnostics.codes import ESSENTIAL
from seqspec.diagnostics.diagnostic import Diagnostic, Span
from seqspec.linter.program import PlacedLayer, ProgramReport
from seqspec.lsp.code_actions.fixes import quick_fix
from seqspec.lsp.diagnostics import to_lsp
from seqspec.lsp.layer_facts import facts, shapes_label
from seqspec.lsp.text import Text
from seqspec.suppressions.suppress import comment_at_end, rule_added_to_comment


def hints(report: ProgramReport, text: Text, start: int, end: int) -> list[types.InlayHint]:
    """The output shape after every call that makes a layer, between two offsets."""
    found = []
    for span, layers in _by_call(report).items():
        offset = text.at(span.end_line, span.end_column)
        if start <= offset <= end:
            found.append(
                types.InlayHint(
                    position=text.position(offset),
                    label=_shapes(layers),
                    kind=types.InlayHintKind.Type,
                    tooltip=_markdown(layers),
                    padding_left=True,
                )
            )
    return sorted(found, key=lambda hint: (hint.position.line, hint.position.character))


def hover(report: ProgramReport, text: Text, offset: int) -> types.Hover | None:
    """The facts of the layers that the innermost call at an offset makes; None where it makes none."""
    around = [
        (last - first, span, layers)
        for span, layers in _by_call(report).items()
        if (first := text.at(span.line, span.column)) <= offset <= (last := text.at(span.end_line, span.end_column))
    ]
    if not around:
        return None
    _, span, layers = min(around, key=lambda each: each[0])
    said = _markdown(layers) or types.MarkupContent(types.MarkupKind.Markdown, f"output {_shapes(layers)[2:]}")
    return types.Hover(said, text.span(span))


def lenses(report: ProgramReport, text: Text) -> Iterator[types.CodeLens]:
    """The totals of every model above the call that creates it."""
    for model in report.models:
        if not model.placed:
            continue
        count = f"{len(model.placed)} layer{'' if len(model.placed) == 1 else 's'}"
        params = f" · {sum(layer.params for layer in model.layers):,} parameters" if model.layers else ""
        start = text.at(model.span.line, model.span.column)
        title = f"{count}{params} · → {model.placed[-1].output}"
        yield types.CodeLens(range=text.range(start, start), command=types.Command(title=title, command=""))


def actions(
    report: ProgramReport,
    found: Sequence[Diagnostic],
    uri: str,
    text: Text,
    codec: PositionCodec,
    touches: Callable[[int, int], bool],
) -> Iterator[types.CodeAction]:
    """The fixes of the findings at a selection, and a suppression for each.

    Args:
        report: The report of the program.
        found: Its findings that are reported.
        uri: The address of the program, as the client names it.
        text: Its text.
        codec: What counts the units of the client.
        touches: Whether the selection meets what is between two offsets.
    """
    here = [each for each in found if each.span is not None and touches(*_offsets(text, each.span))]
    file = report.file or ""
    for diagnostic, lsp_diagnostic in to_lsp(report, here, file, text, codec):
        if diagnostic.fix is not None and diagnostic.fix.edits:
            yield quick_fix(diagnostic.fix, lsp_diagnostic, uri, text)
    for diagnostic, lsp_diagnostic in to_lsp(report, here, file, text, codec):
        edit = _suppression(report, diagnostic, text)
        if edit is not None:
            yield types.CodeAction(
                title=f"Ignore {diagnostic.code} here",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[lsp_diagnostic],
                edit=types.WorkspaceEdit(changes={uri: [edit]}),
            )


def _by_call(report: ProgramReport) -> dict[Span, list[PlacedLayer]]:
    found: dict[Span, list[PlacedLayer]] = {}
    for model in report.models:
        for placed in model.placed:
            found.setdefault(placed.span, []).append(placed)
    return found


def _shapes(layers: Sequence[PlacedLayer]) -> str:
    return shapes_label([layer.output for layer in layers])


def _markdown(layers: Sequence[PlacedLayer]) -> types.MarkupContent | None:
    known = [placed.layer for placed in layers if placed.layer is not None]
    return types.MarkupContent(types.MarkupKind.Markdown, facts(known)) if known else None


def _offsets(text: Text, span: Span) -> tuple[int, int]:
    return text.at(span.line, span.column), text.at(span.end_line, span.end_column)


def _suppression(report: ProgramReport, found: Diagnostic, text: Text) -> types.TextEdit | None:
    """The comment at the end of the line of a finding; None where the line has no place for one."""
    if found.span is None or found.name in ESSENTIAL or report.document is None:
        return None
    line = found.span.line
    edit = rule_added_to_comment(report.document, line, found.code)
    if edit is None and _takes_comment(text.text, line):
        edit = comment_at_end(report.document, line, found.code)
    return types.TextEdit(text.range(edit.start, edit.end), edit.text) if edit is not None else None


def _takes_comment(text: str, line: int) -> bool:
    """Whether a line of a program ends outside of a string, without a backslash and without a comment."""
    last = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.start[0] <= line < token.end[0] and token.string.strip():
                return False
            if token.start[0] <= line and token.type == tokenize.COMMENT and token.start[0] == line:
                return False
            if token.start[0] > line:
                break
            last = token
    except (tokenize.TokenError, SyntaxError):
        return False
    lines = text.split("\n")
    return last is not None and line <= len(lines) and not lines[line - 1].rstrip().endswith("\\")
