"""What tools answer: little text in a fixed shape. Text of documents is only ever inside of a JSON string."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NotRequired

# Pydantic reads those of typing from Python 3.12 on.
from typing_extensions import TypedDict

from seqspec.core.api.check import LayerReport, ModelsReport, Report
from seqspec.core.api.diagnostics import SEVERITIES, Diagnostic, Fix, Span
from seqspec.core.api.messages import quote_value, visible

MOST = 20
"""Findings in an answer; the others are counted by code."""
_LAYERS = 200
_LAYERS_TEXT = 900
"""Characters of the layers in an answer to a check; `summary` lists them all."""
_TEXT = 300


class Finding(TypedDict):
    """A finding; `at` is its line and column, or a JSON Pointer.

    `fix` has pairs of a range, "line:column-line:column", and its new text; a `safe` one keeps the meaning.
    `other_fix` is for what is meant less often.
    """

    code: str
    severity: str
    at: str
    message: str
    file: NotRequired[str]
    help: NotRequired[str]
    fix: NotRequired[list[list[str]]]
    safe: NotRequired[bool]
    other_fix: NotRequired[list[list[str]]]


class CheckAnswer(TypedDict):
    """The findings of a check, the worst first, and the layers of a valid spec."""

    ok: bool
    findings: list[Finding]
    more: NotRequired[dict[str, int]]
    layers: NotRequired[list[str]]
    params: NotRequired[int]
    models: NotRequired[list[str]]
    keras: NotRequired[str]


class FixAnswer(TypedDict):
    """The text after the fixes, what was fixed, and the check of the new text."""

    text: str
    fixed: list[str]
    remaining: CheckAnswer


def checked(report: Report, diagnostics: Sequence[Diagnostic], name: str) -> CheckAnswer:
    """The answer to a check of a file or text."""
    worst = sorted(diagnostics, key=lambda finding: SEVERITIES.index(finding.severity))
    answer: CheckAnswer = {
        "ok": not any(finding.severity == "error" for finding in worst),
        "findings": [_finding(finding, name) for finding in worst[:MOST]],
    }
    if len(worst) > MOST:
        answer["more"] = dict(Counter(f"{finding.code} {finding.name}" for finding in worst[MOST:]))
    if isinstance(report, ModelsReport):
        answer["models"] = [
            f"{visible(model.name or 'model')} at line {model.line}: "
            + (f"{len(model.layers)} layers" if model.layers else "not read completely")
            for model in report.models[:_LAYERS]
        ]
        if report.target is not None:
            answer["keras"] = str(report.target)
    elif answer["ok"]:
        answer["layers"] = _layers(report.layers)
        answer["params"] = report.params
    return answer


def _finding(finding: Diagnostic, name: str) -> Finding:
    at = finding.pointer if finding.span is None else _place(finding.span)
    answer: Finding = {
        "code": f"{finding.code} {finding.name}",
        "severity": finding.severity,
        "at": visible(at),
        "message": _short(finding.message),
    }
    if finding.file not in (None, name):
        answer["file"] = visible(str(finding.file))
    if finding.fix is not None and finding.fix.edits:
        answer["fix"] = _edits(finding.fix)
        if finding.fix.safe:
            answer["safe"] = True
    elif finding.help:
        answer["help"] = _short(finding.help)
    if finding.alternative is not None and finding.alternative.edits:
        answer["other_fix"] = _edits(finding.alternative)
    return answer


def _edits(fix: Fix) -> list[list[str]]:
    return [[f"{_place(edit.span)}-{edit.span.end_line}:{edit.span.end_column}", edit.text] for edit in fix.edits]


def _place(span: Span) -> str:
    return f"{span.line}:{span.column}"


def _layers(layers: Sequence[LayerReport]) -> list[str]:
    lines: list[str] = []
    for index, layer in enumerate(layers):
        lines.append(_layer(layer))
        if sum(map(len, lines)) > _LAYERS_TEXT:
            return [*lines[:-1], f"{len(layers) - index} more, listed by summary"]
    return lines


def _layer(layer: LayerReport) -> str:
    outputs = ", ".join(str(output) for output in layer.outputs)
    return visible(f"{layer.name} {layer.type} {outputs} {layer.params:,}")


def _short(text: str) -> str:
    text = visible(" ".join(text.split()))
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"


def quoted(name: str) -> str:
    """A name that a caller chose, for a message: shortened, without control characters."""
    return visible(quote_value(name, typed=False))
