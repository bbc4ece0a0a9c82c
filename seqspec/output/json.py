"""`json`: every document with its findings and facts, under a version number; keys are only ever added."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from seqspec.output.base import SEVERITIES, CheckedDocument, RenderContext

VERSION = 1


def render(documents: Iterable[CheckedDocument], frame: RenderContext) -> Iterator[str]:
    """One JSON object for the run."""
    first = True
    for document in documents:
        yield f'{{\n  "version": {VERSION},\n  "documents": [\n' if first else ",\n"
        yield _indented(_entry(document, frame), 4)
        first = False
    yield f'{{\n  "version": {VERSION},\n  "documents": []\n}}\n' if first else "\n  ]\n}\n"


def render_statistics(documents: Iterable[CheckedDocument], frame: RenderContext) -> Iterator[str]:
    """How often each rule was broken, instead of the findings."""
    counts: Counter[tuple[str, str, str]] = Counter()
    fixes: Counter[tuple[str, bool]] = Counter()
    checked = 0
    for document in documents:
        checked += 1
        counts.update((found.code, found.name, found.severity) for found in document.diagnostics)
        fixes.update((found.code, found.fix.safe) for found in document.diagnostics if found.fix is not None)
    rows = sorted(counts.items(), key=lambda row: (-row[1], SEVERITIES.index(row[0][2]), row[0]))
    rules = [
        {
            "code": code,
            "name": name,
            "severity": severity,
            "count": count,
            "fixable": fixes[code, True],
            "fixable_unsafely": fixes[code, False],
        }
        for (code, name, severity), count in rows
    ]
    yield json.dumps({"version": VERSION, "checked": checked, "rules": rules}, indent=2) + "\n"


def _entry(document: CheckedDocument, frame: RenderContext) -> dict[str, object]:
    entry = document.facts()
    entry["ok"] = not any(found.severity == "error" for found in document.diagnostics)
    entry["diagnostics"] = [found.to_dict() for found in document.diagnostics]
    if frame.baseline:
        entry["known"] = [found.to_dict() for found in document.known]
    return entry


def _indented(value: object, by: int) -> str:
    pad = " " * by
    return "\n".join(pad + line for line in json.dumps(value, indent=2).split("\n"))
