"""`gitlab`: the Code Quality report of GitLab, a JSON list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seqspec.core.output.base import CheckedDocument, RenderContext
from seqspec.core.output.fingerprint import Unique, fingerprint

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic

_SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def render(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """A list with one entry per finding; fingerprints are unique and independent of line numbers."""
    unique = Unique()
    first = True
    yield "["
    for document in documents:
        for diagnostic in document.diagnostics:
            path = context.path(diagnostic.file or document.file or "document")
            print_ = unique.of(fingerprint(diagnostic, path, document.line))
            yield ("\n  " if first else ",\n  ") + json.dumps(_entry(diagnostic, path, print_))
            first = False
    yield "]\n" if first else "\n]\n"


def _entry(diagnostic: Diagnostic, path: str, print_: str) -> dict[str, object]:
    span = diagnostic.span
    lines = {"begin": span.line, "end": span.end_line} if span else {"begin": 1}
    help = f" ({diagnostic.help})" if diagnostic.help else ""
    return {
        "description": f"{diagnostic.message}{help}",
        "check_name": f"{diagnostic.code} {diagnostic.name}",
        "fingerprint": print_,
        "severity": _SEVERITIES[diagnostic.severity],
        "location": {"path": path, "lines": lines},
    }
