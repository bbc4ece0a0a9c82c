"""`jsonl`: one JSON object a line for every finding, for programs that read while the check still runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from seqspec.output.base import CheckedDocument, RenderContext


def render(documents: Iterable[CheckedDocument], frame: RenderContext) -> Iterator[str]:
    """A line for every finding, the same data as in `json`."""
    for document in documents:
        for diagnostic in document.diagnostics:
            yield json.dumps(diagnostic.to_dict()) + "\n"
