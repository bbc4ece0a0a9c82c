"""`json`: every document with its findings and facts, under a version number; keys are only ever added."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from seqspec.core.diagnostics.coverage import totals
from seqspec.core.diagnostics.diagnostic import SEVERITIES
from seqspec.core.output.base import CheckedDocument, RenderContext

VERSION = 1


def render(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """One JSON object for the run."""
    first = True
    counts: Counter[str] = Counter(totals([]))
    for document in documents:
        if document.coverage is not None:
            counts.update(totals([document.coverage]))
        yield f'{{\n  "version": {VERSION},\n  "documents": [\n' if first else ",\n"
        yield _indented(_entry(document, context), 4)
        first = False
    yield f'{{\n  "version": {VERSION},\n  "documents": [' if first else "\n  "
    yield f'],\n  "totals": {_indented(counts, 2).lstrip()}\n}}\n'


def render_statistics(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """The number of findings per rule."""
    counts: Counter[tuple[str, str, str]] = Counter()
    fixes: Counter[tuple[str, bool]] = Counter()
    checked = 0
    for document in documents:
        checked += 1
        counts.update((diagnostic.code, diagnostic.name, diagnostic.severity) for diagnostic in document.diagnostics)
        fixes.update(
            (diagnostic.code, diagnostic.fix.safe) for diagnostic in document.diagnostics if diagnostic.fix is not None
        )
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


def _entry(document: CheckedDocument, context: RenderContext) -> dict[str, object]:
    entry = document.facts()
    entry["ok"] = not any(diagnostic.severity == "error" for diagnostic in document.diagnostics)
    entry["diagnostics"] = [diagnostic.to_dict() for diagnostic in document.diagnostics]
    if context.baseline:
        entry["known"] = [diagnostic.to_dict() for diagnostic in document.known]
    return entry


def _indented(value: object, by: int) -> str:
    pad = " " * by
    return "\n".join(pad + line for line in json.dumps(value, indent=2).split("\n"))
