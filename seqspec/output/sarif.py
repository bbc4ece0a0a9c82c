"""`sarif`: SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from seqspec.diagnostics.code import Code, family
from seqspec.diagnostics.codes import CODES
from seqspec.diagnostics.diagnostic import Diagnostic, Fix, Related, Span
from seqspec.output.base import CheckedDocument, Help, RenderContext
from seqspec.output.fingerprint import Unique, fingerprint

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_FAMILIES = {
    "0": "document",
    "1": "names and values",
    "2": "shapes",
    "3": "head",
    "4": "architecture",
    "5": "training",
    "6": "data",
    "7": "cost",
    "8": "portability",
}
_ROOT = "%SRCROOT%"


def render(documents: Iterable[CheckedDocument], frame: RenderContext) -> Iterator[str]:
    """One run: the rules, then the results, document by document."""
    rules = list(CODES.values())
    index = {rule.name: number for number, rule in enumerate(rules)}
    driver = {
        "name": "seqspec",
        "semanticVersion": frame.version,
        "rules": [_rule(rule, frame.help(rule)) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
    }
    yield f'{{\n"$schema": {json.dumps(SCHEMA)},\n"version": "2.1.0",\n"runs": [\n{json.dumps(run)[:-1]},\n"results": ['
    unique = Unique()
    first = True
    for document in documents:
        found = [(diagnostic, "new") for diagnostic in document.diagnostics]
        found += [(diagnostic, "unchanged") for diagnostic in document.known]
        found += [(diagnostic, "suppressed") for diagnostic in document.suppressed]
        for diagnostic, state in found:
            result = _result(diagnostic, document, frame, unique, index[diagnostic.name])
            if frame.baseline:
                result["baselineState"] = "new" if state == "suppressed" else state
            if state == "suppressed":
                result["suppressions"] = [{"kind": "inSource"}]
            if state == "unchanged":
                result["suppressions"] = [{"kind": "external", "justification": "recorded in the baseline"}]
            yield ("\n" if first else ",\n") + json.dumps(result)
            first = False
    yield "]}]}\n" if first else "\n]}]}\n"


def _rule(rule: Code, help: Help) -> dict[str, object]:
    described: dict[str, object] = {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": help.text, "markdown": help.markdown},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["seqspec", _FAMILIES.get(family(rule.code), "plugin")]},
    }
    if help.page is not None:
        described["helpUri"] = help.page
    return described


def _result(
    found: Diagnostic, document: CheckedDocument, frame: RenderContext, unique: Unique, rule: int
) -> dict[str, object]:
    path = frame.path(found.file or document.file or "document")
    words = [found.message, *found.notes, *([f"help: {found.help}"] if found.help else [])]
    result: dict[str, object] = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": _LEVELS[found.severity],
        "message": {"text": "\n".join(words)},
        "locations": [_location(found.file, found.span, document, frame, pointer=found.pointer)],
        "partialFingerprints": {"seqspec/v1": unique.of(fingerprint(found, path, document.line))},
    }
    if found.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": related.message},
                **_related(related, document, frame),
            }
            for number, related in enumerate(found.related, 1)
        ]
    if found.fix is not None:
        result["fixes"] = [_fix(found.fix, found.file or document.file, frame)]
    return result


def _related(related: Related, document: CheckedDocument, frame: RenderContext) -> dict[str, Any]:
    return _location(related.file, related.span, document, frame, pointer=related.pointer)


def _location(
    file: str | None, span: Span | None, document: CheckedDocument, frame: RenderContext, *, pointer: str
) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": artifact(file or document.file or "document", frame)}
    if span is not None:
        physical["region"] = _region(span)
    location: dict[str, object] = {"physicalLocation": physical}
    if pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": pointer}]
    return location


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def artifact(file: str, frame: RenderContext) -> dict[str, str]:
    """Where a file is: relative to the top of the repository, or a `file:` address outside of it."""
    path = frame.path(file)
    if path.startswith("/"):
        return {"uri": "file://" + _quoted(path)}
    if path[1:3] == ":/":
        return {"uri": "file:///" + _quoted(path, "/:")}
    return {"uri": _quoted(path), "uriBaseId": _ROOT}


def _quoted(path: str, safe: str = "/") -> str:
    try:
        # A name that is not a UTF-8 is held with surrogates, and means the bytes that it had.
        return quote(path, safe, errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(path, safe, errors="backslashreplace")


def _fix(fix: Fix, file: str | None, frame: RenderContext) -> dict[str, object]:
    replacements = [{"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in fix.edits]
    change = {"artifactLocation": artifact(file or "document", frame), "replacements": replacements}
    return {"description": {"text": fix.message}, "artifactChanges": [change]}
