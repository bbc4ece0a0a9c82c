"""`jsonl`: one JSON object per line and finding, for programs that read while the check is running."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from seqspec.core.output.base import CheckedDocument, RenderContext


def render(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """One line per finding, with the same data as `json`."""
    for document in documents:
        for diagnostic in document.diagnostics:
            yield json.dumps(diagnostic.to_dict()) + "\n"
