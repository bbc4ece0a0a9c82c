"""Features for Python programs: inlay hints, hovers, code lenses, fixes and suppressions."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Callable, Iterator, Sequence

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.core.api.check import LayerReport, ModelsReport, PlacedLayer, comment_at_end, rule_added_to_comment
from seqspec.core.api.diagnostics import ESSENTIAL, Diagnostic, Span
from seqspec.core.api.messages import counted
from seqspec.editor.lsp.code_actions.fixes import offered, quick_fix
from seqspec.editor.lsp.diagnostics import to_lsp
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import facts, shapes_hint, shapes_text


def hints(report: ModelsReport, text: PositionMap, start: int, end: int) -> list[types.InlayHint]:
    """The output shape after each call that creates a layer, between two offsets."""
    labels = []
    for span, layers in _by_call(report).items():
        offset = text.at(span.end_line, span.end_column)
        if start <= offset <= end:
            labels.append((offset, shapes_hint(text, offset, [layer.output for layer in layers], _reports(layers))))
    return [hint for _, hint in sorted(labels, key=lambda label: label[0])]


def hover(report: ModelsReport, text: PositionMap, offset: int) -> types.Hover | None:
    """The facts of the layers that the innermost call at an offset creates; None without layers."""
    around = [
        (last - first, span, layers)
        for span, layers in _by_call(report).items()
        for first, last in (text.offsets(span),)
        if first <= offset <= last
    ]
    if not around:
        return None
    _, span, layers = min(around, key=lambda candidate: candidate[0])
    reports = _reports(layers)
    contents = facts(reports) if reports else f"output {shapes_text([layer.output for layer in layers])}"
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, contents), text.span(span))


def lenses(report: ModelsReport, text: PositionMap) -> Iterator[types.CodeLens]:
    """The totals of each model, above the call that creates it."""
    for model in report.models:
        if not model.placed:
            continue
        count = counted(len(model.placed), "layer")
        params = f" · {sum(layer.params for layer in model.layers):,} parameters" if model.layers else ""
        start = text.at(model.span.line, model.span.column)
        title = f"{count}{params} · → {model.placed[-1].output}"
        yield types.CodeLens(range=text.range(start, start), command=types.Command(title=title, command=""))


def actions(
    report: ModelsReport,
    diagnostics: Sequence[Diagnostic],
    uri: str,
    text: PositionMap,
    codec: PositionCodec,
    touches: Callable[[int, int], bool],
) -> Iterator[types.CodeAction]:
    """The fixes of the findings at a selection, and a suppression for each.

    Args:
        report: The report of the program.
        diagnostics: Its reported findings.
        uri: The URI of the program.
        text: Its text.
        codec: The position encoding of the client.
        touches: Returns whether the selection overlaps a range.
    """
    fixable = [
        candidate for candidate in diagnostics if candidate.span is not None and touches(*text.offsets(candidate.span))
    ]
    file = report.file or ""
    for diagnostic, lsp_diagnostic in to_lsp(report, fixable, file, text, codec):
        for fix in offered(diagnostic):
            yield quick_fix(fix, lsp_diagnostic, uri, text)
    for diagnostic, lsp_diagnostic in to_lsp(report, fixable, file, text, codec):
        edit = _suppression(report, diagnostic, text)
        if edit is not None:
            yield types.CodeAction(
                title=f"Ignore {diagnostic.code} here",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[lsp_diagnostic],
                edit=types.WorkspaceEdit(changes={uri: [edit]}),
            )


def _by_call(report: ModelsReport) -> dict[Span, list[PlacedLayer]]:
    by_call: dict[Span, list[PlacedLayer]] = {}
    for model in report.models:
        for placed in model.placed:
            by_call.setdefault(placed.span, []).append(placed)
    return by_call


def _reports(layers: Sequence[PlacedLayer]) -> list[LayerReport]:
    return [placed.layer for placed in layers if placed.layer is not None]


def _suppression(report: ModelsReport, diagnostic: Diagnostic, text: PositionMap) -> types.TextEdit | None:
    """The suppression comment for the line of a finding; None if the line cannot have a comment."""
    if diagnostic.span is None or diagnostic.name in ESSENTIAL or report.document is None:
        return None
    line = diagnostic.span.line
    edit = rule_added_to_comment(report.document, line, diagnostic.code)
    if edit is None and _takes_comment(text.text, line):
        edit = comment_at_end(report.document, line, diagnostic.code)
    return types.TextEdit(text.range(edit.start, edit.end), edit.text) if edit is not None else None


def _takes_comment(text: str, line: int) -> bool:
    """Whether a comment can be appended to a line: it ends outside of a string, without backslash or comment."""
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
