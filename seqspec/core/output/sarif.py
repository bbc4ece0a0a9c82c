"""`sarif`: SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from seqspec.core.diagnostics.codes import CODES, FAMILIES, Code, family
from seqspec.core.diagnostics.diagnostic import Diagnostic, Fix, Span
from seqspec.core.output.base import CheckedDocument, RenderContext, RuleHelp
from seqspec.core.output.fingerprint import Unique, fingerprint

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_ROOT = "%SRCROOT%"


def render(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """One run: the results, document by document, then the rules that occur in them."""
    run = {
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
    }
    yield f'{{\n"$schema": {json.dumps(SCHEMA)},\n"version": "2.1.0",\n"runs": [\n{json.dumps(run)[:-1]},\n"results": ['
    unique = Unique()
    index: dict[str, int] = {}
    first = True
    notifications: list[dict[str, object]] = []
    for document in documents:
        notifications += _notifications(document, context)
        results = [(diagnostic, "new") for diagnostic in document.diagnostics]
        results += [(diagnostic, "unchanged") for diagnostic in document.known]
        results += [(diagnostic, "suppressed") for diagnostic in document.suppressed]
        for diagnostic, state in results:
            rule = index.setdefault(diagnostic.name, len(index))
            result = _result(diagnostic, document, context, unique, rule)
            if context.baseline:
                result["baselineState"] = "new" if state == "suppressed" else state
            if state == "suppressed":
                result["suppressions"] = [{"kind": "inSource"}]
            if state == "unchanged":
                result["suppressions"] = [{"kind": "external", "justification": "recorded in the baseline"}]
            yield ("\n" if first else ",\n") + json.dumps(result)
            first = False
    rules = [_rule(rule, context.help(rule)) for rule in map(CODES.__getitem__, index)]
    ending: dict[str, object] = {
        "tool": {"driver": {"name": "seqspec", "semanticVersion": context.version, "rules": rules}}
    }
    if notifications:
        ending["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": notifications}]
    yield ("]" if first else "\n]") + f",\n{json.dumps(ending)[1:]}]}}\n"


def _notifications(document: CheckedDocument, context: RenderContext) -> list[dict[str, object]]:
    """What was not checked, or not completely: a notification per model, and one for the rest of the file each."""
    coverage = document.coverage
    if coverage is None:
        return []
    notifications: list[dict[str, object]] = []
    for text, line, file in coverage.gaps():
        span = None if line is None else Span(line, 1, line, 1)
        location = _location(file, span, document, context, pointer="")
        notifications.append({"level": "note", "message": {"text": text}, "locations": [location]})
    return notifications


def _rule(rule: Code, help: RuleHelp) -> dict[str, object]:
    described: dict[str, object] = {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": help.text, "markdown": help.markdown},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["seqspec", FAMILIES.get(family(rule.code), "plugin")]},
    }
    if help.page is not None:
        described["helpUri"] = help.page
    return described


def _result(
    diagnostic: Diagnostic, document: CheckedDocument, context: RenderContext, unique: Unique, rule: int
) -> dict[str, object]:
    path = context.path(diagnostic.file or document.file or "document")
    lines = [diagnostic.message, *diagnostic.notes, *([f"help: {diagnostic.help}"] if diagnostic.help else [])]
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": "\n".join(lines)},
        "locations": [_location(diagnostic.file, diagnostic.span, document, context, pointer=diagnostic.pointer)],
        "partialFingerprints": {"seqspec/v1": unique.of(fingerprint(diagnostic, path, document.line))},
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": at.message},
                **_location(at.file, at.span, document, context, pointer=at.pointer),
            }
            for number, at in enumerate(diagnostic.related, 1)
        ]
    if diagnostic.fix is not None:
        # The edits of a cell of a notebook are those of its file.
        in_cell = (diagnostic.file or "").startswith(f"{document.file}:")
        result["fixes"] = [
            _fix(diagnostic.fix, document.file if in_cell else diagnostic.file or document.file, context)
        ]
    return result


def _location(
    file: str | None, span: Span | None, document: CheckedDocument, context: RenderContext, *, pointer: str
) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": artifact(file or document.file or "document", context)}
    if span is not None:
        physical["region"] = _region(span)
    location: dict[str, object] = {"physicalLocation": physical}
    if pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": pointer}]
    return location


def _region(span: Span) -> dict[str, int]:
    return {"startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}


def artifact(file: str, context: RenderContext) -> dict[str, str]:
    """The location of a file: relative to the top of the repository, or a `file:` URI outside of it."""
    path = context.path(file)
    if path.startswith("/"):
        return {"uri": "file://" + _quoted(path)}
    if path[1:3] == ":/":
        return {"uri": "file:///" + _quoted(path, "/:")}
    return {"uri": _quoted(path), "uriBaseId": _ROOT}


def _quoted(path: str, safe: str = "/") -> str:
    try:
        # A name that is not valid UTF-8 contains surrogates, which stand for its bytes.
        return quote(path, safe, errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(path, safe, errors="backslashreplace")


def _fix(fix: Fix, file: str | None, context: RenderContext) -> dict[str, object]:
    replacements = [{"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in fix.edits]
    change = {"artifactLocation": artifact(file or "document", context), "replacements": replacements}
    return {"description": {"text": fix.message}, "artifactChanges": [change]}
